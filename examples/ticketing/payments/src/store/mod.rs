//! The SQL of the service, beside its Rust.

pub(crate) mod keys;
pub(crate) mod notifications;
pub(crate) mod orders;
pub(crate) mod payments;

mod column;

use ticketkit_events::sql::Migration;

/// The steps of the schema.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration::new(1, "payments", include_str!("../../migrations/0001_payments.sql")),
    Migration::new(
        2,
        "builtin provider",
        include_str!("../../migrations/0002_builtin_provider.sql"),
    ),
];
