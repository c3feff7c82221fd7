//! `cargo xtask screenshots`: the sheets of pictures in the book, by the test that tours the pages.

use std::{collections::BTreeSet, process::ExitCode};

use crate::{
    cli::ScreenshotsOptions,
    failure::{Failure, Result},
    install,
    needs::Need,
    process,
    workspace::{self, Workspace},
};

const TEST: &str = "tour::every_page_is_readable_on_every_screen";

pub(crate) fn run(options: &ScreenshotsOptions) -> Result<ExitCode> {
    let needs = BTreeSet::from([Need::Chromium, Need::Axe]);
    let missing = install::ensure(&needs, options.no_install)?;
    if !missing.is_empty() {
        return Err(Failure::new(format!(
            "missing {}; type: {}",
            install::list(&missing),
            install::advice(&missing)
        )));
    }
    let mut tour = Workspace::Ticketing.cargo(&["test", "--package", "ticketing-tests"]);
    tour.args(["--test", "it", "--", "--ignored", "--exact", TEST]);
    tour.env("TICKETING_TEST_SHEETS", workspace::root().join("docs/src/pages"));
    Ok(if process::run(&mut tour)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
