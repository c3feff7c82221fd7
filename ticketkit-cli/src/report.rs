//! What a command says when it has done what it was asked: sentences for people on standard error,
//! and with `--json` one object on standard output.

use serde_json::{Map, Value, json};

use crate::{
    failure::Failure,
    plan::{Change, Conflict, FileChange, Hunk},
};

/// How many lines of one side of a conflict people read.
const LONGEST_SIDE: usize = 6;

/// The answer of a command.
#[derive(Debug)]
pub(crate) struct Report {
    command: &'static str,
    members: Map<String, Value>,
    lines: Vec<String>,
    /// Whether the answer is no.
    is_no: bool,
}

impl Report {
    pub(crate) fn new(command: &'static str) -> Self {
        Self { command, members: Map::new(), lines: Vec::new(), is_no: false }
    }

    /// Adds a line for people.
    pub(crate) fn say(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// Whether there is nothing for people yet.
    pub(crate) const fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Adds a member for machines.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.members.insert(name.to_owned(), value.into());
    }

    /// Makes the answer a no.
    pub(crate) const fn refuse(&mut self) {
        self.is_no = true;
    }

    /// Tells what becomes of files.
    pub(crate) fn changes(&mut self, changes: &[FileChange]) {
        for FileChange { path, change } in changes {
            let word = match change {
                Change::Added => "added",
                Change::Changed => "changed",
                Change::Merged => "merged",
                Change::Removed => "removed",
                Change::Kept => "kept",
            };
            self.say(format!("{word:>8}  {path}"));
        }
        self.set("changes", json!(changes));
    }

    /// Tells of conflicts.
    pub(crate) fn conflicts(&mut self, conflicts: &[Conflict]) {
        for Conflict { path, line, what, hunk } in conflicts {
            let place = line.map_or_else(String::new, |line| format!(":{line}"));
            self.say(format!("conflict  {path}{place} {what}"));
            if let Some(Hunk { yours, templates }) = hunk {
                self.side("yours", yours);
                self.side("templates", templates);
            }
        }
        self.set("conflicts", json!(conflicts));
    }

    /// Tells one side of a conflict; of a long one, how it begins.
    fn side(&mut self, whose: &str, lines: &str) {
        let count = lines.lines().count();
        for (number, line) in lines.lines().take(LONGEST_SIDE).enumerate() {
            let whose = if number == 0 { whose } else { "" };
            self.say(format!("{whose:>19} | {line}"));
        }
        match count {
            0 => self.say(format!("{whose:>19} | (removed)")),
            1..=LONGEST_SIDE => {}
            _ => self.say(format!("{:>19} | and {} more lines", "", count - LONGEST_SIDE)),
        }
    }

    /// Prints it, and returns the exit code.
    pub(crate) fn print(&self, as_json: bool) -> u8 {
        for line in &self.lines {
            eprintln!("{line}");
        }
        if as_json {
            let mut answer = Map::new();
            answer.insert("command".to_owned(), self.command.into());
            answer.insert("ok".to_owned(), (!self.is_no).into());
            answer.extend(self.members.clone());
            println!("{}", Value::Object(answer));
        }
        u8::from(self.is_no)
    }
}

/// Prints why a command failed, and returns the exit code.
pub(crate) fn print_failure(failure: &Failure, as_json: bool) -> u8 {
    eprintln!("error: {failure}");
    if as_json {
        println!("{}", json!({ "ok": false, "error": failure.to_string() }));
    }
    failure.code()
}
