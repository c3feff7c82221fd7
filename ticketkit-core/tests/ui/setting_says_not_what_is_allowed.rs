use std::num::NonZeroU8;

use ticketkit_core::chassis::config::{Settings, parse};

#[derive(serde::Deserialize, Settings)]
struct Shop {
    /// How many tickets one buyer may hold.
    #[serde(deserialize_with = "parse")]
    #[setting(default = "9")]
    holds: NonZeroU8,
}

fn main() {}
