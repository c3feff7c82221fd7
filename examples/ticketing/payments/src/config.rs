//! The settings of the service.

use serde::Deserialize;
use ticketkit_core::chassis::config::Secret;

/// The settings of the payments service.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Who moves the money.
    pub provider: ProviderSettings,
}

/// Which provider, and what it needs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum ProviderSettings {
    /// The provider that moves no money.
    #[default]
    BuiltIn,
    /// Stripe.
    Stripe(StripeSettings),
}

/// How to reach Stripe, and as whom.
#[derive(Debug, Clone, Deserialize)]
pub struct StripeSettings {
    /// The key that the API knows the account by, `sk_…`.
    pub secret_key: Secret,
    /// What webhooks are signed with, `whsec_…`.
    pub webhook_secret: Secret,
    /// Where the API is.
    #[serde(default = "api_base")]
    pub api_base: String,
}

/// The address of Stripe's API.
pub const API_BASE: &str = "https://api.stripe.com";

fn api_base() -> String {
    API_BASE.to_owned()
}
