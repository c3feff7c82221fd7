//! PaymentIntents, as far as they are read.

use std::collections::BTreeMap;

use serde::Deserialize;
use ticketing_contracts::PaymentId;

use super::CANCELED;
use crate::provider::{Charge, ChargeState, ProviderError, Report};

/// An attempt to pay, at Stripe.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) amount: i64,
    currency: String,
    status: String,
    client_secret: Option<String>,
    last_payment_error: Option<Failure>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

/// Why a charge failed.
#[derive(Debug, Clone, Deserialize)]
struct Failure {
    code: Option<String>,
    decline_code: Option<String>,
}

/// Where an intent stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// It was made, and nothing was tried.
    Idle,
    /// Its card was declined, and another one may be tried.
    Declined,
    Known(ChargeState),
}

impl Intent {
    /// Returns the payment that it was made for; nothing for one of somebody else's.
    pub(super) fn payment(&self) -> Option<PaymentId> {
        payment(&self.metadata)
    }

    pub(super) fn standing(&self) -> Result<Standing, ProviderError> {
        let state = match self.status.as_str() {
            "requires_confirmation" => return Ok(Standing::Idle),
            "requires_payment_method" if self.last_payment_error.is_none() => {
                return Ok(Standing::Idle);
            }
            "requires_payment_method" => return Ok(Standing::Declined),
            "requires_action" => {
                let client_secret = self.client_secret.clone().unwrap_or_default();
                ChargeState::RequiresAction { client_secret }
            }
            "processing" => ChargeState::Processing,
            "succeeded" => ChargeState::Succeeded,
            "canceled" => ChargeState::Failed { reason: self.reason() },
            other => {
                let text = format!("{} has the status {other:?}", self.id);
                return Err(ProviderError::Failed(text.into()));
            }
        };
        Ok(Standing::Known(state))
    }

    /// Reports on it to whoever asks with this charge.
    pub(super) fn report(
        self,
        charge: &Charge,
        state: ChargeState,
    ) -> Result<Report, ProviderError> {
        let same = self.amount == charge.amount
            && self.currency.eq_ignore_ascii_case(&charge.currency.to_string());
        if !same {
            let text = format!("{} is about {} {}", self.id, self.amount, self.currency);
            return Err(ProviderError::Refused(text));
        }
        Ok(Report { provider_id: Some(self.id), state })
    }

    /// Why nothing was charged: the bank's own word where there is one.
    fn reason(&self) -> String {
        let failure = self.last_payment_error.clone();
        let word = failure.and_then(|failure| failure.decline_code.or(failure.code));
        word.unwrap_or_else(|| CANCELED.to_owned())
    }
}

/// Reads what was noted when an intent was made.
pub(super) fn payment(metadata: &BTreeMap<String, String>) -> Option<PaymentId> {
    metadata.get("payment")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn standing(status: &str, error: &serde_json::Value) -> Result<Standing, ProviderError> {
        let intent: Intent = serde_json::from_value(json!({
            "id": "pi_1", "amount": 1, "currency": "usd", "status": status,
            "client_secret": "pi_1_secret", "last_payment_error": error,
            "something_new": [1],
        }))
        .unwrap();
        intent.standing()
    }

    #[test]
    fn every_status_has_one_meaning() {
        let none = serde_json::Value::Null;
        let declined = json!({"code": "card_declined", "decline_code": "insufficient_funds"});
        let idle = |status| matches!(standing(status, &json!(null)), Ok(Standing::Idle));
        assert!(idle("requires_confirmation") && idle("requires_payment_method"));
        assert_eq!(standing("requires_payment_method", &declined).unwrap(), Standing::Declined);
        let reason = "insufficient_funds".to_owned();
        let failed = Standing::Known(ChargeState::Failed { reason });
        assert_eq!(standing("canceled", &declined).unwrap(), failed);
        let failed = Standing::Known(ChargeState::Failed { reason: CANCELED.to_owned() });
        assert_eq!(standing("canceled", &none).unwrap(), failed);
        assert_eq!(standing("succeeded", &none).unwrap(), Standing::Known(ChargeState::Succeeded));
        assert!(standing("requires_capture", &none).is_err());
    }
}
