//! What happened to whom: in the log under the target `audit`, in the table, and as a metric.
//!
//! An entry has ids, an address, and for a ban its reason, which is in the table alone. There is no
//! place in it for a password, a token, a cookie, or for what someone typed into the field of one.

use prometheus_client::metrics::{counter::Counter, family::Family};
use ticketing_contracts::{Timestamp, UserId};
use ticketkit_core::chassis::Metrics;
use ticketkit_events::sql::Tx;

use crate::{peer::Peer, store};

/// What can happen to an account or a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    SignedUp,
    SignedIn,
    SignInFailed,
    SignInBanned,
    SignInThrottled,
    Refreshed,
    RefreshRefused,
    RefreshReused,
    RefreshExpired,
    SignedOut,
    SessionEnded,
    PasswordChanged,
    PasswordChangeFailed,
    Banned,
    Unbanned,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::SignedUp => "signed_up",
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignInBanned => "sign_in_banned",
            Self::SignInThrottled => "sign_in_throttled",
            Self::Refreshed => "refreshed",
            Self::RefreshRefused => "refresh_refused",
            Self::RefreshReused => "refresh_reused",
            Self::RefreshExpired => "refresh_expired",
            Self::SignedOut => "signed_out",
            Self::SessionEnded => "session_ended",
            Self::PasswordChanged => "password_changed",
            Self::PasswordChangeFailed => "password_change_failed",
            Self::Banned => "banned",
            Self::Unbanned => "unbanned",
        }
    }
}

/// One line of the audit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) kind: Kind,
    /// Nobody where the account is unknown.
    pub(crate) user: Option<UserId>,
    /// Who did it, where it was not the user.
    pub(crate) actor: Option<UserId>,
    /// Why, in the words of whoever did it.
    pub(crate) reason: Option<&'a str>,
}

impl<'a> Entry<'a> {
    pub(crate) fn of(kind: Kind, user: impl Into<Option<UserId>>) -> Self {
        Self { kind, user: user.into(), actor: None, reason: None }
    }

    pub(crate) const fn by(self, actor: UserId) -> Self {
        Self { actor: Some(actor), ..self }
    }

    pub(crate) const fn because(self, reason: &'a str) -> Self {
        Self { reason: Some(reason), ..self }
    }
}

/// Writes the audit.
#[derive(Debug, Clone)]
pub(crate) struct Audit(Family<[(&'static str, &'static str); 1], Counter>);

impl Audit {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        let events = Family::default();
        let help = "Sign-ups, sign-ins and what else happens to accounts and sessions";
        metrics.register(|registry| registry.register("auth_events", help, events.clone()));
        Self(events)
    }

    /// Writes an entry in the transaction of what it is about.
    pub(crate) async fn write(
        &self,
        tx: &mut Tx,
        entry: Entry<'_>,
        peer: &Peer,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        self.log(entry, peer);
        store::audit::insert(tx.conn(), &entry, peer, now).await
    }

    /// Leaves an entry in the log alone: for what a stranger can cause so fast that the table would
    /// be a way to fill the disk.
    pub(crate) fn log(&self, entry: Entry<'_>, peer: &Peer) {
        self.0.get_or_create(&[("kind", entry.kind.name())]).inc();
        let text = |id: Option<UserId>| id.map(|id| id.to_string());
        tracing::info!(
            target: "audit",
            kind = entry.kind.name(),
            user = text(entry.user),
            actor = text(entry.actor),
            address = peer.address_text(),
        );
    }
}
