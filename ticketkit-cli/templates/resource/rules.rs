//! The rules that fields are held to.

use ticketkit_core::{FieldError, error::Validation};
{% if service.has.line %}

/// How many characters a line may have.
const LONGEST_LINE: usize = 200;

/// One line of text without space around it.
pub(super) fn line(text: &mut String, field: &'static str, rules: &mut Validation) {
    *text = text.trim().to_owned();
    let error = |message, code| FieldError::new(message).field(field).code(code);
    match text.chars().count() {
        0 => rules.add(error("must not be empty", "required")),
        1..=LONGEST_LINE if text.chars().any(char::is_control) => {
            rules.add(error("must not contain control characters", "format"));
        }
        1..=LONGEST_LINE => {}
        _ => rules.add(error("must have at most 200 characters", "length")),
    }
}
{% endif %}
{% if service.has.prose %}

/// How many characters a text may have.
const LONGEST_TEXT: usize = 10_000;

/// A text of any lines.
pub(super) fn prose(text: &mut String, field: &'static str, rules: &mut Validation) {
    *text = text.trim().to_owned();
    let error = |message, code| FieldError::new(message).field(field).code(code);
    match text.chars().count() {
        0 => rules.add(error("must not be empty", "required")),
        1..=LONGEST_TEXT if text.contains('\0') => {
            rules.add(error("must not contain the character NUL", "format"));
        }
        1..=LONGEST_TEXT => {}
        _ => rules.add(error("must have at most 10000 characters", "length")),
    }
}
{% endif %}
{% if service.has.amount %}

/// The largest amount, in the minor unit of its currency.
const LARGEST_AMOUNT: i64 = 100_000_000_000;

/// An amount of money.
pub(super) fn amount(amount: i64, field: &'static str, rules: &mut Validation) {
    let error = |message| FieldError::new(message).field(field).code("range");
    match amount {
        ..=-1 => rules.add(error("must not be negative")),
        0..=LARGEST_AMOUNT => {}
        _ => rules.add(error("must be at most 100000000000")),
    }
}
{% endif %}

#[cfg(test)]
mod tests {
    use super::*;
{% if service.has.line %}

    #[test]
    fn a_line_is_trimmed_and_has_1_to_200_characters() {
        let check = |text: &str| {
            let (mut text, mut rules) = (text.to_owned(), Validation::default());
            line(&mut text, "line", &mut rules);
            rules.finish().map(|()| text)
        };
        assert_eq!(check("  two words "), Ok("two words".to_owned()));
        assert!(check(&"é".repeat(LONGEST_LINE)).is_ok());
        for bad in ["", " \t ", "a\nb", "a\0b", &"é".repeat(LONGEST_LINE + 1)] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }
{% endif %}
{% if service.has.prose %}

    #[test]
    fn a_text_has_lines_and_1_to_10000_characters() {
        let check = |text: &str| {
            let (mut text, mut rules) = (text.to_owned(), Validation::default());
            prose(&mut text, "text", &mut rules);
            rules.finish().map(|()| text)
        };
        assert_eq!(check("a\nb\n"), Ok("a\nb".to_owned()));
        for bad in ["", "\n", "a\0b", &"é".repeat(LONGEST_TEXT + 1)] {
            assert!(check(bad).is_err());
        }
    }
{% endif %}
{% if service.has.amount %}

    #[test]
    fn an_amount_is_not_negative() {
        for (value, good) in [(-1, false), (0, true), (LARGEST_AMOUNT, true), (i64::MAX, false)] {
            let mut rules = Validation::default();
            amount(value, "price", &mut rules);
            assert_eq!(rules.finish().is_ok(), good, "{value}");
        }
    }
{% endif %}
}
