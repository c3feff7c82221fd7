//! The secret that webhooks are signed with.

use aws_lc_rs::{hmac, rand};
use sqlx::Row;
use ticketkit_events::sql::Database;

use crate::provider::{
    ProviderError,
    signature::{from_hex, to_hex},
};

/// Reads the secret, or makes one: the first writer decides, all others take its.
pub(super) async fn load(database: &Database) -> Result<hmac::Key, ProviderError> {
    let mut fresh = [0; 32];
    rand::fill(&mut fresh).map_err(|_| ProviderError::Failed("no random bytes".into()))?;
    let mut tx = database.begin().await?;
    let insert = "insert into builtin_secrets (name, value) values ('webhook', $1)
                  on conflict (name) do nothing";
    sqlx::query(insert).bind(to_hex(&fresh)).execute(tx.conn()).await?;
    let select = "select value from builtin_secrets where name = 'webhook'";
    let value: String = sqlx::query(select).fetch_one(tx.conn()).await?.try_get("value")?;
    tx.commit().await?;
    let secret = from_hex(&value)
        .ok_or_else(|| ProviderError::Failed("the webhook secret is not hexadecimal".into()))?;
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &secret))
}
