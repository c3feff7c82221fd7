//! Passwords that everybody tries first.
//!
//! The list has the stems; what people do to them is undone before the look-up: capitals, letters
//! written as digits, and digits, years and signs at either end.

use std::{collections::HashSet, sync::LazyLock};

/// One stem a line, lower case, sorted.
static STEMS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common.txt").lines().collect());

pub(super) fn contains(password: &str) -> bool {
    let lower = password.to_lowercase();
    is_run(&lower)
        || STEMS.contains(lower.as_str())
        || STEMS.contains(trimmed(&lower))
        || STEMS.contains(plain(&lower).as_str())
        || STEMS.contains(plain(trimmed(&lower)).as_str())
        || repeated(trimmed(&lower)).is_some_and(|unit| STEMS.contains(unit))
}

/// The password without digits and signs at its ends.
///
/// Only a few of them: eight random digits behind a word are a password.
fn trimmed(password: &str) -> &str {
    let core = password.trim_matches(|c: char| !c.is_alphabetic());
    if password.chars().count() - core.chars().count() > 5 { password } else { core }
}

/// The password with letters for the digits and signs that stand for them.
fn plain(password: &str) -> String {
    let letter = |c| match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    password.chars().map(letter).collect()
}

/// One character again and again, digits or letters in their order, or a short piece repeated.
fn is_run(password: &str) -> bool {
    let steps: HashSet<i64> = password
        .chars()
        .zip(password.chars().skip(1))
        .map(|(a, b)| i64::from(u32::from(b)) - i64::from(u32::from(a)))
        .collect();
    (steps.len() == 1 && steps.iter().all(|step| step.abs() <= 1))
        || repeated(password).is_some_and(|unit| unit.chars().count() <= 3)
}

/// The piece of which the password is made by repeating it.
fn repeated(password: &str) -> Option<&str> {
    (1..=password.len() / 2)
        .filter(|&length| {
            password.len().is_multiple_of(length) && password.is_char_boundary(length)
        })
        .map(|length| &password[..length])
        .find(|unit| unit.repeat(password.len() / unit.len()) == password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_ones_and_their_disguises_are_found() {
        for password in [
            "password",
            "Password1",
            "P@ssw0rd!",
            "password2026",
            "12345678",
            "87654321",
            "aaaaaaaa",
            "abcabcabc",
            "qwertyuiop",
            "Qwerty123",
            "iloveyou",
            "letmein1",
            "1q2w3e4r",
            "passwordpassword",
            "abcdefgh",
            "admin123",
            "Welcome1!",
        ] {
            assert!(contains(password), "{password}");
        }
    }

    #[test]
    fn others_are_not() {
        for password in [
            "correct horse battery",
            "tr0ub4dor&3x",
            "monkey83920174",
            "gqx7vplm",
            "ünïcödé pässwörd",
            "welcome to the jungle",
            "passwort-des-tages",
        ] {
            assert!(!contains(password), "{password}");
        }
    }

    #[test]
    fn the_list_is_sorted_lower_case_and_without_doubles() {
        let lines: Vec<&str> = include_str!("common.txt").lines().collect();
        assert!(lines.is_sorted_by(|a, b| a < b));
        assert!(lines.iter().all(|line| line.trim() == *line && line.to_lowercase() == **line));
    }
}
