//! The command line, as a person meets it.

use std::process::{Command, Output};

fn xtask(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(args).output().expect("xtask runs")
}

#[test]
fn without_a_command_it_explains_itself() {
    let output = xtask(&[]);
    assert!(output.status.success());
    let text = String::from_utf8_lossy(&output.stdout);
    for command in ["test", "ci", "servers"] {
        assert!(text.contains(command), "{text}");
    }
}

#[test]
fn a_typing_mistake_is_named_and_ends_with_2() {
    let output = xtask(&["tests"]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("no command `tests`"), "{text}");
}
