use ticketkit_core::FieldError;

/// A part of a title to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search(String);

impl Search {
    const MOST: usize = 100;

    /// Reads the parameter `q`; the empty text finds everything.
    pub(crate) fn new(text: &str) -> Result<Self, FieldError> {
        let error = |message, code| Err(FieldError::new(message).parameter("q").code(code));
        if text.chars().count() > Self::MOST {
            return error("must have at most 100 characters", "length");
        }
        if text.chars().any(char::is_control) {
            return error("must not contain control characters", "format");
        }
        Ok(Self(folded(text)))
    }

    /// Returns the pattern for `like … escape '\'` over folded titles.
    pub(crate) fn pattern(&self) -> String {
        let mut pattern = String::from("%");
        for character in self.0.chars() {
            if matches!(character, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(character);
        }
        pattern.push('%');
        pattern
    }
}

/// Takes the case out of a text.
///
/// Up and down again, character by character: that makes one of `ß` and `SS`, and of the two small
/// sigmas, which the lower case of a whole text tells apart by their place in the word.
pub(crate) fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_gone_in_every_alphabet() {
        for (one, other) in [("Straße", "STRASSE"), ("ΟΔΟΣ", "οδος"), ("ÜNÏ", "ünï"), ("Ж", "ж")]
        {
            assert_eq!(folded(one), folded(other));
        }
    }

    #[test]
    fn what_means_something_to_like_is_escaped() {
        assert_eq!(Search::new(r"50%_\").unwrap().pattern(), r"%50\%\_\\%");
        assert_eq!(Search::new("").unwrap().pattern(), "%%");
    }

    #[test]
    fn a_hundred_characters_and_no_control() {
        assert!(Search::new(&"é".repeat(100)).is_ok());
        for bad in ["x".repeat(101), "a\0".to_owned()] {
            assert!(Search::new(&bad).is_err());
        }
    }
}
