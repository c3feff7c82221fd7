//! The error contract, as a client may rely on it: a judge for every answer of the system.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::http::{Request, Response};

const SERVICES: [&str; 7] =
    ["auth", "tickets", "orders", "payments", "expiration", "web", "ticketing"];
const MEMBERS: [&str; 9] =
    ["type", "title", "status", "code", "service", "instance", "trace_id", "detail", "errors"];
const ENTRY_MEMBERS: [&str; 4] = ["message", "field", "pointer", "code"];
const BASE: &str = "https://ticketkit.dev/problems/";

/// What only the log may hold: traces of sources, paths, type names, databases and panics.
const INTERNALS: [&str; 10] = [
    "sqlx",
    "sqlite",
    "SQLITE",
    "constraint failed",
    "panicked",
    ".rs:",
    "/src/",
    "expected struct",
    "ticketing_",
    "RUST_BACKTRACE",
];

/// A problem document that has passed the judge.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The member `code`.
    pub code: String,
    /// The member `service`.
    pub service: String,
    /// The member `title`.
    pub title: String,
    /// The members of `errors`.
    pub errors: Vec<Value>,
    /// The whole document.
    pub document: Map<String, Value>,
}

impl Problem {
    /// Reads a response, and fails with everything that is wrong with it.
    #[track_caller]
    #[must_use]
    pub fn of(response: &Response) -> Self {
        let faults = document_faults(response);
        assert!(faults.is_empty(), "no problem document: {faults:#?}\n{response:?}");
        let Value::Object(document) = response.json() else { panic!("no object: {response:?}") };
        let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
        let errors = document["errors"].as_array().cloned().unwrap_or_default();
        Self {
            code: text("code"),
            service: text("service"),
            title: text("title"),
            errors,
            document,
        }
    }

    /// The fields that `errors` names.
    #[must_use]
    pub fn fields(&self) -> BTreeSet<String> {
        let fields = self.errors.iter().filter_map(|entry| entry["field"].as_str());
        fields.map(str::to_owned).collect()
    }

    /// Fails unless `errors` speaks of this field, with its pointer.
    #[track_caller]
    pub fn about(&self, field: &str) {
        let pointer = format!("/{field}");
        let named = |entry: &Value| entry["field"] == field && entry["pointer"] == pointer.as_str();
        assert!(self.errors.iter().any(named), "nothing about {field}: {:?}", self.document);
    }
}

/// Everything that is wrong with an answer to `request`.
#[must_use]
pub fn faults(request: &Request, response: &Response, canaries: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    let text = response.text();
    let status = response.status();
    if request_id(response).is_none() {
        faults.push("x-request-id is no bare UUID".to_owned());
    }
    if response.header("set-cookie").is_some() && !no_store(response) {
        faults.push("sets a cookie without cache-control: no-store".to_owned());
    }
    let heads = response.head.headers.iter().map(|(_, value)| value.as_str());
    for canary in canaries {
        if heads.clone().chain([text.as_str()]).any(|sent| sent.contains(canary)) {
            faults.push(format!("leaks {canary}"));
        }
    }
    if status == 204 && !response.body.is_empty() {
        faults.push("204 with a body".to_owned());
    }
    if status == 405 && response.header("allow").is_none() {
        faults.push("405 without Allow".to_owned());
    }
    if status == 429 && response.header("retry-after").is_none_or(|v| v.parse::<u32>().is_err()) {
        faults.push("429 without Retry-After in seconds".to_owned());
    }
    if request.method == "HEAD" {
        if !response.body.is_empty() {
            faults.push("an answer to HEAD with a body".to_owned());
        }
    } else if status >= 400 && !is_page(request, response) {
        faults.extend(document_faults(response));
    }
    faults
}

/// Whether this is an HTML page where one is allowed.
fn is_page(request: &Request, response: &Response) -> bool {
    let path = request.target.split('?').next().unwrap_or_default();
    request.accepts_html()
        && !path.starts_with("/api")
        && !path.starts_with("/.well-known")
        && response.header("content-type").is_some_and(|kind| kind.starts_with("text/html"))
}

fn document_faults(response: &Response) -> Vec<String> {
    let mut faults = Vec::new();
    if response.header("content-type") != Some("application/problem+json") {
        faults.push("content-type is not application/problem+json".to_owned());
    }
    if !no_store(response) {
        faults.push("cache-control is not no-store".to_owned());
    }
    let text = response.text();
    faults.extend(
        INTERNALS.iter().filter(|word| text.contains(*word)).map(|word| format!("leaks {word:?}")),
    );
    match serde_json::from_slice::<Value>(&response.body) {
        Ok(Value::Object(document)) => member_faults(&document, response, &mut faults),
        Ok(_) => faults.push("the body is no JSON object".to_owned()),
        Err(error) => faults.push(format!("the body is no JSON: {error}")),
    }
    faults
}

fn member_faults(document: &Map<String, Value>, response: &Response, faults: &mut Vec<String>) {
    let mut fault = |wrong: bool, text: String| {
        if wrong {
            faults.push(text);
        }
    };
    let text = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default();
    let code = text("code");
    for name in document.keys() {
        fault(!MEMBERS.contains(&name.as_str()), format!("unknown member {name:?}"));
    }
    fault(!is_code(code), format!("code {code:?} is not of the form"));
    let uri = format!("{BASE}{}", code.replace('_', "-"));
    fault(text("type") != uri, format!("type is not {uri}"));
    fault(text("title").is_empty(), "no title".to_owned());
    let status = document.get("status").and_then(Value::as_u64);
    fault(status != Some(response.status().into()), "status differs from the answer's".to_owned());
    fault(!SERVICES.contains(&text("service")), format!("service {:?}", text("service")));
    let instance = request_id(response).map(|id| format!("urn:uuid:{id}"));
    fault(
        instance.as_deref() != Some(text("instance")),
        "instance is not urn:uuid: and x-request-id".to_owned(),
    );
    for name in ["detail", "trace_id"] {
        let wrong =
            document.get(name).is_some_and(|value| value.as_str().is_none_or(str::is_empty));
        fault(wrong, format!("{name} is no text"));
    }
    let entries = document.get("errors").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    fault(entries.is_empty(), "errors has no entry".to_owned());
    for entry in entries {
        fault(!is_entry(entry), format!("errors has {entry}"));
    }
}

fn is_entry(entry: &Value) -> bool {
    let Some(entry) = entry.as_object() else { return false };
    let text = |name: &str| entry.get(name).map(|value| value.as_str().unwrap_or_default());
    text("message").is_some_and(|message| !message.is_empty())
        && text("field").is_none_or(|field| !field.is_empty())
        && text("pointer").is_none_or(|pointer| pointer.is_empty() || pointer.starts_with('/'))
        && text("code").is_none_or(is_code)
        && entry.keys().all(|name| ENTRY_MEMBERS.contains(&name.as_str()))
}

/// `^[a-z][a-z0-9_]{0,62}$`
pub(crate) fn is_code(code: &str) -> bool {
    code.len() <= 63
        && code.starts_with(|first: char| first.is_ascii_lowercase())
        && code.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

fn no_store(response: &Response) -> bool {
    response.header("cache-control").is_some_and(|value| value.contains("no-store"))
}

/// The request id, if it is there once and is a UUID with hyphens.
fn request_id(response: &Response) -> Option<&str> {
    let mut ids = response.head.all("x-request-id");
    let id = ids.next().filter(|id| id.len() == 36 && Uuid::parse_str(id).is_ok());
    id.filter(|_| ids.next().is_none())
}

#[cfg(test)]
mod tests;
