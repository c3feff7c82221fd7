//! What `--check` prints, and `cargo ticketkit doctor` reads.

use serde_json::{Map, Value, json};
use ticketkit_events::{engine::sql::SqlEngine, sql::Database};

use crate::{process::RunError, services, settings::Settings, storage};

/// Compares the databases with what this program knows; makes nothing, and changes nothing.
///
/// What is not there yet is null: the first start makes it.
pub(crate) async fn document(settings: &Settings) -> Result<Value, RunError> {
    let mut migrations = Map::new();
    for &(service, steps) in services::MIGRATIONS {
        let drift = Database::drift(&storage::url(settings, service), steps).await;
        let drift = drift.map_err(|error| RunError::Database(service, error))?;
        migrations.insert(service.to_owned(), json!(drift));
    }
    let subscriptions = SqlEngine::declared(&storage::url(settings, "events")).await?;
    Ok(json!({ "migrations": migrations, "subscriptions": subscriptions }))
}
