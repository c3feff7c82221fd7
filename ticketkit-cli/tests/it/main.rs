//! The program as a person or a pipeline meets it.

use std::process::{Command, Output};

fn ticketkit(args: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_cargo-ticketkit"));
    program.args(args).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the program prints text")
}

#[test]
fn the_version_is_the_same_called_directly_and_by_cargo() {
    let version = format!("cargo-ticketkit {}\n", env!("CARGO_PKG_VERSION"));
    for args in [&["--version"][..], &["-V"], &["ticketkit", "--version"]] {
        let output = ticketkit(args);
        assert!(output.status.success(), "{args:?}");
        assert_eq!(text(&output.stdout), version, "{args:?}");
    }
}

#[test]
fn help_is_printed_on_request_and_without_arguments() {
    for args in [&[][..], &["ticketkit"], &["--help"], &["ticketkit", "-h"]] {
        let output = ticketkit(args);
        assert!(output.status.success(), "{args:?}");
        assert!(text(&output.stdout).contains("Usage: cargo ticketkit"), "{args:?}");
    }
}

#[test]
fn what_is_not_there_is_named_and_ends_with_2() {
    for (args, odd) in
        [(&["new", "shop"][..], "new"), (&["ticketkit", "--json"], "--json"), (&["-V", "x"], "x")]
    {
        let output = ticketkit(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text(&output.stdout).is_empty(), "{args:?}");
        assert!(text(&output.stderr).contains(&format!("`{odd}`")), "{args:?}");
    }
}
