use ticketing_contracts::{Currency, PaymentId, Timestamp};

/// What a provider is told of an attempt to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The payment.
    pub payment: PaymentId,
    /// In the minor unit of the currency.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
    /// The buyer's means of payment, as the provider calls it.
    pub token: String,
    /// The provider's name of the charge, once it is known.
    pub provider_id: Option<String>,
    /// When the attempt was recorded.
    pub created_at: Timestamp,
}

impl Charge {
    /// Returns the idempotency key of the attempt.
    #[must_use]
    pub fn key(&self) -> String {
        self.payment.to_string()
    }
}

/// What a provider says of a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The provider's name of the charge; `None` where it was not heard.
    pub provider_id: Option<String>,
    /// Where it stands.
    pub state: ChargeState,
}

impl Report {
    /// Makes the report of an answer that was lost: the charge may have been made.
    #[must_use]
    pub const fn lost() -> Self {
        Self { provider_id: None, state: ChargeState::Processing }
    }
}

/// Where a charge stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChargeState {
    /// The provider works on it.
    Processing,
    /// The buyer has to do something, for which the client needs the secret.
    RequiresAction {
        /// What the buyer's client identifies itself with.
        client_secret: String,
    },
    /// The money is there.
    Succeeded,
    /// Nothing was charged, and nothing will be.
    Failed {
        /// Why, such as `card_declined`.
        reason: String,
    },
    /// The money went back.
    Refunded,
}

/// A webhook that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The provider's id of the event, by which duplicates are known.
    pub id: String,
    /// The payment.
    pub payment: PaymentId,
    /// What it says; nothing where the provider is to be asked.
    pub report: Option<Report>,
}
