{% set files = project.sqlite %}
{% set server = project.postgres %}
{% if project.auth %}
use std::path::PathBuf;

{% endif %}
use ticketkit_events::{Bus, sql::Database};

{% if server %}
use crate::{
{% if files %}
    folder::DataFolder,
{% endif %}
    process::RunError,
    settings::{DatabaseUrl, Settings},
};
{% else %}
use crate::{folder::DataFolder, process::RunError, settings::Settings};
{% endif %}

{% if files and server %}
/// Returns where a database is, without opening anything.
pub(crate) fn url(settings: &Settings, name: &str) -> String {
    match &settings.database_url {
        Some(url) => url.of(name),
        None => format!("sqlite://{}", settings.data_dir.join(format!("{name}.db")).display()),
    }
}

/// Where the process keeps its rows and its events: on a server, or in the data folder.
{% elif files %}
/// Returns where a database is, without opening anything.
pub(crate) fn url(settings: &Settings, name: &str) -> String {
    format!("sqlite://{}", settings.data_dir.join(format!("{name}.db")).display())
}

/// Where the process keeps its rows and its events: in the data folder.
{% else %}
/// Returns where a database is, without opening anything.
pub(crate) fn url(settings: &Settings, name: &str) -> String {
    settings.database_url.of(name)
}

/// Where the process keeps its rows and its events: on a server.
{% endif %}
#[derive(Debug)]
pub(crate) struct Storage {
{% if files and server %}
    place: Place,
{% elif files %}
    folder: DataFolder,
{% else %}
    url: DatabaseUrl,
{% endif %}
{% if project.auth and server %}
    keys: PathBuf,
{% endif %}
}

{% if files and server %}
#[derive(Debug)]
enum Place {
    /// Processes that share a server share no folder.
    Server(DatabaseUrl),
    Folder(DataFolder),
}

{% endif %}
impl Storage {
{% if files and server %}
    /// Opens the data folder, unless the settings name a server.
    pub(crate) fn open(settings: &Settings, is_alone: bool) -> Result<Self, RunError> {
        let place = match &settings.database_url {
            Some(url) => Place::Server(url.clone()),
            None => Place::Folder(DataFolder::open(&settings.data_dir, !is_alone)?),
        };
{% if project.auth %}
        let keys = settings.keys_dir.clone().unwrap_or_else(|| settings.data_dir.join("keys"));
        Ok(Self { place, keys })
{% else %}
        Ok(Self { place })
{% endif %}
    }
{% elif files %}
    /// Opens the data folder.
    pub(crate) fn open(settings: &Settings, is_alone: bool) -> Result<Self, RunError> {
        Ok(Self { folder: DataFolder::open(&settings.data_dir, !is_alone)? })
    }
{% else %}
    pub(crate) fn new(settings: &Settings) -> Self {
        let url = settings.database_url.clone();
{% if project.auth %}
        Self { url, keys: settings.keys_dir.clone() }
{% else %}
        Self { url }
{% endif %}
    }
{% endif %}

    /// Opens the database of a service: each has its own.
    pub(crate) async fn database(&self, service: &'static str) -> Result<Database, RunError> {
        let url = self.url(service);
        Database::open(&url).await.map_err(|error| RunError::Database(service, error))
    }

    /// Opens the engine, which keeps the events in a database of their own.
    pub(crate) async fn bus(&self) -> Result<Bus, RunError> {
        Ok(Bus::open(&self.url("events")).await?)
    }
{% if project.auth %}

    /// Returns the folder of the signing keys.
    pub(crate) fn keys(&self) -> PathBuf {
{% if server %}
        self.keys.clone()
{% else %}
        self.folder.file("keys")
{% endif %}
    }
{% endif %}
{% if project.auth %}

    /// Tells whether other processes may work on the same databases.
    pub(crate) fn is_shared(&self) -> bool {
{% if files and server %}
        match &self.place {
            Place::Server(_) => true,
            Place::Folder(folder) => folder.is_shared(),
        }
{% elif files %}
        self.folder.is_shared()
{% else %}
        true
{% endif %}
    }
{% endif %}

    /// Says where the data is.
    pub(crate) fn place(&self) -> String {
{% if files and server %}
        match &self.place {
            Place::Server(_) => "a database server".to_owned(),
            Place::Folder(folder) => folder.path().display().to_string(),
        }
{% elif files %}
        self.folder.path().display().to_string()
{% else %}
        "a database server".to_owned()
{% endif %}
    }

    fn url(&self, name: &str) -> String {
{% if files and server %}
        match &self.place {
            Place::Server(url) => url.of(name),
            Place::Folder(folder) => {
                format!("sqlite://{}", folder.file(&format!("{name}.db")).display())
            }
        }
{% elif files %}
        format!("sqlite://{}", self.folder.file(&format!("{name}.db")).display())
{% else %}
        self.url.of(name)
{% endif %}
    }
}
