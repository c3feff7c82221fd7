/// The cards that the built-in provider knows, by their tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Card {
    /// `pm_card_visa`: succeeds.
    Visa,
    /// `pm_card_chargeDeclined`: is declined.
    Declined,
    /// `pm_card_authenticationRequired`: needs an action, and succeeds when it is confirmed.
    AuthenticationRequired,
    /// `pm_card_processing`: settles after 2 s, and a webhook tells.
    Processing,
    /// `pm_card_timeoutAfterCharge`: charges, and the answer is lost.
    TimeoutAfterCharge,
}

impl Card {
    /// Finds the card of a token.
    #[must_use]
    pub fn of(token: &str) -> Option<Self> {
        match token {
            "pm_card_visa" => Some(Self::Visa),
            "pm_card_chargeDeclined" => Some(Self::Declined),
            "pm_card_authenticationRequired" => Some(Self::AuthenticationRequired),
            "pm_card_processing" => Some(Self::Processing),
            "pm_card_timeoutAfterCharge" => Some(Self::TimeoutAfterCharge),
            _ => None,
        }
    }
}
