//! Asks a program whether it is ready, until it is.

use std::{
    sync::mpsc::Sender,
    thread,
    time::{Duration, Instant},
};

use super::{Event, PATIENCE, Run};
use crate::readiness::{self, Answer};

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(25);

/// Asks `/readyz` in a thread, and tells the first answer that is no "not yet".
pub(super) fn start(run: Run, authority: &str, events: &Sender<Event>) {
    let (authority, events) = (authority.to_owned(), events.clone());
    thread::spawn(move || {
        let begun = Instant::now();
        let mut answer = String::new();
        while begun.elapsed() < PATIENCE {
            match readiness::ask(&authority) {
                Ok(Answer { status: 503, text }) => answer = text,
                // A program without such a path answers too.
                Ok(_) => return drop(events.send(Event::Ready { run })),
                Err(error) => answer = error.to_string(),
            }
            thread::sleep(PAUSE);
        }
        drop(events.send(Event::NotReady { run, answer }));
    });
}

/// `127.0.0.1:3000` of `http://127.0.0.1:3000/`.
pub(super) fn authority(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("http://")?;
    rest.split('/').next().filter(|authority| !authority.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read() {
        assert_eq!(authority("http://[::1]:3000/"), Some("[::1]:3000"));
        assert_eq!(authority("https://x"), None);
    }
}
