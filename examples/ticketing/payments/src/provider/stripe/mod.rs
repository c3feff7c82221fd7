//! Stripe, or whatever speaks its API: a [PaymentIntent] for each attempt.
//!
//! An intent is made first and confirmed second, so that what became of an attempt can always be
//! told:
//!
//! - Making it moves no money and is repeated under the attempt's idempotency key: whoever asks
//!   again gets the same intent, and one that never was is made now, to be called off.
//! - Only a confirmation charges. An intent that was cancelled can not be confirmed any more, so a
//!   call that is still under way when its attempt is given up charges nothing.
//!
//! Stripe forgets idempotency keys after a day; for an older attempt its search is asked instead.
//!
//! [PaymentIntent]: https://docs.stripe.com/api/payment_intents

mod api;
mod intent;
mod refund;
mod webhook;

use std::{fmt, time::Duration};

use aws_lc_rs::hmac;
use http::HeaderMap;
use ticketkit_events::{Clock, Timestamp};

use self::{
    api::{Api, ApiError, List, Refusal},
    intent::{Intent, Standing},
};
use super::{
    Answered, Charge, ChargeState, Notification, Provider, ProviderError, Report, WebhookError,
    signature,
};
use crate::config::StripeSettings;

/// The header with the signature of a webhook.
const SIGNATURE: &str = "stripe-signature";

/// How long an idempotency key is relied on; Stripe keeps it for at least 24 hours.
const KEY_KEPT: Duration = Duration::from_secs(23 * 3600);

/// Why an attempt failed whose token Stripe does not know.
pub(crate) const UNKNOWN_TOKEN: &str = "unknown_token";

/// The adapter of Stripe.
pub struct Stripe {
    api: Api,
    webhook_key: hmac::Key,
    clock: Clock,
}

/// What there is of an attempt at Stripe.
enum Found {
    Intent(Intent),
    /// Stripe refused to make one: there is none, and there will be none.
    Refused(String),
    Nothing,
}

impl Stripe {
    /// Sets the adapter up; Stripe itself is not asked for anything yet.
    ///
    /// # Errors
    ///
    /// If the address of the API is none, or the machine has no certificates to know it by.
    pub fn new(settings: &StripeSettings, clock: Clock) -> Result<Self, ProviderError> {
        let secret = settings.webhook_secret.expose();
        Ok(Self {
            api: Api::new(&settings.api_base, settings.secret_key.expose())?,
            webhook_key: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
            clock,
        })
    }

    async fn charge(&self, charge: &Charge) -> Result<Report, ProviderError> {
        let made = match self.make(charge).await? {
            Found::Intent(intent) => intent,
            Found::Refused(reason) => return Ok(Report::failed(None, reason)),
            Found::Nothing => return Ok(Report::failed(None, CANCELED)),
        };
        let path = format!("/v1/payment_intents/{}/confirm", made.id);
        let key = format!("{}-confirm", charge.key());
        match self.api.post(&path, &[], Some(&key)).await {
            Ok(intent) => self.conclude(charge, intent).await,
            // Declined, or confirmed or cancelled before: the intent says which.
            Err(ApiError::Refused(refusal)) => {
                tracing::debug!(payment = %charge.payment, %refusal, "a confirmation was refused");
                self.conclude(charge, self.retrieve(&made.id).await?).await
            }
            Err(ApiError::Unknown(error)) => Err(error),
        }
    }

    async fn confirm(&self, charge: &Charge) -> Result<Report, ProviderError> {
        match self.find(charge).await? {
            Found::Intent(intent) => self.conclude(charge, intent).await,
            Found::Refused(reason) => Ok(Report::failed(None, reason)),
            Found::Nothing => Err(ProviderError::Refused(format!("no charge {}", charge.key()))),
        }
    }

    async fn look_up(&self, charge: &Charge) -> Result<Option<Report>, ProviderError> {
        match self.find(charge).await? {
            Found::Intent(intent) if matches!(intent.standing()?, Standing::Idle) => Ok(None),
            Found::Intent(intent) => self.conclude(charge, intent).await.map(Some),
            Found::Refused(reason) => Ok(Some(Report::failed(None, reason))),
            Found::Nothing => Ok(None),
        }
    }

    async fn cancel(&self, charge: &Charge) -> Result<Report, ProviderError> {
        let intent = match self.find(charge).await? {
            Found::Intent(intent) => intent,
            Found::Refused(reason) => return Ok(Report::failed(None, reason)),
            Found::Nothing => return Ok(Report::failed(None, CANCELED)),
        };
        match intent.standing()? {
            Standing::Known(ChargeState::RequiresAction { .. }) => {
                self.call_off(charge, &intent).await
            }
            _ => self.conclude(charge, intent).await,
        }
    }

    /// Reports on an intent. One that was declined, or not confirmed, is called off: until then
    /// whoever has its secret may try another card.
    async fn conclude(&self, charge: &Charge, intent: Intent) -> Result<Report, ProviderError> {
        match intent.standing()? {
            Standing::Known(state) => intent.report(charge, state),
            Standing::Idle | Standing::Declined => self.call_off(charge, &intent).await,
        }
    }

    async fn call_off(&self, charge: &Charge, intent: &Intent) -> Result<Report, ProviderError> {
        let path = format!("/v1/payment_intents/{}/cancel", intent.id);
        let intent = match self.api.post::<Intent>(&path, &[], None).await {
            Ok(intent) => intent,
            // It went on meanwhile.
            Err(ApiError::Refused(refusal)) => {
                tracing::debug!(payment = %charge.payment, %refusal, "too late to call it off");
                self.retrieve(&intent.id).await?
            }
            Err(ApiError::Unknown(error)) => return Err(error),
        };
        match intent.standing()? {
            Standing::Known(state) => intent.report(charge, state),
            Standing::Idle | Standing::Declined => {
                Err(ProviderError::Refused(format!("{} can not be called off", intent.id)))
            }
        }
    }

    /// Finds the intent of an attempt, whose name may not have been heard.
    async fn find(&self, charge: &Charge) -> Result<Found, ProviderError> {
        if let Some(id) = &charge.provider_id {
            return self.retrieve(id).await.map(Found::Intent);
        }
        if self.clock.now().since(charge.created_at) < KEY_KEPT {
            return Ok(match self.make(charge).await? {
                // Repeated, the answer is that of the first time: old news.
                Found::Intent(made) => Found::Intent(self.retrieve(&made.id).await?),
                other => other,
            });
        }
        let query = format!("metadata['payment']:'{}'", charge.payment);
        let query = [("query", query.as_str()), ("limit", "1")];
        let found: List<Intent> = self.api.get("/v1/payment_intents/search", &query).await?;
        Ok(found.data.into_iter().next().map_or(Found::Nothing, Found::Intent))
    }

    /// Makes the intent of an attempt, or finds the one that was made under its key.
    async fn make(&self, charge: &Charge) -> Result<Found, ProviderError> {
        let (amount, payment) = (charge.amount.to_string(), charge.payment.to_string());
        let currency = charge.currency.to_string().to_ascii_lowercase();
        let form = [
            ("amount", &*amount),
            ("currency", &*currency),
            ("payment_method", &*charge.token),
            ("payment_method_types[]", "card"),
            ("metadata[payment]", &*payment),
        ];
        match self.api.post("/v1/payment_intents", &form, Some(&charge.key())).await {
            Ok(intent) => Ok(Found::Intent(intent)),
            Err(ApiError::Refused(refusal)) => {
                tracing::warn!(%payment, %refusal, "an attempt was refused");
                Ok(Found::Refused(refused(refusal)))
            }
            Err(ApiError::Unknown(error)) => Err(error),
        }
    }

    async fn retrieve(&self, id: &str) -> Result<Intent, ProviderError> {
        self.api.get(&format!("/v1/payment_intents/{id}"), &[]).await
    }
}

/// Why an attempt failed that was called off.
const CANCELED: &str = "canceled";

/// Why there is no intent: about the card, or about the rest.
fn refused(refusal: Refusal) -> String {
    if refusal.is_missing() { UNKNOWN_TOKEN.to_owned() } else { refusal.into_reason() }
}

impl Report {
    fn failed(provider_id: Option<String>, reason: impl Into<String>) -> Self {
        Self { provider_id, state: ChargeState::Failed { reason: reason.into() } }
    }
}

impl Provider for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    /// A payment method, or a card that Stripe.js has made; both are named by Stripe.
    fn knows(&self, token: &str) -> bool {
        let named = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let rest = token.strip_prefix("pm_").or_else(|| token.strip_prefix("card_"));
        rest.is_some_and(|rest| (1..=250).contains(&rest.len()) && rest.bytes().all(named))
    }

    fn charge<'a>(&'a self, charge: &'a Charge) -> Answered<'a, Report> {
        Box::pin(self.charge(charge))
    }

    fn confirm<'a>(&'a self, charge: &'a Charge) -> Answered<'a, Report> {
        Box::pin(self.confirm(charge))
    }

    fn look_up<'a>(&'a self, charge: &'a Charge) -> Answered<'a, Option<Report>> {
        Box::pin(self.look_up(charge))
    }

    fn cancel<'a>(&'a self, charge: &'a Charge) -> Answered<'a, Report> {
        Box::pin(self.cancel(charge))
    }

    fn refund<'a>(&'a self, charge: &'a Charge) -> Answered<'a, Report> {
        Box::pin(self.give_back(charge))
    }

    fn read_webhook(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Option<Notification>, WebhookError> {
        signature::verify_header(&self.webhook_key, headers, SIGNATURE, body, now)?;
        webhook::read(body)
    }
}

impl fmt::Debug for Stripe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stripe").field("api", &self.api).finish_non_exhaustive()
    }
}
