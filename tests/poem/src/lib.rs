//! Holds `examples/with_poem.rs` and the test that it answers the golden bytes.
//!
//! A package of its own, because nothing else in the workspace needs poem.
