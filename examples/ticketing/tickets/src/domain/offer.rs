use ticketing_contracts::Currency;
use ticketkit_core::{FieldError, error::Validation};

/// A title: 1 to 200 characters without space around them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Title(String);

impl Title {
    const MOST: usize = 200;

    /// Reads a title as it was typed.
    pub(crate) fn new(text: &str) -> Result<Self, FieldError> {
        let text = text.trim();
        let error = |message, code| Err(FieldError::new(message).field("title").code(code));
        match text.chars().count() {
            0 => error("must not be empty", "required"),
            1..=Self::MOST if text.chars().any(char::is_control) => {
                error("must not contain control characters", "format")
            }
            1..=Self::MOST => Ok(Self(text.to_owned())),
            _ => error("must have at most 200 characters", "length"),
        }
    }

    /// Takes a title that was checked before it was stored.
    pub(crate) const fn stored(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A price: 1 to 100 000 000 of the minor unit of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Price(i64);

impl Price {
    const MOST: i64 = 100_000_000;

    /// Checks a price.
    pub(crate) fn new(amount: i64) -> Result<Self, FieldError> {
        let error = |message| Err(FieldError::new(message).field("price").code("range"));
        match amount {
            ..=0 => error("must be greater than 0"),
            1..=Self::MOST => Ok(Self(amount)),
            _ => error("must be at most 100000000"),
        }
    }

    /// Takes a price that was checked before it was stored.
    pub(crate) const fn stored(amount: i64) -> Self {
        Self(amount)
    }

    pub(crate) const fn as_minor_units(self) -> i64 {
        self.0
    }
}

/// What a buyer agrees to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) title: Title,
    pub(crate) price: Price,
    pub(crate) currency: Currency,
}

impl Terms {
    /// Checks what a seller sent, all rules at once.
    pub(crate) fn check(
        title: &str,
        price: i64,
        currency: Option<&str>,
    ) -> Result<Self, Validation> {
        let mut rules = Validation::default();
        let title = rules.take(Title::new(title));
        let price = rules.take(Price::new(price));
        let currency = currency.map_or(Ok(Currency::default()), |code| {
            code.parse().map_err(|error: ticketing_contracts::InvalidCurrency| {
                FieldError::new(error.to_string()).field("currency").code("format")
            })
        });
        let currency = rules.take(currency);
        match (title, price, currency) {
            (Some(title), Some(price), Some(currency)) => Ok(Self { title, price, currency }),
            _ => Err(rules),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_count_and_not_bytes_nor_the_space_around() {
        let most = "🎟".repeat(200);
        assert_eq!(Title::new(&format!("  {most}\n")).unwrap().as_str(), most);
        for bad in ["", " \t ", "a\0b", "a\nb", &"é".repeat(201)] {
            assert!(Title::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn all_broken_rules_are_told_at_once() {
        let errors = Terms::check("", 0, Some("JPY")).unwrap_err();
        let fields: Vec<_> = errors.errors().iter().filter_map(|e| e.field.as_deref()).collect();
        assert_eq!(fields, ["title", "price", "currency"]);
        assert_eq!(Terms::check("a", 1, Some("eur")).unwrap().currency.as_str(), "EUR");
        assert_eq!(Terms::check("a", 1, None).unwrap().currency, Currency::USD);
    }

    #[test]
    fn the_borders_of_a_price() {
        for good in [1, 100_000_000] {
            assert_eq!(Price::new(good).unwrap().as_minor_units(), good);
        }
        for bad in [i64::MIN, -1, 0, 100_000_001, i64::MAX] {
            assert!(Price::new(bad).is_err(), "{bad}");
        }
    }
}
