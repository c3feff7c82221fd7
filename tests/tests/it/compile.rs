//! What of events must not compile, and what the compiler then says.
//!
//! They stand here because the messages name what the features of `ticketkit-events` add: this
//! package has it without `sql`, and all of sqlx would be built a second time for them.

#[test]
fn messages_say_what_is_missing() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/compile/pass_*.rs");
    cases.compile_fail("tests/compile/fail_*.rs");
}
