//! Configuration: a TOML file, then the environment, into one typed struct.
//!
//! Each key of the struct can stand in the file, and in the environment in capitals behind a
//! prefix; the environment wins. An error names the key, the value, the file or variable, and what
//! is allowed.
//!
//! ```
//! use ticketkit_core::chassis::config;
//!
//! #[derive(serde::Deserialize)]
//! struct Settings {
//!     #[serde(default = "hold", deserialize_with = "config::parse")]
//!     hold_seconds: u32,
//! }
//! fn hold() -> u32 {
//!     900
//! }
//!
//! let variables = [("SHOP_HOLD_SECONDS".to_owned(), "soon".to_owned())];
//! let error = config::load_from::<Settings>("SHOP_", None, variables).err().unwrap();
//! assert!(error.to_string().contains("SHOP_HOLD_SECONDS"));
//! assert!(error.to_string().contains("soon"));
//! ```

mod error;
mod load;
mod parse;

pub use error::ConfigError;
pub use load::{load, load_from};
pub use parse::{Secret, parse, parse_option};
