//! The charges, and the webhooks that are still to deliver.

use sqlx::{Any, Row, any::AnyRow};
use ticketing_contracts::{Currency, PaymentId};
use ticketkit_events::{Timestamp, sql::Tx};
use uuid::Uuid;

use super::{Card, PROCESSING, event::Event};
use crate::provider::{Charge, ChargeState, ProviderError, Report};

/// A charge in the books.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) id: String,
    key: String,
    amount: i64,
    currency: String,
    pub(super) status: String,
    pub(super) reason: Option<String>,
    client_secret: Option<String>,
    settles_at: Option<i64>,
}

impl Entry {
    pub(super) fn new(charge: &Charge, card: Card, now: Timestamp) -> Self {
        let id = format!("ch_{}", Uuid::now_v7().simple());
        let (status, reason) = match card {
            Card::Visa | Card::TimeoutAfterCharge => ("succeeded", None),
            Card::Declined => ("failed", Some("card_declined".to_owned())),
            Card::AuthenticationRequired => ("requires_action", None),
            Card::Processing => ("processing", None),
        };
        Self {
            client_secret: (card == Card::AuthenticationRequired)
                .then(|| format!("{id}_secret_{}", Uuid::new_v4().simple())),
            settles_at: (card == Card::Processing).then(|| (now + PROCESSING).as_millis()),
            id,
            key: charge.key(),
            amount: charge.amount,
            currency: charge.currency.to_string(),
            status: status.to_owned(),
            reason,
        }
    }

    pub(super) fn cancel(&mut self) {
        self.status = "failed".to_owned();
        self.reason = Some("canceled".to_owned());
    }

    /// Reports on it to whoever asks with this charge.
    pub(super) fn report_on(&self, charge: &Charge) -> Result<Report, ProviderError> {
        if (self.amount, &self.currency) != (charge.amount, &charge.currency.to_string()) {
            let text = format!("the key {} was used with another amount", self.key);
            return Err(ProviderError::Refused(text));
        }
        let state = state(&self.status, self.reason.clone(), self.client_secret.clone())
            .ok_or_else(|| ProviderError::Failed(format!("status {:?}", self.status).into()))?;
        Ok(Report { provider_id: Some(self.id.clone()), state })
    }
}

/// Reads a status.
pub(super) fn state(
    status: &str,
    reason: Option<String>,
    client_secret: Option<String>,
) -> Option<ChargeState> {
    Some(match status {
        "processing" => ChargeState::Processing,
        "requires_action" => {
            ChargeState::RequiresAction { client_secret: client_secret.unwrap_or_default() }
        }
        "succeeded" => ChargeState::Succeeded,
        "failed" => ChargeState::Failed { reason: reason.unwrap_or_default() },
        "refunded" => ChargeState::Refunded,
        _ => return None,
    })
}

macro_rules! columns {
    () => {
        "id, idempotency_key, amount, currency, status, reason, client_secret, settles_at"
    };
}

pub(super) async fn find(tx: &mut Tx, key: &str) -> Result<Option<Entry>, sqlx::Error> {
    tx.lock(&format!("charge/{key}")).await?;
    let select = concat!("select ", columns!(), " from builtin_charges where idempotency_key = $1");
    sqlx::query(select)
        .bind(key.to_owned())
        .try_map(|row| entry(&row))
        .fetch_optional(tx.conn())
        .await
}

pub(super) async fn must_find(tx: &mut Tx, charge: &Charge) -> Result<Entry, ProviderError> {
    let found = find(tx, &charge.key()).await?;
    found.ok_or_else(|| ProviderError::Refused(format!("no charge {}", charge.key())))
}

pub(super) async fn insert(tx: &mut Tx, entry: &Entry) -> Result<(), sqlx::Error> {
    let insert = concat!(
        "insert into builtin_charges (",
        columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8)"
    );
    sqlx::query(insert)
        .bind(entry.id.clone())
        .bind(entry.key.clone())
        .bind(entry.amount)
        .bind(entry.currency.clone())
        .bind(entry.status.clone())
        .bind(entry.reason.clone())
        .bind(entry.client_secret.clone())
        .bind(entry.settles_at)
        .execute(tx.conn())
        .await
        .map(drop)
}

pub(super) async fn update(tx: &mut Tx, entry: &Entry) -> Result<(), sqlx::Error> {
    sqlx::query("update builtin_charges set status = $2, reason = $3 where id = $1")
        .bind(entry.id.clone())
        .bind(entry.status.clone())
        .bind(entry.reason.clone())
        .execute(tx.conn())
        .await
        .map(drop)
}

/// Lets the charges succeed whose time has come, and tells of each by a webhook.
pub(super) async fn settle_due(tx: &mut Tx, now: Timestamp) -> Result<(), sqlx::Error> {
    let update = concat!(
        "update builtin_charges set status = 'succeeded'
         where status = 'processing' and settles_at <= $1
         returning ",
        columns!()
    );
    let settled = sqlx::query(update)
        .bind(now.as_millis())
        .try_map(|row| entry(&row))
        .fetch_all(tx.conn())
        .await?;
    for entry in settled {
        notify(tx, &entry, now).await?;
    }
    Ok(())
}

/// Writes a webhook down to be delivered.
pub(super) async fn notify(tx: &mut Tx, entry: &Entry, now: Timestamp) -> Result<(), sqlx::Error> {
    let decode = |source| sqlx::Error::Decode(source);
    let key: PaymentId = entry.key.parse().map_err(|error| decode(Box::new(error)))?;
    let event = Event::new(entry, key, now);
    let body = serde_json::to_string(&event).map_err(|error| decode(Box::new(error)))?;
    let insert = "insert into builtin_deliveries (id, body, due_at, attempts)
                  values ($1, $2, $3, 0)";
    sqlx::query::<Any>(insert)
        .bind(event.id)
        .bind(body)
        .bind(now.as_millis())
        .execute(tx.conn())
        .await
        .map(drop)
}

fn entry(row: &AnyRow) -> Result<Entry, sqlx::Error> {
    let currency: String = row.try_get("currency")?;
    let currency: Currency =
        currency.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(Entry {
        id: row.try_get("id")?,
        key: row.try_get("idempotency_key")?,
        amount: row.try_get("amount")?,
        currency: currency.to_string(),
        status: row.try_get("status")?,
        reason: row.try_get("reason")?,
        client_secret: row.try_get("client_secret")?,
        settles_at: row.try_get("settles_at")?,
    })
}
