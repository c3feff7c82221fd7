//! What must not compile, and what the compiler then says.

#[test]
fn messages() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/compile/pass_*.rs");
    cases.compile_fail("tests/compile/fail_*.rs");
}
