//! What a process writes, kept for the message of a failed test.

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The lines of both outputs in the order of arrival.
#[derive(Debug, Clone, Default)]
pub(super) struct Journal(Arc<Mutex<Vec<String>>>);

impl Journal {
    /// Reads a pipe to its end in the background, so that the writer never waits. The receiver
    /// gets each line as well.
    pub(super) fn follow(&self, pipe: impl Read + Send + 'static) -> Receiver<String> {
        let journal = self.clone();
        let (sender, receiver) = channel();
        thread::spawn(move || {
            for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                journal.lock().push(line.clone());
                // Nobody listens after the start.
                sender.send(line).ok();
            }
        });
        receiver
    }

    pub(super) fn text(&self) -> String {
        self.lock().join("\n")
    }

    pub(super) fn tail(&self, lines: usize) -> String {
        let all = self.lock();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
