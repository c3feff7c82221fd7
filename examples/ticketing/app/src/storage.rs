//! Where the process keeps its rows, its events and its keys: in the data folder, or where the
//! settings say.

use std::path::PathBuf;

use ticketkit_events::{Bus, sql::Database};

use crate::{
    alone::Alone, error::RunError, folder::DataFolder, service::Service, settings::Settings,
};

/// What the settings say of storage, and the data folder where it is needed.
#[derive(Debug)]
pub(crate) struct Storage {
    folder: Option<DataFolder>,
    settings: Settings,
    only: Option<Service>,
}

impl Storage {
    /// Opens the data folder, unless everything is elsewhere.
    pub(crate) fn open(settings: &Settings, only: Option<Service>) -> Result<Self, RunError> {
        if let Some(service) = only.filter(|service| service.has_database())
            && settings.events_url.is_none()
        {
            return Err(RunError::no_events(service));
        }
        let has = |service| only.is_none_or(|only| only == service);
        let is_needed = (only.is_none() && settings.events_url.is_none())
            || (only.is_none_or(Service::has_database) && settings.database_url.is_none())
            || (has(Service::Auth) && settings.keys_dir.is_none());
        let folder = is_needed.then(|| DataFolder::open(&settings.data_dir)).transpose()?;
        Ok(Self { folder, settings: settings.clone(), only })
    }

    /// Opens the database of a service.
    ///
    /// A process with all services has one URL for all of them, and gives each a database of its
    /// own beside the one that is named.
    pub(crate) async fn database(&self, service: Service) -> Result<Database, RunError> {
        let (url, is_set) = match &self.settings.database_url {
            Some(url) if self.only.is_some() => (url.0.clone(), true),
            Some(url) => (url.of_service(service), true),
            None => (self.sqlite(service.name()), false),
        };
        Database::open(&url).await.map_err(|error| RunError::Database(service, error, is_set))
    }

    /// Makes a process with all services the only one on its server, where it has one.
    pub(crate) async fn claim(&self) -> Result<Option<Alone>, RunError> {
        if self.only.is_some() || self.settings.database_url.is_none() {
            return Ok(None);
        }
        let database = self.database(Service::Auth).await?;
        let alone = Alone::claim(&database).await?;
        database.close().await;
        Ok(Some(alone))
    }

    /// Opens the engine; none where the pages run alone and were given none.
    pub(crate) async fn bus(&self) -> Result<Option<Bus>, RunError> {
        let (url, is_set) = match &self.settings.events_url {
            Some(url) => (url.0.clone(), true),
            None if self.only.is_some() => return Ok(None),
            None => (self.sqlite("events"), false),
        };
        Bus::open(&url).await.map(Some).map_err(|error| RunError::Engine(error, is_set))
    }

    /// Returns the folder of the keys.
    pub(crate) fn keys(&self) -> PathBuf {
        self.settings.keys_dir.clone().unwrap_or_else(|| self.file("keys"))
    }

    /// Says where the data is.
    pub(crate) fn place(&self) -> String {
        let folder = self.folder.as_ref();
        folder.map_or_else(
            || "not in this process's hands".to_owned(),
            |folder| format!("in {}", folder.path().display()),
        )
    }

    fn sqlite(&self, name: &str) -> String {
        format!("sqlite://{}", self.file(&format!("{name}.db")).display())
    }

    fn file(&self, name: &str) -> PathBuf {
        match &self.folder {
            Some(folder) => folder.file(name),
            None => self.settings.data_dir.join(name),
        }
    }
}
