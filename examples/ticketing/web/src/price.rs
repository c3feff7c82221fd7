//! Prices as people type and read them: major units, exactly, by integer arithmetic alone.

use ticketkit_core::FieldError;

/// The dearest ticket, in minor units.
const MAX: i64 = 100_000_000;

/// Reads a price in major units (`19`, `19.9`, `19.99`, `19,99`) as minor units.
///
/// What can be read in two ways is refused: `1,000` is a thousand to some and one to others.
///
/// # Errors
///
/// What to write instead, as the entry of the field `price`.
pub(crate) fn parse(text: &str) -> Result<i64, FieldError> {
    let refuse = |message: &'static str, code: &'static str| {
        Err(FieldError::new(message).field("price").code(code))
    };
    let text = text.trim();
    if text.is_empty() {
        return refuse("write a price, such as 19.99", "required");
    }
    if text.starts_with('-') {
        return refuse("the price must be at least 0.01", "range");
    }
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if fraction.contains(['.', ',']) || (digits(whole) && digits(fraction) && fraction.len() > 2) {
        return refuse(
            "write at most two decimals and nothing between the thousands, such as 1000.00",
            "format",
        );
    }
    if !digits(whole) || !digits(fraction) {
        return refuse("write the price in digits alone, such as 19.99", "format");
    }
    let cents = format!("{fraction:0<2}").parse().unwrap_or(0_i64);
    let minor = whole
        .parse::<i64>()
        .ok()
        .and_then(|whole| whole.checked_mul(100))
        .and_then(|minor| minor.checked_add(cents));
    match minor {
        Some(0) => refuse("the price must be at least 0.01", "range"),
        Some(minor) if minor <= MAX => Ok(minor),
        _ => refuse("the price must be at most 1000000.00", "range"),
    }
}

/// Writes minor units as they are typed: `19.99`.
pub(crate) fn plain(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let minor = minor.unsigned_abs();
    format!("{sign}{}.{:02}", minor / 100, minor % 100)
}

/// Writes minor units as they are read: `$1,234.50`, `CHF 19.99`.
pub(crate) fn money(minor: i64, currency: &str) -> String {
    // A narrow line must not part the code from its number.
    let code =
        if symbol(currency).is_empty() { format!("{currency}\u{a0}") } else { String::new() };
    format!("{code}{}", figure(minor, currency))
}

/// As [`money`], where the code of the currency stands beside it anyway.
pub(crate) fn figure(minor: i64, currency: &str) -> String {
    let plain = plain(minor);
    let (whole, cents) = plain.split_once('.').unwrap_or((&plain, "00"));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |whole| ("−", whole));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{}{grouped}.{cents}", symbol(currency))
}

/// The sign that readers know; nothing for most currencies.
fn symbol(currency: &str) -> &'static str {
    match currency {
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_read_exactly() {
        for (text, minor) in [
            ("19", 1900),
            ("19.9", 1990),
            ("19.99", 1999),
            (" 19,99 ", 1999),
            ("0.01", 1),
            ("0.29", 29),
            ("1.1", 110),
            ("007", 700),
            ("1000000", MAX),
            ("1000000.00", MAX),
        ] {
            assert_eq!(parse(text), Ok(minor), "{text}");
        }
    }

    #[test]
    fn what_is_no_price_or_can_be_read_in_two_ways_is_refused() {
        for text in [
            "",
            " ",
            "abc",
            "1,000",
            "1.000",
            "1,000.00",
            "1.000,00",
            "1 000",
            "$5",
            "5 USD",
            "-5",
            "+5",
            "0",
            "0.00",
            "19.",
            ".5",
            "19.999",
            "1e3",
            "٣",
            "0x10",
            "1000000.01",
            "92233720368547758080",
            "1..2",
        ] {
            let error = parse(text).expect_err(text);
            assert_eq!(error.field.as_deref(), Some("price"), "{text}");
        }
    }

    #[test]
    fn f14_every_price_is_read_as_it_is_written() {
        for minor in (1..100_000).chain([MAX - 1, MAX]) {
            assert_eq!(parse(&plain(minor)), Ok(minor));
        }
    }

    /// The test above catches the fault: a float does not keep one price in eleven.
    #[test]
    fn f14_a_float_would_lose_cents() {
        #[expect(clippy::cast_possible_truncation, reason = "that is the fault")]
        let read = |text: &str| (text.parse::<f64>().unwrap() * 100.0) as i64;
        let lost = (1..100_000).filter(|minor| read(&plain(*minor)) != *minor).count();
        assert!(lost > 100_000 / 25, "{lost} of 100,000");
    }

    #[test]
    fn money_names_its_currency() {
        assert_eq!(money(1999, "USD"), "$19.99");
        assert_eq!(money(100_000_000, "EUR"), "€1,000,000.00");
        assert_eq!(money(5, "CHF"), "CHF\u{a0}0.05");
        assert_eq!(money(123_456, "GBP"), "£1,234.56");
    }
}
