//! The built-in provider, which moves no money.
//!
//! It stands for a system elsewhere: it has books of its own, which outlive the process, and tells
//! of what happens later by signed webhooks. What a charge comes to is decided by its token, see
//! [`Card`].

mod books;
mod card;
mod deliver;
mod event;
mod secret;

use std::{fmt, sync::Arc, time::Duration};

use aws_lc_rs::hmac;
use axum::Router;
use http::HeaderMap;
use ticketkit_core::chassis::Shutdown;
use ticketkit_events::{BoxFuture, Clock, Timestamp, sql::Database};
use tokio::sync::Notify;

use self::books::Entry;
use super::{
    Answered, Charge, Notification, Provider, ProviderError, Report, WebhookError, signature,
};
use crate::store;

pub use card::Card;

/// The header with the signature of a webhook.
pub(super) const SIGNATURE: &str = "ticketing-signature";

/// How long a charge with [`Card::Processing`] takes.
const PROCESSING: Duration = Duration::from_secs(2);

/// The provider that moves no money. Cheap to clone.
#[derive(Clone)]
pub struct BuiltIn {
    database: Database,
    clock: Clock,
    key: Arc<hmac::Key>,
    wake: Arc<Notify>,
}

impl BuiltIn {
    /// Opens its books in the database of the service; makes the tables and a webhook secret at the
    /// first time.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn open(database: &Database, clock: Clock) -> Result<Self, ProviderError> {
        let migrated = database.migrate(store::MIGRATIONS).await;
        migrated.map_err(|error| ProviderError::Failed(error.into()))?;
        let key = Arc::new(secret::load(database).await?);
        Ok(Self { database: database.clone(), clock, key, wake: Arc::default() })
    }

    async fn charge(&self, charge: &Charge) -> Result<Report, ProviderError> {
        let card = Card::of(&charge.token)
            .ok_or_else(|| ProviderError::Refused(format!("no such card: {:?}", charge.token)))?;
        let mut tx = self.database.begin().await?;
        if let Some(known) = books::find(&mut tx, &charge.key()).await? {
            return known.report_on(charge);
        }
        let entry = Entry::new(charge, card, self.clock.now());
        books::insert(&mut tx, &entry).await?;
        tx.commit().await?;
        self.wake.notify_one();
        if card == Card::TimeoutAfterCharge {
            return Err(ProviderError::Timeout);
        }
        entry.report_on(charge)
    }

    async fn confirm(&self, charge: &Charge) -> Result<Report, ProviderError> {
        let mut tx = self.database.begin().await?;
        let mut entry = books::must_find(&mut tx, charge).await?;
        if entry.status == "requires_action" {
            entry.status = "succeeded".to_owned();
            books::update(&mut tx, &entry).await?;
            // The buyer's browser and the provider both tell: whoever is first.
            books::notify(&mut tx, &entry, self.clock.now()).await?;
            tx.commit().await?;
            self.wake.notify_one();
        }
        entry.report_on(charge)
    }

    async fn look_up(&self, charge: &Charge) -> Result<Option<Report>, ProviderError> {
        let mut tx = self.database.begin().await?;
        books::settle_due(&mut tx, self.clock.now()).await?;
        let entry = books::find(&mut tx, &charge.key()).await?;
        tx.commit().await?;
        entry.map(|entry| entry.report_on(charge)).transpose()
    }

    async fn cancel(&self, charge: &Charge) -> Result<Report, ProviderError> {
        let now = self.clock.now();
        let mut tx = self.database.begin().await?;
        books::settle_due(&mut tx, now).await?;
        let entry = match books::find(&mut tx, &charge.key()).await? {
            Some(mut entry) => {
                if entry.status == "requires_action" {
                    entry.cancel();
                    books::update(&mut tx, &entry).await?;
                }
                entry
            }
            None => {
                // The key is taken, so that a charge which is still under way fails.
                let mut entry = Entry::new(charge, Card::Declined, now);
                entry.cancel();
                books::insert(&mut tx, &entry).await?;
                entry
            }
        };
        tx.commit().await?;
        entry.report_on(charge)
    }

    async fn refund(&self, charge: &Charge) -> Result<Report, ProviderError> {
        let mut tx = self.database.begin().await?;
        let mut entry = books::must_find(&mut tx, charge).await?;
        match entry.status.as_str() {
            "refunded" => {}
            "succeeded" => {
                entry.status = "refunded".to_owned();
                books::update(&mut tx, &entry).await?;
                tx.commit().await?;
            }
            other => {
                let text = format!("a charge that is {other} cannot be refunded");
                return Err(ProviderError::Refused(text));
            }
        }
        entry.report_on(charge)
    }
}

impl Provider for BuiltIn {
    fn name(&self) -> &'static str {
        "builtin"
    }

    fn knows(&self, token: &str) -> bool {
        Card::of(token).is_some()
    }

    fn charge<'a>(&'a self, charge: &'a Charge) -> Answered<'a, Report> {
        Box::pin(self.charge(charge))
    }

    fn confirm<'a>(&'a self, charge: &'a Charge) -> Answered<'a, Report> {
        Box::pin(self.confirm(charge))
    }

    fn look_up<'a>(&'a self, charge: &'a Charge) -> Answered<'a, Option<Report>> {
        Box::pin(self.look_up(charge))
    }

    fn cancel<'a>(&'a self, charge: &'a Charge) -> Answered<'a, Report> {
        Box::pin(self.cancel(charge))
    }

    fn refund<'a>(&'a self, charge: &'a Charge) -> Answered<'a, Report> {
        Box::pin(self.refund(charge))
    }

    fn read_webhook(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Option<Notification>, WebhookError> {
        signature::verify_header(&self.key, headers, SIGNATURE, body, now)?;
        event::read(body).map(Some)
    }

    fn run<'a>(&'a self, service: Router, shutdown: &'a Shutdown) -> BoxFuture<'a, ()> {
        Box::pin(deliver::run(self, service, shutdown))
    }
}

impl fmt::Debug for BuiltIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BuiltIn").field("database", &self.database).finish_non_exhaustive()
    }
}
