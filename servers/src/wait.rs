use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{
    error::{Result, ResultExt as _, ServerError},
    group::Group,
};

const POLL: Duration = Duration::from_millis(50);

/// Waits until `ready` holds, and fails if the server ends before, `limit` is over, or `go_on` says
/// that nobody waits any more.
pub(crate) fn until(
    server: &mut Group,
    what: &str,
    limit: Duration,
    log: impl Fn() -> String,
    go_on: &mut dyn FnMut() -> bool,
    mut ready: impl FnMut() -> bool,
) -> Result<()> {
    let deadline = Instant::now() + limit;
    while !ready() {
        if !go_on() {
            return Err(ServerError::new(format!("{what} was not waited for")));
        }
        if let Some(status) = server.ended().or_say(what)? {
            return Err(ServerError::new(format!("{what} ended at start ({status}):\n{}", log())));
        }
        if Instant::now() > deadline {
            let seconds = limit.as_secs();
            return Err(ServerError::new(format!(
                "{what} not ready after {seconds} s:\n{}",
                log()
            )));
        }
        thread::sleep(POLL);
    }
    Ok(())
}
