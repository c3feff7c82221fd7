//! `--keys`: turns the signing keys of the auth service over. Processes that run take the folder in
//! again by themselves, and the other services follow them.

use std::{ffi::OsString, path::Path};

use ticketkit_auth::keys::{Algorithm, KeyError, KeyRing, SigningKey};

/// What is to become of the keys of a folder.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing: they are listed.
    None,
    /// A new one is published, and signs nothing yet.
    Add,
    /// This one signs from now on.
    Promote { kid: String, now: bool },
    /// Nothing that this one signed is valid any more.
    Remove { kid: String, now: bool },
}

impl Turn {
    /// Reads the words behind the folder; nothing if they say none of that.
    pub(crate) fn read(words: impl Iterator<Item = OsString>) -> Option<Self> {
        let words = words.map(|word| word.into_string().ok()).collect::<Option<Vec<_>>>()?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        Some(match words[..] {
            [] => Self::None,
            ["add"] => Self::Add,
            [verb @ ("promote" | "promote-now"), kid] => {
                Self::Promote { kid: kid.to_owned(), now: verb == "promote-now" }
            }
            [verb @ ("remove" | "remove-now"), kid] => {
                Self::Remove { kid: kid.to_owned(), now: verb == "remove-now" }
            }
            _ => return None,
        })
    }

    /// Changes the folder, and returns what is in it then: a line for each key.
    pub(crate) fn run(&self, folder: &Path) -> Result<String, KeyError> {
        // Opening would make the first key where there is none.
        let ring = KeyRing::generate(Algorithm::EdDsa)?;
        ring.reload(folder)?;
        match self {
            Self::None => {}
            Self::Add => {
                ring.add_standby(SigningKey::generate(ring.active().algorithm())?)?;
            }
            Self::Promote { kid, now: false } => ring.promote(kid)?,
            Self::Promote { kid, now: true } => ring.promote_now(kid)?,
            Self::Remove { kid, now: false } => ring.remove(kid)?,
            Self::Remove { kid, now: true } => ring.remove_now(kid)?,
        }
        if *self != Self::None {
            ring.save(folder)?;
        }
        Ok(ring.jwks().keys().iter().map(|key| line(&ring, key.kid())).collect())
    }
}

fn line(ring: &KeyRing, kid: &str) -> String {
    let stage = ring.stage(kid).map_or("", |stage| stage.name());
    match ring.remaining(kid) {
        Some(wait) => {
            format!("{stage:<8}  {kid}  for {} s more\n", wait.as_millis().div_ceil(1000))
        }
        None => format!("{stage:<8}  {kid}\n"),
    }
}
