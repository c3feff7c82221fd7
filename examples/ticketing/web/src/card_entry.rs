//! Where buyers type their cards: into fields of the payment provider's, so that no card number
//! ever reaches this process.

use http::{HeaderValue, Uri};
use serde::Serialize;

/// Where Stripe serves its script.
pub const STRIPE_JS: &str = "https://js.stripe.com/v3/";

/// Card fields by Stripe.js.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CardEntry {
    publishable_key: String,
    js_url: String,
    #[serde(skip)]
    policy: HeaderValue,
}

/// Card fields that can not be shown.
#[derive(Debug, thiserror::Error)]
pub enum CardEntryError {
    /// The address of the script is none.
    #[error("{0:?} is not the address of a script, such as {STRIPE_JS}")]
    Script(String),
}

impl CardEntry {
    /// Takes the key that browsers use, and the address of the script.
    ///
    /// # Errors
    ///
    /// If the address is none of HTTP or HTTPS.
    pub fn new(publishable_key: &str, js_url: &str) -> Result<Self, CardEntryError> {
        let refuse = || CardEntryError::Script(js_url.to_owned());
        let uri: Uri = js_url.parse().map_err(|_| refuse())?;
        let (Some(scheme @ ("http" | "https")), Some(authority)) =
            (uri.scheme_str(), uri.authority())
        else {
            return Err(refuse());
        };
        let script = format!("{scheme}://{authority}");
        // Stripe's own script calls and frames two more hosts; a stand-in only itself.
        let (api, frames) = if authority.host() == "js.stripe.com" {
            ("https://api.stripe.com", format!("{script} https://hooks.stripe.com"))
        } else {
            (script.as_str(), script.clone())
        };
        let policy = crate::headers::policy(&script, api, &frames);
        let policy = HeaderValue::try_from(policy).map_err(|_| refuse())?;
        let (publishable_key, js_url) = (publishable_key.to_owned(), js_url.to_owned());
        Ok(Self { publishable_key, js_url, policy })
    }

    /// The content security policy of a page with card fields.
    pub(crate) fn policy(&self) -> &HeaderValue {
        &self.policy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_opens_for_the_provider_and_for_nobody_else() {
        let policy =
            |js| CardEntry::new("pk_test_1", js).unwrap().policy.to_str().unwrap().to_owned();
        let stripe = policy(STRIPE_JS);
        assert!(stripe.contains("script-src 'self' https://js.stripe.com;"), "{stripe}");
        assert!(stripe.contains("connect-src 'self' https://api.stripe.com;"), "{stripe}");
        assert!(
            stripe.contains("frame-src https://js.stripe.com https://hooks.stripe.com;"),
            "{stripe}"
        );
        let local = policy("http://127.0.0.1:8420/js.stripe.com/v3/");
        assert!(local.contains("script-src 'self' http://127.0.0.1:8420;"), "{local}");
        assert!(local.contains("connect-src 'self' http://127.0.0.1:8420;"), "{local}");
        assert!(!local.contains("stripe.com") && !local.contains("unsafe"), "{local}");
    }

    #[test]
    fn a_script_is_at_an_address() {
        for bad in ["", "/js", "js.stripe.com/v3", "data:text/javascript,1", "ftp://x/js"] {
            assert!(CardEntry::new("pk_test_1", bad).is_err(), "{bad}");
        }
    }
}
