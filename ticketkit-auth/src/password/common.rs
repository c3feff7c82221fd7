//! Passwords that everybody tries first.
//!
//! The list is compared whole, in any case: rules about what a password is made of would refuse
//! good ones too (NIST SP 800-63B, 3.1.1.2). It has the 3,000 most frequent that the policy would
//! allow otherwise, which OWASP ASVS 5.0 asks for (6.2.4), and twice as many; where they are from
//! stands in `common.licences.txt`.

use std::cmp::Ordering;

/// One a line, lower case, sorted by bytes; all are long enough for the policy.
const COMMON: &str = include_str!("common.txt");

pub(super) fn contains(password: &str) -> bool {
    contains_line(COMMON.as_bytes(), password.to_lowercase().as_bytes())
}

/// Searches in the text itself: nothing is built at start or kept beside it.
fn contains_line(mut lines: &[u8], wanted: &[u8]) -> bool {
    while !lines.is_empty() {
        let middle = lines.len() / 2;
        let begin = memchr::memrchr(b'\n', &lines[..middle]).map_or(0, |at| at + 1);
        let end = memchr::memchr(b'\n', &lines[middle..]).map_or(lines.len(), |at| middle + at);
        match lines[begin..end].cmp(wanted) {
            Ordering::Equal => return true,
            Ordering::Less => lines = lines.get(end + 1..).unwrap_or_default(),
            Ordering::Greater => lines = &lines[..begin],
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p2_common_ones_are_found_in_any_case() {
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
            "jennifer",
            "BasketBall",
            "88888888",
            "TicketKit",
        ] {
            assert!(contains(password), "{password}");
        }
    }

    #[test]
    fn p2_others_are_not() {
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
    fn p2_the_list_is_sorted_lower_case_and_long_enough() {
        let lines: Vec<&str> = COMMON.lines().collect();
        assert!(lines.len() >= 4_000, "{} lines", lines.len());
        assert!(lines.is_sorted_by(|a, b| a.as_bytes() < b.as_bytes()), "for the search");
        for line in lines {
            assert!(line.trim() == line && line.to_lowercase() == line, "{line:?}");
            // What is shorter or longer is refused for that.
            assert!((8..=128).contains(&line.chars().count()), "{line:?}");
        }
    }

    #[test]
    fn p2_every_line_is_found_and_nothing_between_them() {
        for line in COMMON.lines() {
            assert!(contains(line) && contains(&line.to_uppercase()), "{line}");
            for near in [format!("{line}\n"), format!("{line}\u{1}"), format!("\u{1}{line}")] {
                assert!(!contains(&near), "{near:?}");
            }
        }
        for (lines, wanted) in [("", "a"), ("", ""), ("a", "b"), ("b", "a"), ("a\nc", "b")] {
            assert!(!contains_line(lines.as_bytes(), wanted.as_bytes()), "{wanted} in {lines:?}");
        }
    }
}
