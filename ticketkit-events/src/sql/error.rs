/// A database that cannot be opened or migrated.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct DatabaseError(#[from] pub(crate) Kind);

#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    #[error("{0}")]
    Url(String),
    #[error("{name} cannot be opened")]
    Open { name: String, source: sqlx::Error },
    #[error("{name} cannot be read")]
    Look { name: String, source: sqlx::Error },
    #[error("{name} cannot be migrated")]
    Migrate { name: String, source: Box<sqlx::migrate::MigrateError> },
}

impl DatabaseError {
    /// Returns whether the URL is at fault.
    #[must_use]
    pub fn is_url(&self) -> bool {
        matches!(self.0, Kind::Url(_))
    }
}
