//! Looks for bytes for which a property of `tests/fuzz/properties.rs` does not hold.
//!
//! ```console
//! cd ticketkit-core/fuzz
//! cargo run --release -- corpus ../tests/fuzz/seeds ../tests/golden -max_len=4096 -max_total_time=600
//! ```
//!
//! The flags in `.cargo/config.toml` are what cargo-fuzz passes without a sanitizer, and any
//! toolchain has them: a sanitizer would look for faults of unsafe code, and there is none. What it
//! finds belongs into `tests/fuzz/seeds`, where each run of the tests begins.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/fuzz/properties.rs"]
mod properties;

fuzz_target!(|bytes: &[u8]| {
    for (_, holds) in properties::ALL {
        holds(bytes);
    }
});
