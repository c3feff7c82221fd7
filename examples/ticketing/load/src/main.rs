//! `cargo xtask load`: see the library for what it does.

mod arguments;

use std::{path::Path, process::ExitCode, time::Duration};

use ticketing_load::{
    Dice, Record, Session, System,
    books::Books,
    progress, report,
    session::{AskError, Target},
    trade::{Market, trade},
};
use tokio::{task::JoinSet, time::timeout};

use crate::arguments::{Command, Run};

/// How many accounts are made at once: passwords are slow by design.
const SIGN_UPS: usize = 4;

/// How long people may take to finish what they are at.
const LAST_TRADES: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let run = match arguments::read(std::env::args().skip(1)) {
        Ok(Command::Run(run)) => run,
        Ok(Command::Help(text)) => {
            print!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    match execute(&run) {
        Ok(code) => code,
        Err(error) => {
            let mut text = format!("error: {error}");
            let mut source = error.source();
            while let Some(error) = source {
                text.push_str(&format!(": {error}"));
                source = error.source();
            }
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

fn execute(run: &Run) -> Result<ExitCode, Box<dyn std::error::Error>> {
    // On this thread, which lives as long as the system: the kernel ends it with us.
    let mut system = run
        .form
        .map(|form| {
            eprintln!("starting {}", run.title());
            System::start(&run.binary, form, &[("TICKETING_THROTTLE", "off"), ("RUST_LOG", "warn")])
        })
        .transpose()?;
    let url = system.as_ref().map_or(run.url.as_str(), System::url).to_owned();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let sound = runtime.block_on(play(run, &url))?;
    if let Some(system) = &mut system {
        system.stop();
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn play(run: &Run, url: &str) -> Result<bool, Box<dyn std::error::Error>> {
    let record = Record::new();
    let target = Target::new(url, record.clone());
    eprintln!("{} people sign up at {url} (seed {})", run.people, run.seed);
    let people = crowd(&target, run.people).await?;

    let market = Market::default();
    let mut dice = Dice::new(run.seed);
    let mut trading = JoinSet::new();
    let (first, began) = (record.since(0).len(), record.age());
    for person in &people {
        trading.spawn(trade(person.clone(), market.clone(), Dice::new(dice.roll())));
    }
    progress::show(&record, &market, run.duration).await;
    market.close();
    let finishing = async { while trading.join_next().await.is_some() {} };
    if timeout(LAST_TRADES, finishing).await.is_err() {
        eprintln!("some people did not finish within {LAST_TRADES:?}");
    }
    let lasted = record.age().saturating_sub(began);
    let mut samples = record.since(first);
    for sample in &mut samples {
        sample.at = sample.at.saturating_sub(began);
    }

    eprintln!("everything settles");
    let verdict = Books::close(&people, &market.promises()).await?;
    let text = report::report(&run.title(), &run.how(), &samples, &market, &verdict, lasted);
    println!("{text}");
    if let Some(folder) = &run.report {
        write(folder, &text, &report::picture(&run.title(), &samples))?;
        eprintln!("written to {}", folder.display());
    }
    let failures = samples.iter().filter(|sample| sample.outcome.is_failure()).count();
    if failures > 0 {
        eprintln!("{failures} requests failed");
    }
    Ok(verdict.breaches.is_empty() && failures == 0)
}

async fn crowd(target: &Target, count: usize) -> Result<Vec<Session>, AskError> {
    let mut people = Vec::with_capacity(count);
    let mut joining = JoinSet::new();
    for number in 0..count {
        let target = target.clone();
        joining.spawn(async move { Session::sign_up(&target, &format!("person-{number}")).await });
        if joining.len() >= SIGN_UPS
            && let Some(joined) = joining.join_next().await
        {
            people.extend(joined.ok().transpose()?);
        }
    }
    while let Some(joined) = joining.join_next().await {
        people.extend(joined.ok().transpose()?);
    }
    Ok(people)
}

fn write(folder: &Path, text: &str, picture: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let linked = format!("{text}\n![Latency over time](latency.svg)\n");
    std::fs::write(folder.join("report.md"), linked)?;
    std::fs::write(folder.join("latency.svg"), picture)
}
