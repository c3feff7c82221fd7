//! Brings what tests need: from Debian's packages where this process may install them, from PyPI
//! and npm into the target folder, and otherwise by saying what to type.

mod axe;
mod localstripe;

use std::{
    collections::BTreeSet, fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command,
};

use ticketkit_servers::{find, is_root};

use crate::{
    failure::{Failure, Result, ResultExt as _},
    needs::Need,
    process,
};

const PYTHON: &str = "/usr/bin/python3";

/// Asked by Debian's maintainer scripts before they start a service.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Installs what is missing of `needs`, and returns what is still missing.
pub(crate) fn ensure(needs: &BTreeSet<Need>, no_install: bool) -> Result<BTreeSet<Need>> {
    let missing = missing(needs);
    if missing.is_empty() {
        return Ok(missing);
    }
    if no_install {
        return Ok(missing);
    }
    if missing.contains(&Need::LocalStripe) {
        localstripe::install()?;
    }
    if missing.contains(&Need::Axe) {
        axe::install()?;
    }
    let still = self::missing(&missing);
    let packages = packages(&still);
    if packages.is_empty() || !is_debian() || !is_root() {
        return Ok(still);
    }
    apt_get(&packages)?;
    let mut left = self::missing(&missing);
    let unpackaged = left.remove(&Need::Axe);
    if left.is_empty() {
        Ok(unpackaged.then_some(Need::Axe).into_iter().collect())
    } else {
        Err(Failure::new(format!("installed, but still not found: {}", list(&left))))
    }
}

/// Returns the command that brings `needs`, for a person to type.
pub(crate) fn advice(needs: &BTreeSet<Need>) -> String {
    let mut packaged = needs.clone();
    let local = [(Need::LocalStripe, localstripe::ADVICE), (Need::Axe, axe::ADVICE)];
    let local: Vec<_> = local.into_iter().filter(|(need, _)| packaged.remove(need)).collect();
    let mut advice = Vec::new();
    if !packaged.is_empty() {
        advice.push(advice_on_packages(&packaged));
    }
    advice.extend(local.into_iter().map(|(_, advice)| advice.to_owned()));
    advice.join("; ")
}

fn advice_on_packages(needs: &BTreeSet<Need>) -> String {
    if is_debian() {
        let sudo = if is_root() { "" } else { "sudo " };
        format!("{sudo}apt-get install {}", packages(needs).join(" "))
    } else {
        let programs: Vec<_> = needs.iter().flat_map(|need| programs(*need)).copied().collect();
        format!("install {}, so that PATH leads to {}", list(needs), programs.join(", "))
    }
}

pub(crate) fn list(needs: &BTreeSet<Need>) -> String {
    needs.iter().map(|need| need.name()).collect::<Vec<_>>().join(", ")
}

/// Returns those of `needs` whose programs are not there.
pub(crate) fn missing(needs: &BTreeSet<Need>) -> BTreeSet<Need> {
    let lacks = |need: &Need| match need {
        Need::LocalStripe => !localstripe::is_there(),
        Need::Axe => !axe::is_there(),
        // A library of Debian's Python, whatever other Python is first in `PATH`.
        Need::PyJwt => {
            !process::output(Command::new(PYTHON).args(["-c", "import jwt, cryptography"]))
                .is_ok_and(|(status, _)| status.success())
        }
        need => programs(*need).iter().any(|program| find(program).is_none()),
    };
    needs.iter().copied().filter(lacks).collect()
}

fn programs(need: Need) -> &'static [&'static str] {
    match need {
        Need::Postgres => &["postgres", "initdb"],
        Need::RabbitMq => &["rabbitmq-server", "epmd"],
        Need::Chromium => &["chromium", "chromedriver"],
        Need::LocalStripe => &["localstripe"],
        Need::PyJwt => &["python3"],
        Need::Axe => &["npm"],
    }
}

fn packages(needs: &BTreeSet<Need>) -> Vec<&'static str> {
    let of = |need: &Need| match need {
        Need::Postgres => &["postgresql"][..],
        Need::RabbitMq => &["rabbitmq-server"],
        Need::Chromium => &["chromium", "chromium-driver"],
        Need::LocalStripe | Need::Axe => &[],
        Need::PyJwt => &["python3-jwt", "python3-cryptography"],
    };
    needs.iter().flat_map(of).copied().collect()
}

/// Installs Debian packages.
fn apt_get(packages: &[&str]) -> Result<()> {
    println!("== installing {}", packages.join(", "));
    let _quiet = NoServices::begin()?;
    for args in
        [&["update", "-q"][..], &["install", "-q", "-y", "--no-upgrade", "--no-install-recommends"]]
    {
        let mut command = Command::new("apt-get");
        command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
        if args[0] == "install" {
            command.args(packages);
        }
        if !process::run(&mut command)? {
            return Err(Failure::new(format!("apt-get {} failed", args[0])));
        }
    }
    Ok(())
}

/// Keeps apt-get from starting the services that it installs: tests start their own, and a
/// developer's machine should not listen on more ports because tests were run.
struct NoServices {
    written: bool,
}

impl NoServices {
    fn begin() -> Result<Self> {
        let policy = Path::new(POLICY);
        if policy.exists() {
            return Ok(Self { written: false });
        }
        fs::write(policy, "#!/bin/sh\nexit 101\n").or_say(POLICY)?;
        fs::set_permissions(policy, fs::Permissions::from_mode(0o755)).or_say(POLICY)?;
        Ok(Self { written: true })
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.written {
            let _ = fs::remove_file(POLICY);
        }
    }
}

fn is_debian() -> bool {
    Path::new("/etc/debian_version").exists() && find("apt-get").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_names_everything_that_is_missing() {
        let advice = advice(&Need::ALL.into());
        for word in ["rabbitmq", "postgres", "chromium"] {
            assert!(advice.to_lowercase().contains(word), "{advice}");
        }
    }
}
