use std::{fmt, str::FromStr};

/// A service of the system, by the name that it has everywhere: in problems, metrics, events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    Auth,
    Tickets,
    Orders,
    Payments,
    Expiration,
    Web,
}

impl Service {
    /// In the order of their start: who is asked at start comes before who asks.
    pub(crate) const ALL: [Self; 6] =
        [Self::Auth, Self::Tickets, Self::Orders, Self::Payments, Self::Expiration, Self::Web];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Tickets => "tickets",
            Self::Orders => "orders",
            Self::Payments => "payments",
            Self::Expiration => "expiration",
            Self::Web => "web",
        }
    }

    /// The beginnings of the paths that are its own. What is nobody's is for the pages.
    pub(crate) const fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Auth => &["/api/users", "/.well-known"],
            Self::Tickets => &["/api/tickets"],
            Self::Orders => &["/api/orders"],
            Self::Payments => &["/api/payments"],
            Self::Expiration | Self::Web => &[],
        }
    }

    /// Returns the service that answers a path, wherever it runs.
    pub(crate) fn of_path(path: &str) -> Self {
        let owner = Self::ALL
            .into_iter()
            .find(|service| service.prefixes().iter().any(|prefix| is_below(path, prefix)));
        owner.unwrap_or(Self::Web)
    }

    /// Tells whether it keeps anything: all but the pages do.
    pub(crate) const fn has_database(self) -> bool {
        !matches!(self, Self::Web)
    }

    /// Tells whether it has to find out who is asking, and is not the one who knows.
    pub(crate) const fn verifies_callers(self) -> bool {
        matches!(self, Self::Tickets | Self::Orders | Self::Payments)
    }
}

/// Tells whether a path is a prefix or below it.
pub(crate) fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Service {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|service| service.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("no service `{text}`; there are {names}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_one_service() {
        for (path, owner) in [
            ("/api/users/signin", Service::Auth),
            ("/.well-known/jwks.json", Service::Auth),
            ("/api/tickets", Service::Tickets),
            ("/api/orders/1/events", Service::Orders),
            ("/api/payments/webhook", Service::Payments),
            ("/api/ticketsy", Service::Web),
            ("/tickets/1", Service::Web),
            ("/", Service::Web),
        ] {
            assert_eq!(Service::of_path(path), owner, "{path}");
        }
    }

    #[test]
    fn a_service_is_known_by_its_name() {
        for service in Service::ALL {
            assert_eq!(service.name().parse(), Ok(service));
        }
        let error = "ticket".parse::<Service>().unwrap_err();
        assert!(error.contains("tickets") && error.contains("`ticket`"), "{error}");
    }
}
