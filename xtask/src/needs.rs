//! What a test needs beyond a compiler, as its `#[ignore]` says it.
//!
//! The reason is the one place where a test states its needs: `needs PostgreSQL and RabbitMQ: run
//! cargo xtask test` starts both servers for it, and with `installed` in the sentence their
//! programs are there but no server is started.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::Path,
};

use crate::{
    failure::{Result, ResultExt as _},
    workspace,
};

/// Something that tests need and a machine may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Need {
    Postgres,
    RabbitMq,
    Chromium,
    LocalStripe,
    PyJwt,
    Axe,
}

impl Need {
    pub(crate) const ALL: [Self; 6] =
        [Self::Postgres, Self::RabbitMq, Self::Chromium, Self::LocalStripe, Self::PyJwt, Self::Axe];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::RabbitMq => "RabbitMQ",
            Self::Chromium => "Chromium",
            Self::LocalStripe => "localstripe",
            Self::PyJwt => "PyJWT",
            Self::Axe => "axe-core",
        }
    }

    /// Returns whether tests expect it to run, rather than run it themselves.
    pub(crate) fn is_server(self) -> bool {
        matches!(self, Self::Postgres | Self::RabbitMq)
    }
}

/// The needs of one test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    pub(crate) programs: BTreeSet<Need>,
    /// Those of the programs that have to run.
    pub(crate) running: BTreeSet<Need>,
}

impl Needs {
    fn of_reason(reason: &str) -> Self {
        let reason = reason.to_lowercase();
        let (needs, _) = reason.split_once(':').unwrap_or((&reason, ""));
        let programs: BTreeSet<Need> = Need::ALL
            .into_iter()
            .filter(|need| needs.contains(&need.name().to_lowercase()))
            .collect();
        let running = if needs.contains("installed") { BTreeSet::new() } else { programs.clone() };
        Self { programs, running }
    }

    /// Returns what the manifest of a benchmark says that it needs.
    pub(crate) fn of_manifest(manifest: &str) -> Self {
        let line = manifest.lines().find_map(|line| line.strip_prefix("needs = "));
        Self::of_reason(line.unwrap_or_default())
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.programs.extend(&other.programs);
        self.running.extend(&other.running);
    }
}

/// The needs of all tests, by the name of the test's function.
#[derive(Debug, Default)]
pub(crate) struct Catalog(HashMap<String, Needs>);

impl Catalog {
    /// Reads the sources of both workspaces.
    pub(crate) fn read() -> Result<Self> {
        let mut catalog = Self::default();
        catalog.read_folder(workspace::root())?;
        Ok(catalog)
    }

    /// Returns the needs of the test with this path, such as `browser::a_ticket_is_bought`.
    pub(crate) fn of(&self, test: &str) -> Needs {
        let name = test.rsplit("::").next().unwrap_or(test);
        if let Some(needs) = self.0.get(name) {
            return needs.clone();
        }
        // A test that a macro writes for each database is in a module that says which.
        let on_postgres = test.split("::").any(|module| module == "postgres");
        if on_postgres { Needs::of_reason("needs PostgreSQL") } else { Needs::default() }
    }

    fn read_folder(&mut self, folder: &Path) -> Result<()> {
        for entry in fs::read_dir(folder).or_say(folder.display())? {
            let path = entry.or_say(folder.display())?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                if name != "target" && !name.starts_with('.') {
                    self.read_folder(&path)?;
                }
            } else if name.ends_with(".rs") {
                self.read_source(&fs::read_to_string(&path).or_say(path.display())?);
            }
        }
        Ok(())
    }

    fn read_source(&mut self, source: &str) {
        for after in source.split("#[ignore = \"").skip(1) {
            let Some((reason, rest)) = after.split_once('"') else { continue };
            let Some((_, function)) = rest.split_once("fn ") else { continue };
            let name: String =
                function.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            // Two tests of one name in different files get the needs of both.
            self.0.entry(name).or_default().add(&Needs::of_reason(reason));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_what_has_to_be_there_and_what_has_to_run() {
        let both = BTreeSet::from([Need::Postgres, Need::RabbitMq]);
        let needs = Needs::of_reason("needs PostgreSQL and RabbitMQ: run cargo xtask test");
        assert_eq!(needs, Needs { programs: both.clone(), running: both.clone() });
        let needs = Needs::of_reason("needs PostgreSQL and RabbitMQ installed: run it so");
        assert_eq!(needs, Needs { programs: both, running: BTreeSet::new() });
        let needs = Needs::of_reason("needs chromium and chromedriver: run cargo xtask test");
        assert_eq!(needs.programs, BTreeSet::from([Need::Chromium]));
    }

    #[test]
    fn needs_are_found_by_the_name_of_the_test() {
        // Written in two halves, or this file would seem to hold such a test itself.
        let source =
            ["#[test]\n#[ignore", " = \"needs PostgreSQL: run x\"]\nfn a_row_is_kept() {}\n"]
                .concat();
        let mut catalog = Catalog::default();
        catalog.read_source(&source);
        assert_eq!(catalog.of("store::a_row_is_kept").programs, BTreeSet::from([Need::Postgres]));
        let by_module = catalog.of("store::postgres::a_row_is_gone");
        assert_eq!(by_module.running, BTreeSet::from([Need::Postgres]));
        assert!(catalog.of("store::sqlite::a_row_is_gone").programs.is_empty());
        assert_eq!(catalog.of("store::another"), Needs::default());
    }
}
