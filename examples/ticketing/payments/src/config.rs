//! The settings of the service.

use serde::Deserialize;

/// The settings of the payments service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Who moves the money.
    pub provider: ProviderSettings,
}

/// Which provider, and what it needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum ProviderSettings {
    /// The provider that moves no money.
    #[default]
    BuiltIn,
}
