//! What garde's rules say, in the contract's words and with the names of the rules.

use std::{borrow::Cow, fmt::Display};

use garde::{
    Report, Validate,
    error::Path,
    i18n::{
        I18n, InvalidCreditCard, InvalidEmail, InvalidPhoneNumber, InvalidUrl, IpKind, with_i18n,
    },
};

/// Stands between the name of a rule and its message, because garde's errors are one text.
const SEPARATOR: char = '\u{1f}';

/// Makes the error of a rule of one's own, with a name for machines.
///
/// ```
/// fn even(number: &u32, _: &()) -> garde::Result {
///     if number % 2 == 0 {
///         return Ok(());
///     }
///     Err(ticketkit_core::validation::rule("even", "must be even"))
/// }
/// # #[derive(garde::Validate)]
/// # struct Seats(#[garde(custom(even))] u32);
/// # let broken = ticketkit_core::validation::check(&Seats(3)).unwrap_err();
/// # assert_eq!(broken.errors()[0].message, "must be even");
/// # assert_eq!(broken.errors()[0].code.as_deref(), Some("even"));
/// ```
#[must_use]
pub fn rule(code: &str, message: impl Display) -> garde::Error {
    garde::Error::new(format!("{code}{SEPARATOR}{message}"))
}

/// Lets garde check a value; its own rules speak in the contract's words.
pub(super) fn judge<T: Validate + ?Sized>(value: &T, context: &T::Context) -> Report {
    let mut report = Report::new();
    with_i18n(Words, || value.validate_into(context, &mut Path::empty, &mut report));
    report
}

/// Splits the text of an error of garde into the name of the rule and the message.
pub(super) fn split(text: &str) -> (Option<&str>, &str) {
    match text.split_once(SEPARATOR) {
        Some((code, message)) => (Some(code), message),
        None => (of_default_text(text), text),
    }
}

/// The rule that speaks so where garde was asked without [`judge`].
fn of_default_text(text: &str) -> Option<&'static str> {
    const TEXTS: [(&str, &str); 15] = [
        ("length is ", "length"),
        ("lower than ", "range"),
        ("greater than ", "range"),
        ("not a valid credit card", "credit_card"),
        ("does not match pattern", "pattern"),
        ("does not match ", "matches"),
        ("does not contain ", "contains"),
        ("value does not begin with ", "prefix"),
        ("does not end with ", "suffix"),
        ("not a valid url", "url"),
        ("not a valid phone number", "phone_number"),
        ("not a valid email", "email"),
        ("not ascii", "ascii"),
        ("not alphanumeric", "alphanumeric"),
        ("not set", "required"),
    ];
    TEXTS.iter().find(|(begin, _)| text.starts_with(begin)).map(|(_, rule)| *rule)
}

struct Words;

fn words(code: &str, message: impl Display) -> Cow<'static, str> {
    format!("{code}{SEPARATOR}{message}").into()
}

impl I18n for Words {
    fn length_lower_than(&self, min: usize) -> Cow<'static, str> {
        match min {
            1 => words("length", "must not be empty"),
            _ => words("length", format_args!("must have a length of at least {min}")),
        }
    }

    fn length_greater_than(&self, max: usize) -> Cow<'static, str> {
        words("length", format_args!("must have a length of at most {max}"))
    }

    fn range_lower_than(&self, min: &dyn Display) -> Cow<'static, str> {
        words("range", format_args!("must be at least {min}"))
    }

    fn range_greater_than(&self, max: &dyn Display) -> Cow<'static, str> {
        words("range", format_args!("must be at most {max}"))
    }

    fn credit_card_invalid(&self, _: InvalidCreditCard) -> Cow<'static, str> {
        words("credit_card", "must be the number of a credit card")
    }

    fn pattern_no_match(&self, pattern: &dyn Display) -> Cow<'static, str> {
        words("pattern", format_args!("must have the form {pattern}"))
    }

    fn contains_missing(&self, pattern: &dyn Display) -> Cow<'static, str> {
        words("contains", format_args!("must contain \"{pattern}\""))
    }

    fn url_invalid(&self, reason: InvalidUrl) -> Cow<'static, str> {
        words("url", format_args!("must be a URL: {reason}"))
    }

    fn prefix_missing(&self, pattern: &dyn Display) -> Cow<'static, str> {
        words("prefix", format_args!("must begin with \"{pattern}\""))
    }

    fn suffix_missing(&self, pattern: &dyn Display) -> Cow<'static, str> {
        words("suffix", format_args!("must end with \"{pattern}\""))
    }

    fn phone_number_invalid(&self, _: InvalidPhoneNumber) -> Cow<'static, str> {
        words("phone_number", "must be a phone number")
    }

    fn ip_invalid(&self, kind: IpKind) -> Cow<'static, str> {
        words("ip", format_args!("must be an {kind} address"))
    }

    fn matches_field_mismatch(&self, field: &dyn Display) -> Cow<'static, str> {
        words("matches", format_args!("must be the same as {field}"))
    }

    fn email_invalid(&self, reason: InvalidEmail) -> Cow<'static, str> {
        words("email", format_args!("must be an email address: {reason}"))
    }

    fn ascii_invalid(&self) -> Cow<'static, str> {
        words("ascii", "must be ASCII text")
    }

    fn alphanumeric_invalid(&self) -> Cow<'static, str> {
        words("alphanumeric", "must be letters and digits")
    }

    fn required_not_set(&self) -> Cow<'static, str> {
        words("required", "is required")
    }
}
