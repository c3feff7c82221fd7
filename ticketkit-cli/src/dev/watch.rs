//! Which files changed.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use notify::{Config, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};

use super::{Event, voice::Voice};

/// An editor that saves, or a checkout, changes more than one file: when it was quiet for so long,
/// it is over.
const QUIET: Duration = Duration::from_millis(40);

/// What never rests is told after so long all the same.
const LONGEST: Duration = Duration::from_secs(1);

/// How often files are looked at where the system tells nothing.
const POLL: Duration = Duration::from_millis(400);

/// Folders that nobody edits.
const IGNORED: [&str; 2] = ["target", "node_modules"];

/// How the names of files end that editors and databases leave beside those that matter.
const ODD: [&str; 8] = ["~", ".swp", ".swx", ".tmp", ".db", ".db-wal", ".db-shm", ".db-journal"];

type Raw = notify::Result<notify::Event>;

/// Watches a workspace.
pub(super) struct Watch {
    watcher: Box<dyn Watcher + Send>,
    root: PathBuf,
    /// Folders in the root that are not watched.
    ignored: BTreeSet<PathBuf>,
    watched: BTreeSet<PathBuf>,
    raw: Sender<Raw>,
    polls: bool,
}

impl Watch {
    /// Watches every folder of the root but those that are ignored.
    ///
    /// # Errors
    ///
    /// If not even looking at the files again and again works.
    pub(super) fn start(
        root: &Path,
        target: &Path,
        polls: bool,
        voice: &Voice,
        events: &Sender<Event>,
    ) -> notify::Result<Self> {
        let (raw, changes) = mpsc::channel();
        let watcher: Box<dyn Watcher + Send> = if polls {
            poller(&raw)?
        } else {
            Box::new(RecommendedWatcher::new(raw.clone(), Config::default())?)
        };
        let ignored = ignored(root, target);
        let watched = BTreeSet::new();
        let root = root.to_owned();
        let mut watch = Self { watcher, root, ignored, watched, raw, polls };
        watch.extend(voice)?;
        let (root, ignored) = (watch.root.clone(), watch.ignored.clone());
        let events = events.clone();
        thread::spawn(move || collect(&root, &ignored, &changes, &events));
        Ok(watch)
    }

    /// Watches folders that are new.
    pub(super) fn extend(&mut self, voice: &Voice) -> notify::Result<()> {
        let Err(error) = self.try_extend() else { return Ok(()) };
        if self.polls {
            return Err(error);
        }
        // Linux has a limit for each user, and some file systems tell nothing.
        voice.note(
            "watching",
            &format!("looking for changes every {} ms, because {error}", POLL.as_millis()),
            serde_json::json!({ "polls": true }),
        );
        self.watcher = poller(&self.raw)?;
        self.polls = true;
        self.watched.clear();
        self.try_extend()
    }

    fn try_extend(&mut self) -> notify::Result<()> {
        let mut found = vec![(self.root.clone(), RecursiveMode::NonRecursive)];
        for entry in fs::read_dir(&self.root).map_err(notify::Error::io)?.flatten() {
            let path = entry.path();
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            // Cargo's own settings decide on the build too.
            let is_wanted = !is_hidden || path.ends_with(".cargo");
            if is_folder && is_wanted && !self.ignored.contains(&path) {
                found.push((path, RecursiveMode::Recursive));
            }
        }
        for (path, mode) in found {
            if !self.watched.contains(&path) {
                self.watcher.watch(&path, mode)?;
                self.watched.insert(path);
            }
        }
        // A folder that is made again later is a new one.
        self.watched.retain(|path| path.exists());
        Ok(())
    }
}

fn poller(raw: &Sender<Raw>) -> notify::Result<Box<dyn Watcher + Send>> {
    let config = Config::default().with_poll_interval(POLL);
    Ok(Box::new(PollWatcher::new(raw.clone(), config)?))
}

/// The target folder, the usual ones, and what the root's `.gitignore` names by `/name`: data, say.
fn ignored(root: &Path, target: &Path) -> BTreeSet<PathBuf> {
    let text = fs::read_to_string(root.join(".gitignore")).unwrap_or_default();
    let named = text.lines().filter_map(|line| line.trim().strip_prefix('/'));
    let named = named.map(|name| name.trim_end_matches('/')).filter(|name| !name.is_empty());
    let mut ignored: BTreeSet<_> = named.chain(IGNORED).map(|name| root.join(name)).collect();
    ignored.insert(target.to_owned());
    ignored
}

/// Puts changes together that belong together.
fn collect(
    root: &Path,
    ignored: &BTreeSet<PathBuf>,
    changes: &Receiver<Raw>,
    events: &Sender<Event>,
) {
    while let Ok(first) = changes.recv() {
        let mut paths = BTreeSet::new();
        let begun = Instant::now();
        let mut next = Ok(first);
        loop {
            match next {
                Ok(raw) => paths.extend(relevant(root, raw)),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if begun.elapsed() > LONGEST {
                break;
            }
            next = changes.recv_timeout(QUIET);
        }
        // Not before it is quiet: cargo's folder may have its first name until then.
        paths.retain(|path| !is_of_ignored(ignored, path));
        if !paths.is_empty() && events.send(Event::Changed(paths)).is_err() {
            return;
        }
    }
}

fn relevant(root: &Path, raw: Raw) -> Vec<PathBuf> {
    match raw {
        // More happened than could be told.
        Ok(event) if event.need_rescan() => vec![root.to_owned()],
        Ok(event) => match event.kind {
            EventKind::Access(_) => Vec::new(),
            _ => event.paths.into_iter().filter(|path| is_relevant(root, path)).collect(),
        },
        Err(error) => error.paths,
    }
}

/// The root is watched, so that an ignored folder itself is told of when it is made. Cargo makes its
/// own under another name first, six characters longer, and renames it (seen of cargo 1.95).
fn is_of_ignored(ignored: &BTreeSet<PathBuf>, path: &Path) -> bool {
    let is_before = |folder: &PathBuf| {
        let (Some(folder), Some(path)) = (folder.to_str(), path.to_str()) else { return false };
        path.strip_prefix(folder).is_some_and(|rest| rest.len() == 6 && !rest.contains('/'))
    };
    ignored.contains(path) || (ignored.iter().any(is_before) && !path.exists())
}

/// Editors write files of their own; `4913` is how vim tries a folder out.
fn is_relevant(root: &Path, path: &Path) -> bool {
    let path = path.strip_prefix(root).unwrap_or(path);
    let Some(name) = path.file_name().map(|name| name.to_string_lossy()) else { return false };
    let is_odd = ODD.iter().any(|ending| name.ends_with(ending));
    let is_built = path.components().any(|part| part.as_os_str() == "target");
    !is_odd && !is_built && !name.starts_with(".#") && name != "4913"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_editors_leave_is_no_change() {
        for path in ["a/src/lib.rs", "Cargo.toml", "a/migrations/1.sql", "shop.toml"] {
            assert!(
                is_relevant(Path::new("/target/x"), &Path::new("/target/x").join(path)),
                "{path}"
            );
        }
        for path in ["a/.#lib.rs", "a/lib.rs~", "a/.lib.rs.swp", "4913", "a/x.db-wal", "target/x"] {
            assert!(!is_relevant(Path::new("/x"), &Path::new("/x").join(path)), "{path}");
        }
    }

    #[test]
    fn folders_that_git_ignores_are_not_watched() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".gitignore"), "/data\n/out/\n*.log\n").unwrap();
        let ignored = ignored(folder.path(), Path::new("/elsewhere"));
        assert!(ignored.contains(&folder.path().join("data")));
        assert!(ignored.contains(&folder.path().join("out")));
        assert!(ignored.contains(Path::new("/elsewhere")) && ignored.len() == 5);
    }

    #[test]
    fn an_ignored_folder_that_is_made_is_no_change() {
        let root = Path::new("/shop");
        let (raw, changes) = mpsc::channel();
        let (events, told) = mpsc::channel();
        let made = |path: &str| {
            let kind = EventKind::Create(notify::event::CreateKind::Any);
            raw.send(Ok(notify::Event::new(kind).add_path(root.join(path)))).unwrap();
        };
        made("data");
        made("dataF9VPkZ");
        made("venues");
        let ignored = [root.join("data")].into();
        thread::spawn(move || collect(root, &ignored, &changes, &events));
        let Ok(Event::Changed(paths)) = told.recv() else { panic!("nothing is told") };
        assert_eq!(paths.into_iter().collect::<Vec<_>>(), [root.join("venues")]);
    }
}
