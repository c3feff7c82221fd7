use ticketkit_core::chassis::config::Settings;

#[derive(serde::Deserialize, Settings)]
struct Shop {
    /// How long a ticket is held.
    #[serde(default)]
    hold: u8,
}

fn main() {}
