//! The committed file, and what is wrong with a set of events by it.

use std::{collections::BTreeMap, fmt, io, path::Path};

use serde_json::Value;

use super::{Difference, Schemas, difference::differences};

/// The variable that lets [`Schemas::hold`] write additions: `TICKETKIT_SCHEMAS=add`.
const VARIABLE: &str = "TICKETKIT_SCHEMAS";

type Lock = BTreeMap<String, BTreeMap<u32, Value>>;

/// Why a set of events is not as its lock file has it.
///
/// Its text has a line for each fault, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub struct Drift {
    /// What is wrong, by event and version.
    pub faults: Vec<Fault>,
}

/// One thing that is not as the lock file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The form of a version that is locked was changed.
    Changed {
        /// The type of the event.
        subject: String,
        /// Its version.
        version: u32,
        /// What is different, field by field.
        differences: Vec<Difference>,
    },
    /// An event or a version is not in the file yet.
    New {
        /// The type of the event.
        subject: String,
        /// Its version.
        version: u32,
    },
    /// A version that is locked has no type any more; events of it may still be on their way.
    Gone {
        /// The type of the event.
        subject: String,
        /// Its version.
        version: u32,
    },
    /// A version that a newer one is upcast from was not added to the set.
    Untold {
        /// The type of the event.
        subject: String,
        /// Its version.
        version: u32,
    },
    /// Two types were added that say they are this version.
    Doubled {
        /// The type of the event.
        subject: String,
        /// Its version.
        version: u32,
    },
    /// The file cannot be read.
    File {
        /// Why.
        reason: String,
    },
}

impl Fault {
    /// Returns whether it is settled by adding to the file, without a new version.
    #[must_use]
    pub fn is_addition(&self) -> bool {
        match self {
            Self::New { .. } => true,
            Self::Changed { differences, .. } => differences.iter().all(|d| d.is_compatible),
            _ => false,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { subject, version, differences } => {
                for (n, difference) in differences.iter().enumerate() {
                    let line = if n == 0 { "" } else { "\n" };
                    write!(f, "{line}{subject}, version {version}: {difference}")?;
                }
                if self.is_addition() {
                    write!(f, "\n  add it to the file: run the test with {VARIABLE}=add")
                } else {
                    write!(
                        f,
                        "\n  undo it, or give {subject} the version {} and keep the type of version \
                         {version} for `upcast_from`",
                        version + 1
                    )
                }
            }
            Self::New { subject, version } => write!(
                f,
                "{subject}, version {version}: is not in the file yet\n  \
                 add it: run the test with {VARIABLE}=add"
            ),
            Self::Gone { subject, version } => write!(
                f,
                "{subject}, version {version}: has no type any more\n  \
                 bring it back, or take it out of the file once no such event is on its way"
            ),
            Self::Untold { subject, version } => write!(
                f,
                "{subject}, version {version}: a newer version is upcast from it, and it was not \
                 added with `.with::<…>()`"
            ),
            Self::Doubled { subject, version } => write!(
                f,
                "{subject}, version {version}: was added twice; leave out one, or give one the next \
                 version"
            ),
            Self::File { reason } => write!(f, "the lock file cannot be used: {reason}"),
        }
    }
}

impl Drift {
    fn text(&self) -> String {
        let lines: Vec<String> = self.faults.iter().map(ToString::to_string).collect();
        format!("the events are not as they are locked:\n{}", lines.join("\n"))
    }

    fn file(reason: impl fmt::Display) -> Self {
        Self { faults: vec![Fault::File { reason: reason.to_string() }] }
    }
}

impl Schemas {
    /// Holds the events against the text of a lock file.
    ///
    /// # Errors
    ///
    /// If anything differs.
    pub fn check(&self, lock: &str) -> Result<(), Drift> {
        let lock: Lock = serde_json::from_str(lock).map_err(Drift::file)?;
        let faults = self.faults(&lock);
        if faults.is_empty() { Ok(()) } else { Err(Drift { faults }) }
    }

    /// Returns the text of the lock file that has these events, given the one there is.
    ///
    /// # Errors
    ///
    /// If something differs that is no addition; see [`Fault::is_addition`].
    pub fn lock(&self, before: Option<&str>) -> Result<String, Drift> {
        let mut lock: Lock = match before {
            Some(text) => serde_json::from_str(text).map_err(Drift::file)?,
            None => Lock::new(),
        };
        let faults = self.faults(&lock);
        let faults: Vec<_> = faults.into_iter().filter(|fault| !fault.is_addition()).collect();
        if !faults.is_empty() {
            return Err(Drift { faults });
        }
        for (subject, versions) in &self.events {
            let locked = lock.entry((*subject).to_owned()).or_default();
            locked.extend(versions.iter().map(|(version, form)| (*version, form.read.clone())));
        }
        let text = serde_json::to_string_pretty(&lock).map_err(Drift::file)?;
        Ok(text + "\n")
    }

    /// Holds the events against a lock file, as a test does.
    ///
    /// With `TICKETKIT_SCHEMAS=add` in the environment the file is made, and additions go into it.
    ///
    /// # Errors
    ///
    /// If anything differs, or the file cannot be read or written.
    pub fn hold(&self, path: impl AsRef<Path>) -> Result<(), Drift> {
        let path = path.as_ref();
        let failed = |error: io::Error| Drift::file(format_args!("{}: {error}", path.display()));
        let before = match std::fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error)),
        };
        if std::env::var(VARIABLE).is_ok_and(|value| value == "add") {
            let text = self.lock(before.as_deref())?;
            return std::fs::write(path, text).map_err(failed);
        }
        self.check(before.as_deref().unwrap_or("{}"))
    }

    fn faults(&self, lock: &Lock) -> Vec<Fault> {
        let doubled = self.doubled.iter();
        let mut faults: Vec<Fault> = doubled
            .map(|&(subject, version)| Fault::Doubled { subject: subject.to_owned(), version })
            .collect();
        for (&subject, versions) in &self.events {
            let locked = lock.get(subject);
            for (&version, form) in versions {
                let subject = subject.to_owned();
                match locked.and_then(|locked| locked.get(&version)) {
                    None => faults.push(Fault::New { subject, version }),
                    Some(old) => {
                        let differences = differences(old, &form.read);
                        if !differences.is_empty() {
                            faults.push(Fault::Changed { subject, version, differences });
                        }
                    }
                }
            }
            let oldest = versions.values().map(|form| form.oldest).min().unwrap_or(1);
            let newest = versions.keys().max().copied().unwrap_or(1);
            let untold = (oldest..=newest).filter(|version| !versions.contains_key(version));
            faults.extend(
                untold.map(|version| Fault::Untold { subject: subject.to_owned(), version }),
            );
        }
        for (subject, versions) in lock {
            let known = self.events.get(subject.as_str());
            let gone = versions
                .keys()
                .filter(|&version| known.is_none_or(|known| !known.contains_key(version)));
            faults.extend(gone.map(|&version| Fault::Gone { subject: subject.clone(), version }));
        }
        faults
    }
}
