use std::{
    io::{BufRead as _, BufReader, Read},
    net::SocketAddr,
    process::{Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use ticketkit_servers::{Group, Signal, tied};

use crate::service::Service;

const POLL: Duration = Duration::from_millis(20);

/// How soon an instance that died is started again.
const RESTART: Duration = Duration::from_millis(500);

/// How long it may take to drain: its own deadlines for requests and tasks, and a little more.
const PATIENCE: Duration = Duration::from_secs(32);

/// One process of a service, which is started again where it dies. Clones are the same.
#[derive(Debug, Clone)]
pub(super) struct Instance(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    name: String,
    service: Service,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    /// Where it listens, once it has said so.
    address: Option<SocketAddr>,
    /// Whether it was ready when it was last asked.
    is_ready: bool,
    was_ready: bool,
    /// Whether it is to end.
    is_leaving: bool,
    has_ended: bool,
}

impl Instance {
    /// Starts the process, and a thread that looks after it.
    pub(super) fn start(name: String, service: Service, command: Command) -> Self {
        let instance = Self(Arc::new(Shared { name, service, state: Mutex::default() }));
        let kept = instance.clone();
        // The kernel ends the process with the thread that started it, so that one thread starts it
        // and stays.
        thread::spawn(move || kept.look_after(command));
        instance
    }

    pub(super) fn name(&self) -> &str {
        &self.0.name
    }

    pub(super) fn service(&self) -> Service {
        self.0.service
    }

    /// Where it listens, if it does.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.state().address
    }

    /// Where requests may go.
    pub(super) fn open(&self) -> Option<SocketAddr> {
        let state = self.state();
        state.address.filter(|_| state.is_ready && !state.is_leaving)
    }

    /// Notes what the instance at an address answered to the question whether it is ready.
    pub(super) fn note(&self, address: SocketAddr, is_ready: bool) {
        let mut state = self.state();
        // It may have been another run of it that answered.
        if state.address == Some(address) {
            state.is_ready = is_ready;
            state.was_ready |= is_ready;
        }
    }

    /// Asks it to drain and end; from here on it gets no more requests.
    pub(super) fn leave(&self) {
        self.state().is_leaving = true;
    }

    pub(super) fn has_ended(&self) -> bool {
        self.state().has_ended
    }

    fn look_after(&self, mut command: Command) {
        loop {
            let failed = match self.run(&mut command) {
                Ok(()) => None,
                Err(error) => Some(error.to_string()),
            };
            let mut state = self.state();
            (state.address, state.is_ready) = (None, false);
            if let Some(error) = &failed {
                tracing::error!("{}: {error}", self.name());
            }
            // What has never been ready will not be the next time.
            if state.is_leaving || failed.is_some() || !state.was_ready {
                state.has_ended = true;
                return;
            }
            drop(state);
            thread::sleep(RESTART);
        }
    }

    /// Runs the process to its end.
    fn run(&self, command: &mut Command) -> std::io::Result<()> {
        let mut process = Group::spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
        println!("{} runs as process {}", self.name(), process.id());
        let readers = [
            process.take_stdout().map(|pipe| self.follow(pipe)),
            process.take_stderr().map(|pipe| self.follow(pipe)),
        ];
        let status = loop {
            if let Some(status) = process.ended()? {
                break Some(status);
            }
            if self.state().is_leaving {
                process.stop(Signal::Term, PATIENCE);
                break process.ended()?;
            }
            thread::sleep(POLL);
        };
        for reader in readers.into_iter().flatten() {
            let _ = reader.join();
        }
        match status {
            Some(status) if status.success() => println!("{} ended", self.name()),
            Some(status) => println!("{} ended: {status}", self.name()),
            None => println!("{} ended", self.name()),
        }
        Ok(())
    }

    /// Shows each line with the name of the instance in front.
    fn follow(&self, pipe: impl Read + Send + 'static) -> thread::JoinHandle<()> {
        let instance = self.clone();
        thread::spawn(move || {
            for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line);
                println!("{:<12} | {line}", instance.name());
                if let Some(address) = line.strip_prefix("listening on http://") {
                    instance.state().address = address.trim().parse().ok();
                }
            }
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is whole between any two statements, also where a thread panicked.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns a command that runs this program anew and ends with this process, however that ends.
pub(super) fn this_program() -> std::io::Result<Command> {
    Ok(tied(&std::env::current_exe()?, &[]))
}
