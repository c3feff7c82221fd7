use ticketkit_core::{FieldError, error::Validation};
use ticketkit_events::Timestamp;

/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// Whether an account is banned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ban {
    /// Set by a ban, and by its lifting alone taken back: also when `until` is over.
    pub(crate) imposed: bool,
    pub(crate) until: Option<Timestamp>,
    pub(crate) reason: Option<String>,
    /// Counts bans and liftings.
    pub(crate) version: i64,
}

impl Ban {
    pub(crate) fn holds(&self, now: Timestamp) -> bool {
        self.imposed && self.until.is_none_or(|until| until > now)
    }

    /// How services hear of it.
    pub(crate) fn news(&self) -> ticketkit_auth::revocation::Ban {
        ticketkit_auth::revocation::Ban {
            version: self.version,
            banned: self.imposed,
            until: self.until.map(Timestamp::as_millis),
        }
    }
}

/// What an administrator orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BanOrder {
    pub(crate) reason: String,
    /// Without it the ban has no end.
    pub(crate) until: Option<Timestamp>,
}

impl BanOrder {
    pub(crate) fn check(
        reason: &str,
        until: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, Validation> {
        let mut rules = Validation::default();
        let reason = reason.trim();
        let length = reason.chars().count();
        rules.check((1..=LONGEST_REASON).contains(&length), || {
            let message = format!("must be 1 to {LONGEST_REASON} characters long");
            FieldError::new(message).field("reason").code("length")
        });
        rules.check(!reason.contains(char::is_control), || {
            let message = "must not have control characters";
            FieldError::new(message).field("reason").code("format")
        });
        let until = until.and_then(|until| rules.take(end(until, now)));
        rules.finish()?;
        Ok(Self { reason: reason.to_owned(), until })
    }
}

fn end(text: &str, now: Timestamp) -> Result<Timestamp, FieldError> {
    let until: Timestamp = text.parse().map_err(|_| {
        let message = "must be a time such as 2026-12-31T00:00:00Z";
        FieldError::new(message).field("until").code("format")
    })?;
    if until <= now {
        return Err(FieldError::new("must be in the future").field("until").code("range"));
    }
    Ok(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

    #[test]
    fn a_ban_ends_by_itself() {
        let ban = |imposed, until| Ban { imposed, until, reason: None, version: 1 };
        assert!(ban(true, None).holds(NOW));
        assert!(ban(true, Some(Timestamp::from_millis(NOW.as_millis() + 1))).holds(NOW));
        assert!(!ban(true, Some(NOW)).holds(NOW));
        assert!(!ban(false, None).holds(NOW));
    }

    #[test]
    fn all_broken_rules_are_told() {
        let broken = |reason: &str, until| {
            let rules = BanOrder::check(reason, Some(until), NOW).unwrap_err();
            rules.errors().iter().map(|e| e.field.clone().unwrap().into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(broken(" ", "2001-01-01T00:00:00Z"), ["reason", "until"]);
        assert_eq!(broken("a\0b", "soon"), ["reason", "until"]);
        assert_eq!(broken(&"x".repeat(501), "2999-01-01T00:00:00Z"), ["reason"]);
        let order = BanOrder::check(" forged tickets ", None, NOW).unwrap();
        assert_eq!(order, BanOrder { reason: "forged tickets".to_owned(), until: None });
    }
}
