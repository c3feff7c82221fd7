//! Turns the keys of a folder over.
//!
//! ```sh
//! cargo run -p ticketkit-auth --example keys -- FOLDER             # what is there
//! cargo run -p ticketkit-auth --example keys -- FOLDER add         # a new key, published and not used yet
//! cargo run -p ticketkit-auth --example keys -- FOLDER promote KID # it signs from now on
//! cargo run -p ticketkit-auth --example keys -- FOLDER remove KID  # the one that signed before it
//! ```
//!
//! `promote` refuses until verifiers have had time to fetch the key, and `remove` until nothing that
//! the key signed is valid; both say for how much longer. For a key that leaked there are `promote-now`
//! and `remove-now`: what it signed is void at once. A service that runs takes the folder in again with
//! `KeyRing::reload`.

use std::{error::Error, path::Path, process::ExitCode};

use ticketkit_auth::keys::{Algorithm, KeyRing, SigningKey};

const USAGE: &str = "usage: keys FOLDER [add | promote[-now] KID | remove[-now] KID]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("keys: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let [folder, command @ ..] = arguments else { return Err(USAGE.into()) };
    let is_new = !Path::new(folder).exists();
    if is_new && command != ["add"] {
        return Err(format!("there is no folder {folder}").into());
    }
    let ring = KeyRing::open(folder, Algorithm::EdDsa)?;
    match command {
        [] => {}
        // A folder without keys has got its first one.
        ["add"] if is_new => {}
        ["add"] => drop(ring.add_standby(SigningKey::generate(ring.active().algorithm())?)?),
        ["promote", kid] => ring.promote(kid)?,
        ["promote-now", kid] => ring.promote_now(kid)?,
        ["remove", kid] => ring.remove(kid)?,
        ["remove-now", kid] => ring.remove_now(kid)?,
        _ => return Err(USAGE.into()),
    }
    ring.save(folder)?;
    for key in ring.jwks().keys() {
        let stage = ring.stage(key.kid()).map_or("", |stage| stage.name());
        print!("{stage:<9} {}", key.kid());
        match ring.remaining(key.kid()) {
            Some(wait) => println!("  for another {} s at least", wait.as_secs() + 1),
            None => println!(),
        }
    }
    Ok(())
}
