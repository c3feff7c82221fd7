//! The real process, on a free port and a temporary data folder.

mod binary;
mod journal;
mod process;

use std::path::Path;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

pub use self::binary::path as binary;
pub use self::process::{Process, command};
use crate::client::{Client, Site};
use crate::http::Request;
use crate::person::PASSWORD_CANARY;
use crate::wait::{SOON, eventually};

/// A server with its data folder. Both are gone when it is dropped; if the test has failed, the
/// last lines of its log are printed.
#[derive(Debug)]
pub struct Server {
    site: Arc<Site>,
    settings: Vec<(String, String)>,
    process: Mutex<Process>,
    folder: TempDir,
}

impl Server {
    /// Starts with the defaults.
    #[track_caller]
    #[must_use]
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts with these environment variables.
    #[track_caller]
    #[must_use]
    pub fn with(settings: &[(&str, &str)]) -> Self {
        Self::in_folder(empty_folder(), settings)
    }

    /// Starts with these environment variables on what is in a folder.
    #[track_caller]
    #[must_use]
    pub fn in_folder(folder: TempDir, settings: &[(&str, &str)]) -> Self {
        let settings: Vec<_> =
            settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let process = Process::start(folder.path(), &settings);
        let canaries = vec![
            PASSWORD_CANARY.to_owned(),
            folder.path().file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
        ];
        let site = Arc::new(Site::new(process.addr(), canaries));
        let server = Self { site, settings, process: Mutex::new(process), folder };
        server.await_ready();
        server
    }

    /// A client without a cookie.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(&self.site)
    }

    /// Where it listens now.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.site.addr())
    }

    /// The folder in which it runs; the data folder is `data` in it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Everything it has written to its log and output so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.process().log()
    }

    /// Ends it as a power cut does: SIGKILL.
    pub fn kill(&self) {
        self.process().kill();
    }

    /// Lets every write to a file fail, as on a full disk, until [`free_disk`](Self::free_disk).
    /// An answer of 500 is no fault then.
    pub fn fill_disk(&self) {
        self.site.outage(true);
        self.process().limit_files("1");
    }

    /// Ends what [`fill_disk`](Self::fill_disk) began. Answers of 500 stay allowed.
    pub fn free_disk(&self) {
        self.process().limit_files("unlimited");
    }

    /// Asks it to end (SIGTERM) and returns at once.
    pub fn terminate(&self) {
        self.process().terminate();
    }

    /// Waits for the end.
    #[track_caller]
    pub fn await_exit(&self, limit: Duration) -> ExitStatus {
        eventually("the process to end", limit, || self.process().exited().ok_or("still running"))
    }

    /// Starts it again on the same data folder, on another port. Clients follow.
    #[track_caller]
    pub fn start_again(&self) {
        let mut process = self.process();
        process.kill();
        *process = Process::start(self.folder.path(), &self.settings);
        self.site.moved_to(process.addr());
        drop(process);
        self.await_ready();
    }

    /// Kills it and starts it again.
    #[track_caller]
    pub fn crash(&self) {
        self.kill();
        self.start_again();
    }

    #[track_caller]
    fn await_ready(&self) {
        let client = self.client();
        eventually("the server to be ready", SOON, || {
            let response = client.try_send(Request::get("/readyz")).map_err(|e| e.to_string())?;
            if response.status() == 200 { Ok(()) } else { Err(format!("{response:?}")) }
        });
    }

    fn process(&self) -> MutexGuard<'_, Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A temporary folder whose name would be noticed in an answer.
#[track_caller]
#[must_use]
pub fn empty_folder() -> TempDir {
    tempfile::Builder::new().prefix("canary-folder-").tempdir().expect("a temporary folder")
}
