use ticketkit_core::FieldError;

/// The longest address that mail can have (RFC 5321, with the brackets taken off), in bytes.
const LONGEST: usize = 254;

/// An e-mail address that has the form of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Email {
    text: String,
    folded: String,
}

impl Email {
    pub(crate) fn parse(text: &str) -> Result<Self, FieldError> {
        if text.len() > LONGEST {
            let message = format!("must be at most {LONGEST} bytes long");
            return Err(FieldError::new(message).field("email").code("length"));
        }
        if !has_form(text) {
            let message = "must be an e-mail address, such as ada@example.com";
            return Err(FieldError::new(message).field("email").code("format"));
        }
        Ok(Self { text: text.to_owned(), folded: Self::fold(text) })
    }

    /// The one spelling of an address, a part of one, or what someone typed in its place.
    pub(crate) fn fold(text: &str) -> String {
        text.to_lowercase()
    }

    /// As it was typed.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// What addresses are compared by.
    pub(crate) fn folded(&self) -> &str {
        &self.folded
    }
}

/// Whether mail arrives is for the mail to tell; this keeps out slips, and what has no place in a
/// log, a header or a page.
fn has_form(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let refused = |c: char| {
        c.is_control() || c.is_whitespace() || is_invisible(c) || "\"(),:;<>[\\]@".contains(c)
    };
    !local.is_empty()
        && !local.contains(refused)
        && domain.split('.').all(|label| {
            let allowed = |c: char| c == '-' || (!c.is_ascii() && !refused(c));
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_ascii_alphanumeric() || allowed(c))
        })
}

/// Characters that make two addresses look the same, or one read backwards.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_without_case() {
        let email = |text| Email::parse(text).unwrap();
        assert_eq!(email("Ada@Example.COM").folded(), email("ada@example.com").folded());
        assert_eq!(email("Ada@Example.COM").as_str(), "Ada@Example.COM");
    }

    #[test]
    fn what_mail_could_have_passes() {
        let longest = format!("{}@example.com", "a".repeat(LONGEST - 12));
        for text in ["a@b", "a.b+c@d-e.example", "münze@bücher.example", "o'neil@x.org", &longest]
        {
            assert!(Email::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(LONGEST - 11));
        for text in [
            "",
            "@",
            "nobody",
            "nobody@",
            "@example.org",
            "a b@example.org",
            " a@example.org",
            "a@example.org ",
            "a@b@c.org",
            "a@\0.org",
            "a\n@b.org",
            "a@b..org",
            "a@.org",
            "a@b.",
            "a@-b.org",
            "a@b_c.org",
            "<a@b.org>",
            "a,c@b.org",
            "a\u{202e}@b.org",
            "a@b\u{200b}.org",
            &long,
        ] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
    }
}
