use ticketkit_core::chassis::config::Settings;

#[derive(serde::Deserialize, Settings)]
struct Shop {
    hold: u8,
}

fn main() {}
