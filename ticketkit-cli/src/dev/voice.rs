//! What `dev` prints: one log of all programs and of itself.
//!
//! People read it on standard error; with `--json` machines read one object a line on standard
//! output.

use std::{
    io::{self, Write},
    sync::Arc,
};

use serde_json::{Map, Value};

use crate::answers::Answers;

const DIM: &str = "\x1b[2m";
const RED: &str = "\x1b[31m";
const YELLOW: &str = "\x1b[33m";
const OFF: &str = "\x1b[0m";

/// Of names; red and yellow are for errors and warnings.
const COLOURS: [&str; 5] = ["\x1b[36m", "\x1b[32m", "\x1b[35m", "\x1b[34m", "\x1b[96m"];

/// Who speaks for `dev` itself.
const OWN: &str = "dev";

/// Prints from any thread; a line is never mixed with another.
#[derive(Debug, Clone)]
pub(super) struct Voice {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    json: bool,
    colour: bool,
    /// The services, each with the crate whose lines are its own.
    services: Vec<(String, String)>,
    width: usize,
}

impl Voice {
    pub(super) fn new(answers: &Answers, json: bool, colour: bool) -> Self {
        let project = answers.name.snake();
        let services: Vec<_> = answers
            .services
            .iter()
            .map(|one| (one.name.to_string(), format!("{project}_{}", one.name.snake())))
            .collect();
        let names = services.iter().map(|(name, _)| name.as_str());
        let names = names.chain([answers.name.as_str(), OWN]);
        let width = names.map(str::len).max().unwrap_or_default();
        Self { inner: Arc::new(Inner { json, colour, services, width }) }
    }

    pub(super) fn is_coloured(&self) -> bool {
        self.inner.colour
    }

    /// Tells what `dev` does.
    pub(super) fn note(&self, event: &str, text: &str, members: Value) {
        self.print(&self.inner.headed("", OWN, text));
        let mut object = Map::from_iter([("event".to_owned(), event.into())]);
        if let Value::Object(members) = members {
            object.extend(members);
        }
        self.answer(object);
    }

    /// Shows what the compiler says.
    pub(super) fn diagnostic(&self, level: &str, text: &str) {
        self.print(text.trim_end());
        self.answer(Map::from_iter([
            ("event".to_owned(), "diagnostic".into()),
            ("level".to_owned(), level.into()),
            ("text".to_owned(), text.into()),
        ]));
    }

    /// Shows a line as it is.
    pub(super) fn plain(&self, line: &str) {
        self.print(line);
    }

    /// Shows a line of a program.
    pub(super) fn line(&self, program: &str, line: &str) {
        let logged = serde_json::from_str::<Map<String, Value>>(line).ok();
        let Some(mut fields) = logged.filter(|fields| fields.contains_key("message")) else {
            self.print(&self.inner.headed("", program, line));
            return self.answer(Map::from_iter([
                ("event".to_owned(), "output".into()),
                ("program".to_owned(), program.into()),
                ("line".to_owned(), line.into()),
            ]));
        };
        let service = self.inner.service(&fields).unwrap_or(program).to_owned();
        self.print(&self.inner.logged(&service, &fields));
        fields.insert("event".to_owned(), "log".into());
        fields.insert("program".to_owned(), program.into());
        fields.insert("service".to_owned(), service.into());
        self.answer(fields);
    }

    fn print(&self, text: &str) {
        // A terminal that is gone is no reason to leave programs behind.
        drop(writeln!(io::stderr().lock(), "{text}"));
    }

    fn answer(&self, object: Map<String, Value>) {
        if self.inner.json {
            let mut output = io::stdout().lock();
            drop(writeln!(output, "{}", Value::Object(object)).and_then(|()| output.flush()));
        }
    }
}

impl Inner {
    /// The service of a request, or the one whose code logs.
    fn service<'a>(&'a self, fields: &'a Map<String, Value>) -> Option<&'a str> {
        if let Some(name) = fields.get("service").and_then(Value::as_str) {
            return Some(name);
        }
        let target = fields.get("target").and_then(Value::as_str)?;
        let of = target.split("::").next()?;
        let found = self.services.iter().find(|(_, module)| module == of)?;
        Some(&found.0)
    }

    fn logged(&self, service: &str, fields: &Map<String, Value>) -> String {
        let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
        // 06:15:00 of 2026-11-28T06:15:00.123456Z.
        let time = text("time").get(11..19).unwrap_or_default();
        let level = text("level");
        let paint = match level {
            "ERROR" => RED,
            "WARN" => YELLOW,
            _ => DIM,
        };
        let mut line =
            format!("{} {}", self.painted(paint, &format!("{level:<5}")), text("message"));
        let known = ["time", "level", "target", "message", "service"];
        for (name, value) in fields.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            line.push_str(&self.painted(DIM, &format!(" {name}={value}")));
        }
        self.headed(time, service, &line)
    }

    /// Puts the time and a name before each line.
    fn headed(&self, time: &str, name: &str, text: &str) -> String {
        let width = self.width;
        let place = self.services.iter().position(|(service, _)| service == name);
        let colour = COLOURS[place.map_or(0, |place| 1 + place % (COLOURS.len() - 1))];
        let name = self.painted(colour, &format!("{name:<width$}"));
        let head = format!("{} {name} ", self.painted(DIM, &format!("{time:<8}")));
        text.lines().map(|line| format!("{head}{line}")).collect::<Vec<_>>().join("\n")
    }

    fn painted(&self, colour: &str, text: &str) -> String {
        if self.colour { format!("{colour}{text}{OFF}") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inner(colour: bool) -> Inner {
        let services = vec![("tickets".to_owned(), "shop_tickets".to_owned())];
        Inner { json: false, colour, services, width: 7 }
    }

    fn fields(line: &str) -> Map<String, Value> {
        serde_json::from_str(line).unwrap()
    }

    #[test]
    fn a_line_says_of_which_service_it_is() {
        let inner = inner(false);
        let own = fields(
            r#"{"time":"2026-11-28T06:15:00.1Z","level":"WARN","target":"shop_tickets::store",
                "message":"slow","took":"2s"}"#,
        );
        assert_eq!(inner.service(&own), Some("tickets"));
        assert_eq!(inner.logged("tickets", &own), "06:15:00 tickets WARN  slow took=2s");
        let request = fields(r#"{"message":"x","target":"ticketkit_core","service":"venues"}"#);
        assert_eq!(inner.service(&request), Some("venues"));
        assert_eq!(inner.service(&fields(r#"{"message":"x","target":"sqlx"}"#)), None);
    }

    #[test]
    fn colours_are_only_where_they_are_wanted() {
        assert!(inner(true).headed("", "tickets", "a").contains('\x1b'));
        assert_eq!(
            inner(false).headed("", "dev", "a\nb"),
            "         dev     a\n         dev     b"
        );
    }
}
