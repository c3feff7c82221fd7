//! Help, the version, and arguments that are none.

use std::path::Path;

use super::support::{Answer, Place, run_in};

fn ticketkit(args: &[&str]) -> Answer {
    run_in(Path::new("."), args)
}

#[test]
fn the_version_is_the_same_called_directly_and_by_cargo() {
    let version = format!("cargo-ticketkit {}\n", env!("CARGO_PKG_VERSION"));
    for args in [&["--version"][..], &["-V"], &["ticketkit", "--version"]] {
        assert_eq!(ticketkit(args).done().stdout, version, "{args:?}");
    }
}

#[test]
fn help_is_printed_on_request_and_without_arguments() {
    for args in [&[][..], &["ticketkit"], &["--help"], &["ticketkit", "-h"]] {
        let answer = ticketkit(args).done();
        assert!(answer.stdout.contains("Usage: cargo ticketkit"), "{args:?}");
    }
}

#[test]
fn the_help_of_each_command_has_an_example() {
    let commands = [
        &["new"][..],
        &["add"],
        &["add", "service"],
        &["add", "resource"],
        &["add", "event"],
        &["add", "handler"],
        &["remove"],
        &["remove", "service"],
        &["remove", "resource"],
        &["remove", "event"],
        &["remove", "handler"],
        &["status"],
        &["update"],
        &["dev"],
        &["doctor"],
        &["completions"],
    ];
    for command in commands {
        let answer = ticketkit(&[command, &["--help"]].concat()).done();
        let example = format!("Example:\n  cargo ticketkit {}", command[0]);
        assert!(answer.stdout.contains(&example), "{command:?}: {}", answer.stdout);
    }
}

/// In an order in which each can be done. `dev` and `doctor` have no arguments, and tests of their own.
#[test]
fn the_example_of_each_command_runs() {
    let place = Place::empty();
    for command in [
        "new",
        "add service",
        "add resource",
        "add event",
        "add handler",
        "status",
        "update",
        "completions",
        "remove handler",
        "remove event",
        "remove resource",
        "remove service",
    ] {
        let words: Vec<_> = command.split(' ').collect();
        let help = ticketkit(&[&words[..], &["--help"]].concat()).done().stdout;
        let (_, example) = help.split_once("Example:\n  cargo ticketkit ").expect(command);
        let args: Vec<_> = example.split_whitespace().collect();
        assert!(args.starts_with(&words), "the example of {command} is {example}");
        let folder = if command == "new" { place.home().to_owned() } else { place.root() };
        run_in(&folder, &args).done();
    }
}

#[test]
fn what_is_not_there_is_named_and_ends_with_2() {
    for (args, odd) in [
        (&["grow"][..], "'grow'"),
        (&["ticketkit", "--jsn"], "'--jsn'"),
        (&["new", "shop", "--db", "oracle"], "'oracle'"),
        (&["new", "shop", "--deps", "npm"], "crates-io, path:DIR and git:URL#REV"),
        (&["update", "--on-conflict", "both"], "fail, keep, take, markers"),
        (&["completions", "cmd"], "possible values"),
    ] {
        let answer = ticketkit(args).refused(2, &[odd]);
        assert!(answer.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn bad_arguments_are_told_in_json_too() {
    let answer = ticketkit(&["--json", "grow"]).refused(2, &[]);
    let said = answer.json();
    assert_eq!(said["ok"], false);
    assert!(said["error"].as_str().unwrap().contains("grow"), "{said}");
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let answer = ticketkit(&["completions", shell]).done();
        assert!(answer.stdout.contains("update"), "{shell}");
    }
}
