use ticketkit_events::{Publisher, sql::Database};

use crate::Settings;

/// What handlers work with.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) database: Database,
    pub(crate) publisher: Publisher,
    pub(crate) settings: Settings,
}
