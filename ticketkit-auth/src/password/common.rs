//! Passwords that everybody tries first.
//!
//! The list is compared whole, in any case: rules about what a password is made of would refuse
//! good ones too (NIST SP 800-63B, 3.1.1.2).

use std::{collections::HashSet, sync::LazyLock};

/// One a line, lower case, sorted; all are long enough for the policy.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common.txt").lines().collect());

pub(super) fn contains(password: &str) -> bool {
    COMMON.contains(password.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_ones_are_found_in_any_case() {
        for password in [
            "password",
            "Password1",
            "P@ssw0rd",
            "12345678",
            "qwertyuiop",
            "Qwerty123",
            "iloveyou",
            "1q2w3e4r",
            "admin123",
        ] {
            assert!(contains(password), "{password}");
        }
    }

    #[test]
    fn others_are_not() {
        for password in [
            "correct horse battery",
            "tr0ub4dor&3x",
            "password of mine",
            "aaaaaaab",
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
