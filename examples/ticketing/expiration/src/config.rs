/// What can be set of the service.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many events are handled at a time; 8 by default.
    pub concurrency: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { concurrency: 8 }
    }
}
