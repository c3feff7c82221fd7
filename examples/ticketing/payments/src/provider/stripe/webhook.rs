//! Webhooks of Stripe: which events are about a charge of ours, and what they say.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use ticketkit_core::{
    FieldError,
    error::{MalformedBody, MalformedJson},
};

use super::intent::{self, Intent, Standing};
use crate::provider::{ChargeState, Notification, Report, WebhookError};

#[derive(Deserialize)]
struct Event<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    object: &'a RawValue,
}

/// A charge, which has what was noted on its intent.
#[derive(Deserialize)]
struct Charged {
    payment_intent: Option<String>,
    #[serde(default)]
    refunded: bool,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

/// Reads a body whose signature is right; nothing for an event that is about no charge of ours.
pub(super) fn read(body: &[u8]) -> Result<Option<Notification>, WebhookError> {
    let event: Event<'_> = parse(body, "must be an event of Stripe")?;
    let Event { id, kind, data } = event;
    let object = data.object.get().as_bytes();
    if kind.starts_with("payment_intent.") {
        let intent: Intent = parse(object, "must be a payment intent")?;
        let Some(payment) = intent.payment() else { return Ok(None) };
        let report = told(&intent).map(|state| Report { provider_id: Some(intent.id), state });
        return Ok(Some(Notification { id, payment, report }));
    }
    if kind == "charge.refunded" {
        let charge: Charged = parse(object, "must be a charge")?;
        let Some(payment) = intent::payment(&charge.metadata) else { return Ok(None) };
        // One that is refunded in part is still paid.
        let report = charge
            .refunded
            .then_some(Report { provider_id: charge.payment_intent, state: ChargeState::Refunded });
        return Ok(Some(Notification { id, payment, report }));
    }
    Ok(None)
}

/// Takes the word of an event for what nothing takes back. About all else the event may be older
/// than what Stripe knows by now, which is asked for.
fn told(intent: &Intent) -> Option<ChargeState> {
    match intent.standing() {
        Ok(Standing::Known(state @ (ChargeState::Succeeded | ChargeState::Failed { .. }))) => {
            Some(state)
        }
        _ => None,
    }
}

fn parse<'a, T: Deserialize<'a>>(
    bytes: &'a [u8],
    expected: &'static str,
) -> Result<T, WebhookError> {
    serde_json::from_slice(bytes).map_err(|error| {
        if error.is_data() {
            MalformedBody(FieldError::new(expected)).into()
        } else {
            MalformedJson { line: error.line(), column: error.column() }.into()
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use ticketing_contracts::PaymentId;

    use super::*;

    fn read_event(kind: &str, object: &serde_json::Value) -> Option<Notification> {
        let event = json!({"id": "evt_1", "type": kind, "data": {"object": object}, "new": {}});
        read(event.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn an_event_says_what_nothing_takes_back_and_else_that_there_is_something_to_ask() {
        let payment = PaymentId::new();
        let intent = |status: &str| {
            json!({"id": "pi_1", "amount": 1, "currency": "usd", "status": status,
                   "metadata": {"payment": payment.to_string()}})
        };
        let told = |status| {
            let told = read_event("payment_intent.whatever", &intent(status)).unwrap();
            assert_eq!((told.payment, told.id.as_str()), (payment, "evt_1"));
            told.report.map(|report| report.state)
        };
        assert_eq!(told("succeeded"), Some(ChargeState::Succeeded));
        assert!(matches!(told("canceled"), Some(ChargeState::Failed { .. })));
        for open in ["processing", "requires_action", "requires_payment_method", "who_knows"] {
            assert_eq!(told(open), None, "{open}");
        }
        let charge = |refunded| {
            json!({"payment_intent": "pi_1", "refunded": refunded,
                   "metadata": {"payment": payment.to_string()}})
        };
        let told = read_event("charge.refunded", &charge(true)).unwrap().report.unwrap();
        assert_eq!(told.state, ChargeState::Refunded);
        assert_eq!(read_event("charge.refunded", &charge(false)).unwrap().report, None);
    }

    #[test]
    fn what_is_not_ours_is_nothing_and_what_is_no_event_is_refused() {
        assert_eq!(read_event("customer.created", &json!({})), None);
        let foreign = json!({"id": "pi_1", "amount": 1, "currency": "usd", "status": "succeeded",
                             "metadata": {"payment": "of another shop"}});
        assert_eq!(read_event("payment_intent.succeeded", &foreign), None);
        for bad in ["", "{", "[]", "{}", r#"{"id":1,"type":"x","data":{"object":1}}"#] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
        let event = json!({"id": "e", "type": "payment_intent.succeeded", "data": {"object": 1}});
        assert!(read(event.to_string().as_bytes()).is_err());
    }
}
