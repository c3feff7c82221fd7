//! What the pages need to know of their deployment.

use std::time::Duration;

use ticketkit_auth::CookiePolicy;

use crate::card_entry::CardEntry;

/// The settings of the pages.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WebConfig {
    /// How the session's cookies are called; with the public URL that they follow from, also the
    /// own origin of the cross-site check, and whether HSTS is sent.
    pub cookies: CookiePolicy,
    /// How long a ticket stays locked for its buyer; told on the ticket's page.
    pub hold: Duration,
    /// How long a call to a service may take before the page gives up.
    pub timeout: Duration,
    /// How buyers enter their cards; without it they choose among the test cards of the built-in
    /// provider.
    pub card_entry: Option<CardEntry>,
    /// In whose name a path is answered that leads nowhere.
    pub process: &'static str,
}

impl WebConfig {
    /// Makes the settings of a deployment, with a hold of 15 minutes, a timeout of 10 seconds, and
    /// `web` as the process.
    #[must_use]
    pub const fn new(cookies: CookiePolicy) -> Self {
        Self {
            cookies,
            hold: Duration::from_secs(900),
            timeout: Duration::from_secs(10),
            card_entry: None,
            process: "web",
        }
    }

    /// Sets how long a ticket stays locked for its buyer.
    #[must_use]
    pub const fn with_hold(mut self, hold: Duration) -> Self {
        self.hold = hold;
        self
    }

    /// Sets how long a call to a service may take.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Has buyers enter their cards into fields of the provider's.
    #[must_use]
    pub fn with_card_entry(mut self, card_entry: Option<CardEntry>) -> Self {
        self.card_entry = card_entry;
        self
    }

    /// Names the process, where it has more services than the pages: what belongs to none of them
    /// is answered in its name.
    #[must_use]
    pub const fn with_process(mut self, process: &'static str) -> Self {
        self.process = process;
        self
    }

    /// The hold as a person would say it.
    pub(crate) fn hold_in_words(&self) -> String {
        match self.hold.as_secs() {
            1 => "one second".to_owned(),
            60 => "one minute".to_owned(),
            seconds if seconds.is_multiple_of(60) => format!("{} minutes", seconds / 60),
            seconds => format!("{seconds} seconds"),
        }
    }
}
