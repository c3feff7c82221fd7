use std::{path::PathBuf, time::Duration};

use ticketing_load::system::Form;

/// The help; `cargo xtask load --help` shows it.
pub(crate) const HELP: &str = "\
Play buyers and sellers against the ticketing system, report, and check the books at the end.

Usage: cargo xtask load [URL | --system all-in-one | --system distributed] [OPTIONS]
       cargo xtask load --docs [OPTIONS]

  URL              a system that runs, such as http://127.0.0.1:3000; start it with
                   TICKETING_THROTTLE=off
  --system FORM    start one for the run: all-in-one (the default) or distributed

Options:
  --instances N    processes of each service, distributed (default: 2)
  --people N       people who trade at once (default: 20)
  --seconds N      how long they trade (default: 30)
  --seed N         the choices that they make (default: 1)
  --report FOLDER  write report.md and latency.svg there
  --docs           both systems, one after the other, and their reports into docs/src/load
  --debug          do not optimise: to look for faults, not for figures
  -h, --help       print this

The exit code is 0 only if the books agree and no request failed: no answer, or one of 500 and above.
";

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Command {
    Run(Run),
    Help(&'static str),
}

#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) url: String,
    /// How to start a system; none where there is one.
    pub(crate) form: Option<Form>,
    pub(crate) binary: PathBuf,
    pub(crate) people: usize,
    pub(crate) duration: Duration,
    pub(crate) seed: u64,
    pub(crate) report: Option<PathBuf>,
}

impl Run {
    pub(crate) fn title(&self) -> String {
        let what = match self.form {
            None => format!("Load on {}", self.url),
            Some(Form::AllInOne) => "Load on the all-in-one process".to_owned(),
            Some(Form::Distributed(instances)) => {
                format!("Load on the distributed system, {instances} instances of each service")
            }
        };
        format!("{what}: {} people, {} s", self.people, self.duration.as_secs())
    }

    /// Says how to do the same again, where it was done, and when.
    pub(crate) fn how(&self) -> String {
        let system = match self.form {
            None => self.url.clone(),
            Some(Form::AllInOne) => "--system all-in-one".to_owned(),
            Some(Form::Distributed(count)) => {
                format!("--system distributed --instances {count}")
            }
        };
        let (people, seconds, seed) = (self.people, self.duration.as_secs(), self.seed);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let cores = if cores == 1 { "1 core".to_owned() } else { format!("{cores} cores") };
        let day = time::OffsetDateTime::now_utc().date();
        // `cargo xtask load` builds both the same way.
        let build = match (self.form.is_some(), cfg!(debug_assertions)) {
            (false, _) => "",
            (true, false) => ", release build",
            (true, true) => ", **debug build: no measure of speed**",
        };
        format!(
            "`cargo xtask load {system} --people {people} --seconds {seconds} --seed {seed}`, with \
             the people on the same {cores}{build}, {day}."
        )
    }
}

pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut run = Run {
        url: String::new(),
        form: None,
        binary: std::env::var_os("TICKETING_BINARY")
            .map_or_else(|| "ticketing".into(), PathBuf::from),
        people: 20,
        duration: Duration::from_secs(30),
        seed: 1,
        report: None,
    };
    let (mut system, mut instances) = (None, None);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "-h" | "--help" => return Ok(Command::Help(HELP)),
            "--system" => system = Some(value()?),
            "--instances" => instances = Some(number(&argument, &value()?, 1..=16)?),
            "--people" => run.people = count(&argument, &value()?, 1..=10_000)?,
            "--seconds" => {
                run.duration = Duration::from_secs(number(&argument, &value()?, 1..=86_400)?);
            }
            "--seed" => run.seed = number(&argument, &value()?, 0..=u64::MAX)?,
            "--report" => run.report = Some(value()?.into()),
            url if url.starts_with("http://") && run.url.is_empty() => {
                run.url = url.trim_end_matches('/').to_owned();
            }
            other => return Err(format!("unknown argument `{other}`; see --help")),
        }
    }
    let instances = instances.map(|count| usize::try_from(count).unwrap_or(1));
    run.form = match (system.as_deref(), run.url.is_empty()) {
        (Some(_), false) => return Err("a URL and --system exclude each other".to_owned()),
        (Some("distributed"), true) => Some(Form::Distributed(instances.unwrap_or(2))),
        (None | Some("all-in-one"), _) if instances.is_some() => {
            return Err("--instances is for --system distributed".to_owned());
        }
        (None | Some("all-in-one"), true) => Some(Form::AllInOne),
        (None, false) => None,
        (Some(other), true) => {
            return Err(format!("no system `{other}`; there are all-in-one and distributed"));
        }
    };
    Ok(Command::Run(run))
}

fn number(name: &str, text: &str, allowed: std::ops::RangeInclusive<u64>) -> Result<u64, String> {
    text.parse().ok().filter(|number| allowed.contains(number)).ok_or_else(|| {
        format!("{name} must be a whole number from {} to {}", allowed.start(), allowed.end())
    })
}

fn count(name: &str, text: &str, allowed: std::ops::RangeInclusive<u64>) -> Result<usize, String> {
    number(name, text, allowed).map(|number| usize::try_from(number).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[&str]) -> Result<Command, String> {
        read(arguments.iter().map(|argument| (*argument).to_owned()))
    }

    #[test]
    fn arguments_are_read() {
        let Ok(Command::Run(run)) = of(&[]) else { panic!("a run") };
        assert_eq!((run.form, run.people), (Some(Form::AllInOne), 20));
        let arguments = ["--system", "distributed", "--instances", "3", "--people", "7"];
        let Ok(Command::Run(run)) = of(&arguments) else { panic!("a run") };
        assert_eq!((run.form, run.people), (Some(Form::Distributed(3)), 7));
        let Ok(Command::Run(run)) = of(&["http://h:1/", "--seconds", "9"]) else { panic!("a run") };
        assert_eq!((run.form, run.url.as_str(), run.duration.as_secs()), (None, "http://h:1", 9));
        assert!(matches!(of(&["--help"]), Ok(Command::Help(_))));
    }

    #[test]
    fn what_makes_no_sense_is_refused_and_says_what_is_allowed() {
        for (arguments, says) in [
            (&["--people", "0"][..], "from 1 to 10000"),
            (&["--seconds", "x"], "--seconds must be"),
            (&["--seed"], "needs a value"),
            (&["--system", "cloud"], "all-in-one and distributed"),
            (&["http://h", "--system", "distributed"], "exclude"),
            (&["--instances", "2"], "--system distributed"),
            (&["https://h"], "unknown argument"),
        ] {
            let error = of(arguments).err().unwrap_or_else(|| panic!("{arguments:?} is accepted"));
            assert!(error.contains(says), "{error}");
        }
    }
}
