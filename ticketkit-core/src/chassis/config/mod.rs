//! Configuration: a TOML file, then the environment, into one typed struct.
//!
//! Each key of the struct can stand in the file, and in the environment in capitals behind a
//! prefix; the environment wins. An error names the key, the value, the file or variable, and what
//! is allowed. The struct's doc comments become the [`Reference`] page.
//!
//! ```
//! use ticketkit_core::chassis::config;
//!
//! #[derive(serde::Deserialize, config::Settings)]
//! struct Settings {
//!     /// How long a ticket stays locked for its buyer, in seconds.
//!     #[serde(deserialize_with = "config::parse")]
//!     #[setting(default = "900")]
//!     hold_seconds: u32,
//! }
//!
//! let none: [(String, String); 0] = [];
//! let settings: Settings = config::settings_from("SHOP_", None, none).unwrap();
//! assert_eq!(settings.hold_seconds, 900);
//!
//! let variables = [("SHOP_HOLD_SECONDS", "soon")];
//! let error = config::settings_from::<Settings>("SHOP_", None, variables).err().unwrap();
//! assert!(error.to_string().contains("SHOP_HOLD_SECONDS"));
//! assert!(error.to_string().contains("soon"));
//!
//! let page = config::Reference::of::<Settings>("SHOP_").to_markdown();
//! assert!(page.contains("| `SHOP_HOLD_SECONDS` | whole number from 0 to 4294967295 | `900` |"));
//! ```

mod error;
mod file;
mod load;
mod nearest;
mod parse;
mod reference;
mod settings;
#[cfg(test)]
mod tests;

pub use error::ConfigError;
pub use load::{load, load_from, settings, settings_from};
pub use parse::{Secret, parse, parse_option};
pub use reference::Reference;
pub use settings::{Key, Settings};
pub use ticketkit_macros::Settings;
