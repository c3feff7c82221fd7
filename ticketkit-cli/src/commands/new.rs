//! `new`: a workspace where there was none.

use std::{
    fs,
    io::IsTerminal,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::add::new_service;
use crate::{
    answers::{self, Answers, DatabaseKind, Deps, TEMPLATE},
    cli::New,
    failure::Failure,
    journal,
    names::{self, Name},
    plan::{Change, FileChange},
    project::{FOLDER, PRISTINE},
    render::{self, Tree},
    report::Report,
};

mod ask;

pub(crate) fn run(folder: &Path, new: &New) -> Result<Report, Failure> {
    let asks = !new.yes && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let answers = answered(new, asks)?;
    let parent = folder.canonicalize().map_err(|error| {
        Failure::input(format!("cannot use the folder {}: {error}", folder.display()))
    })?;
    let root = parent.join(answers.name.as_str());
    check_free(&root)?;
    let tree = render::tree(&answers)?;

    let mut report = Report::new("new");
    let changes: Vec<_> =
        tree.keys().map(|path| FileChange { path: path.clone(), change: Change::Added }).collect();
    report.set("root", root.display().to_string());
    report.set("dryRun", new.dry_run);
    if new.dry_run {
        report.changes(&changes);
        report.say("nothing was written: this was a dry run");
        return Ok(report);
    }
    report.set("changes", serde_json::json!(changes));
    let staging = parent.join(format!(".{}.ticketkit-new", answers.name));
    let written = write(&staging, &answers, &tree).and_then(|()| {
        if !new.no_git {
            init_git(&parent, &staging, &mut report);
        }
        fs::rename(&staging, &root).map_err(|error| Failure::file("make", &root, &error))
    });
    if let Err(failure) = written {
        // What is left of it is removed by the next try.
        drop(fs::remove_dir_all(&staging));
        return Err(failure);
    }
    report.say(format!("wrote {} files to {}", tree.len(), root.display()));
    report.say(format!("next: cd {} && cargo run", answers.name));
    Ok(report)
}

/// Puts the arguments, the defaults and what a person answers together.
fn answered(new: &New, asks: bool) -> Result<Answers, Failure> {
    let name = match &new.name {
        Some(text) => project_name(text)?,
        None if asks => ask::name()?,
        None => return Err(Failure::input("the name of the project is missing: new NAME")),
    };
    let mut answers = Answers {
        template: TEMPLATE,
        name,
        auth: new.auth || (asks && ask::auth()?),
        database: match new.database {
            Some(database) => database,
            None if asks => ask::database()?,
            None => DatabaseKind::Sqlite,
        },
        deps: match &new.deps {
            Some(Deps::Path(folder)) => checkout(Path::new(folder))?,
            Some(deps) => deps.clone(),
            None => default_deps(),
        },
        services: Vec::new(),
    };
    let names = match new.services.as_slice() {
        [] if asks => ask::services(&answers)?,
        [] => vec![answers.name.to_string()],
        names => names.to_vec(),
    };
    for name in names {
        let service = new_service(&answers, &name)?;
        answers.services.push(service);
    }
    Ok(answers)
}

fn project_name(text: &str) -> Result<Name, Failure> {
    names::project(text).map_err(|error| Failure::input(format!("name {error}")))
}

/// Makes a folder with the crates of TicketKit a source.
fn checkout(folder: &Path) -> Result<Deps, Failure> {
    let refuse = |why: String| Failure::input(format!("--deps path:{} {why}", folder.display()));
    let folder =
        folder.canonicalize().map_err(|error| refuse(format!("cannot be used: {error}")))?;
    if !folder.join("ticketkit-core/Cargo.toml").is_file() {
        return Err(refuse(
            "has no ticketkit-core in it: it must be a checkout of TicketKit".into(),
        ));
    }
    // What TOML cannot say in quotes is refused where the answer is parsed.
    format!("path:{}", folder.display()).parse().map_err(refuse)
}

/// Names the checkout that this program was built from, if it is still there; else the registry.
///
/// No version of the crates is published yet, so a program of a checkout needs that one.
fn default_deps() -> Deps {
    let checkout_of = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    checkout_of.and_then(|folder| checkout(folder).ok()).unwrap_or(Deps::CratesIo)
}

fn check_free(root: &Path) -> Result<(), Failure> {
    let taken = |what: &str| Failure::input(format!("{} {what}", root.display()));
    match fs::symlink_metadata(root) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Failure::file("use", root, &error)),
        Ok(kind) if !kind.is_dir() => Err(taken("is there already and no folder")),
        Ok(_) => match fs::read_dir(root).map(|mut entries| entries.next().is_none()) {
            Ok(true) => Ok(()),
            Ok(false) => Err(taken("is there already and not empty")),
            Err(error) => Err(Failure::file("read", root, &error)),
        },
    }
}

fn write(staging: &Path, answers: &Answers, tree: &Tree) -> Result<(), Failure> {
    if staging.exists() {
        fs::remove_dir_all(staging).map_err(|error| Failure::file("remove", staging, &error))?;
    }
    let put = |path: PathBuf, text: &str| {
        let folder = path.parent().unwrap_or(staging);
        fs::create_dir_all(folder).map_err(|error| Failure::file("make", folder, &error))?;
        fs::write(&path, text).map_err(|error| Failure::file("write", &path, &error))
    };
    for (path, file) in tree {
        put(staging.join(path), &file.text)?;
        put(staging.join(FOLDER).join(PRISTINE).join(path), &file.text)?;
    }
    let file = staging.join(answers::FILE);
    journal::write(&file, answers.to_text().as_bytes()).map_err(Failure::no)
}

/// Makes a repository, unless there is one above already.
fn init_git(parent: &Path, root: &Path, report: &mut Report) {
    if parent.ancestors().any(|folder| folder.join(".git").exists()) {
        return;
    }
    let made = Command::new("git")
        .args(["init", "--quiet"])
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !made.is_ok_and(|status| status.success()) {
        report.say("there is no git repository: git cannot be run; --no-git does without it");
    }
}
