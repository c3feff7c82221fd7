//! The settings of Stripe: all that it needs, or none of them for the built-in provider.

use ticketing_payments::{ProviderSettings, StripeSettings, config::API_BASE};
use ticketing_web::{CardEntry, CardEntryError, STRIPE_JS};

use crate::{service::Service, settings::Settings};

/// What the services need of a payment provider.
#[derive(Debug, Default)]
pub(crate) struct PaymentProvider {
    pub(crate) settings: ProviderSettings,
    pub(crate) card_entry: Option<CardEntry>,
}

/// Settings of Stripe that do not fit together.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StripeError {
    #[error(
        "payments by Stripe need {} as well (or no TICKETING_STRIPE_… setting at all, for the \
         built-in provider)",
        .0.join(" and ")
    )]
    Missing(Vec<&'static str>),
    #[error("TICKETING_STRIPE_PUBLISHABLE_KEY is sent to every browser, and this is no `pk_…` key")]
    NotPublishable,
    #[error("TICKETING_STRIPE_JS_URL")]
    Script(#[from] CardEntryError),
}

/// Reads who moves the money, as far as the services of this process have to know: all of them, or
/// the one that runs alone.
pub(crate) fn provider(
    settings: &Settings,
    only: Option<Service>,
) -> Result<PaymentProvider, StripeError> {
    let Settings {
        stripe_secret_key: secret,
        stripe_publishable_key: publishable,
        stripe_webhook_secret: webhook,
        stripe_api_base: base,
        stripe_js_url: js,
        ..
    } = settings;
    let is_set = secret.is_some()
        || publishable.is_some()
        || webhook.is_some()
        || base.is_some()
        || js.is_some();
    let charges = is_set && only.is_none_or(|only| only == Service::Payments);
    let shows = is_set && only.is_none_or(|only| only == Service::Web);
    let needed = [
        (charges && secret.is_none(), "TICKETING_STRIPE_SECRET_KEY"),
        (shows && publishable.is_none(), "TICKETING_STRIPE_PUBLISHABLE_KEY"),
        (charges && webhook.is_none(), "TICKETING_STRIPE_WEBHOOK_SECRET"),
    ];
    let missing: Vec<_> =
        needed.into_iter().filter_map(|(missing, name)| missing.then_some(name)).collect();
    if !missing.is_empty() {
        return Err(StripeError::Missing(missing));
    }
    let mut provider = PaymentProvider::default();
    if charges && let (Some(secret_key), Some(webhook_secret)) = (secret, webhook) {
        provider.settings = ProviderSettings::Stripe(StripeSettings {
            secret_key: secret_key.clone(),
            webhook_secret: webhook_secret.clone(),
            api_base: base.clone().unwrap_or_else(|| API_BASE.to_owned()),
        });
    }
    if shows && let Some(publishable_key) = publishable {
        // The two keys are easily taken for one another, and only one of them is harmless.
        if !publishable_key.starts_with("pk_") {
            return Err(StripeError::NotPublishable);
        }
        let js_url = js.as_deref().unwrap_or(STRIPE_JS);
        provider.card_entry = Some(CardEntry::new(publishable_key, js_url)?);
    }
    Ok(provider)
}

#[cfg(test)]
mod tests {
    use ticketkit_core::chassis::config::settings_from;

    use super::*;
    use crate::settings::PREFIX;

    fn read_for(only: Option<Service>, values: &[(&str, &str)]) -> Result<PaymentProvider, String> {
        let variables = values
            .iter()
            .map(|(name, value)| (format!("TICKETING_STRIPE_{name}"), (*value).to_owned()));
        let settings: Settings = settings_from(PREFIX, None, variables).unwrap();
        provider(&settings, only).map_err(|error| error.to_string())
    }

    fn read(values: &[(&str, &str)]) -> Result<PaymentProvider, String> {
        read_for(None, values)
    }

    const ALL: [(&str, &str); 3] =
        [("SECRET_KEY", "sk_1"), ("PUBLISHABLE_KEY", "pk_1"), ("WEBHOOK_SECRET", "whsec_1")];

    #[test]
    fn it_is_all_of_it_or_none() {
        assert!(matches!(read(&[]).unwrap().settings, ProviderSettings::BuiltIn));
        let stripe = read(&ALL).unwrap();
        assert!(matches!(stripe.settings, ProviderSettings::Stripe(_)));
        assert!(stripe.card_entry.is_some());
        let error = read(&ALL[..1]).unwrap_err();
        assert!(error.contains("_PUBLISHABLE_KEY and TICKETING_STRIPE_WEBHOOK_SECRET"), "{error}");
        assert!(read(&[("API_BASE", "http://127.0.0.1:1")]).is_err());
    }

    #[test]
    fn a_service_alone_needs_its_own_part() {
        let payments = read_for(Some(Service::Payments), &[ALL[0], ALL[2]]).unwrap();
        assert!(matches!(payments.settings, ProviderSettings::Stripe(_)));
        assert!(payments.card_entry.is_none());
        let pages = read_for(Some(Service::Web), &[ALL[1]]).unwrap();
        assert!(pages.card_entry.is_some());
        assert!(matches!(pages.settings, ProviderSettings::BuiltIn));
        assert!(read_for(Some(Service::Payments), &[ALL[1]]).is_err());
        read_for(Some(Service::Orders), &[ALL[0]]).unwrap();
    }

    #[test]
    fn a_secret_key_is_never_sent_to_browsers() {
        let error = read(&[ALL[0], ("PUBLISHABLE_KEY", "sk_live_canary"), ALL[2]]).unwrap_err();
        assert!(error.contains("pk_") && !error.contains("canary"), "{error}");
    }
}
