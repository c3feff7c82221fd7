//! What holds for any bytes: for the bounded run among the tests, and for any fuzzer.
//!
//! Each property takes what a stranger sent, and panics where something does not hold.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;
use ticketkit_core::{
    Code, Problem, RequestId, ServiceError,
    client::{CallError, RemoteError, RetryAfter},
    clock::Timestamp,
    problem::MAX_DOCUMENT,
    trace::TraceContext,
    wire::{self, JsonError},
};

/// Holds what must be true of any bytes, and panics where it is not.
pub type Property = fn(&[u8]);

/// The properties by name.
pub const ALL: [(&str, Property); 4] =
    [("problem", problem), ("json", json), ("pairs", pairs), ("headers", headers)];

/// An answer of another service: what is read is written and read again as it is, and a client of
/// ours learns nothing of it.
pub fn problem(bytes: &[u8]) {
    let kind = HeaderValue::from_static("application/problem+json");
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, kind)]);
    let Some(read) = RemoteError::from_parts(StatusCode::CONFLICT, &headers, bytes) else {
        panic!("409 is an error");
    };
    let parsed = Problem::parse(bytes).ok();
    assert_eq!(read.problem(), parsed.as_ref());
    if let Some(problem) = parsed {
        assert!((400..600).contains(&problem.status) && !problem.errors.is_empty());
        let written = problem.to_json();
        // What was written with fewer escapes than we use may be too long now.
        if written.len() <= MAX_DOCUMENT {
            assert_eq!(Problem::parse(&written).ok(), Some(problem));
        }
    }
    assert!(read.to_string().len() < 600);
    let nothing = Problem::of(&CallError::failed("no answer").upstream());
    assert_eq!(Problem::of(&read.upstream()), nothing);
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "what is read is judged by its JSON")]
struct Order {
    id: uuid::Uuid,
    title: String,
    price: i64,
    share: Option<f64>,
    seats: Vec<Seat>,
    kind: Kind,
    labels: BTreeMap<String, u32>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "what is read is judged by its JSON")]
struct Seat {
    row: char,
    number: u8,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "what is read is judged by its JSON")]
enum Kind {
    Sold,
    Lent { days: u16 },
}

/// A JSON body: the two codes are told apart rightly, what is named is there, no value is quoted.
pub fn json(bytes: &[u8]) {
    let is_json =
        serde_json::from_slice::<IgnoredAny>(bytes).is_ok() && std::str::from_utf8(bytes).is_ok();
    let value = serde_json::from_slice::<Value>(bytes).ok();
    let Err(error) = wire::from_json::<Order>(bytes) else {
        let Some(value) = value else { panic!("what was read is JSON") };
        assert!(value.is_object());
        let seats = value["seats"].as_array().map(Vec::as_slice).unwrap_or_default();
        assert!(seats.iter().all(Value::is_object), "an array is no seat");
        return;
    };
    assert_eq!(matches!(error, JsonError::Form(_)), is_json);
    let document = String::from_utf8(Problem::of(&error).to_json()).unwrap_or_default();
    assert_eq!(Problem::parse(document.as_bytes()).ok(), Some(Problem::of(&error)));
    let Some(value) = value else { return };
    let mut texts = Vec::new();
    values(&value, &mut texts);
    // No message of ours is as long. What names a member may be a text of the body: it is its key.
    for text in texts.into_iter().filter(|text| text.len() > 40) {
        let quotes = error.errors().iter().any(|entry| entry.message.contains(text));
        assert!(!quotes, "{document} quotes {text}");
    }
    for entry in error.errors() {
        let parent = entry.pointer.as_deref().and_then(|pointer| pointer.rsplit_once('/'));
        if let Some((parent, _)) = parent {
            assert!(value.pointer(parent).is_some(), "{parent} is not in {value}");
        }
    }
}

/// Collects the texts that are values, not names.
fn values<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| values(item, texts)),
        Value::Object(members) => members.values().for_each(|member| values(member, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only whether it parses is of interest")]
struct Search {
    limit: Option<u32>,
    after: Option<uuid::Uuid>,
    #[serde(default)]
    tag: Vec<String>,
    kind: Option<Plain>,
    share: Option<f64>,
    exact: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Plain {
    Sold,
    Lent,
}

/// A query or a form: every error names a parameter, and there are not too many.
pub fn pairs(bytes: &[u8]) {
    let form = wire::from_form::<Search>(bytes).err();
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert_eq!(wire::from_query::<Search>(text).err(), form);
    }
    if let Some(form) = form {
        assert!((1..=32).contains(&form.errors().len()));
        assert!(form.errors().iter().all(|entry| entry.field.is_some()));
    }
    if let Ok(list) = wire::from_form::<Vec<(String, String)>>(bytes) {
        assert!(list.len() <= bytes.len());
    }
    let _ = wire::from_form::<BTreeMap<String, u8>>(bytes);
}

/// Values of headers: what is read is written and read again as it is.
pub fn headers(bytes: &[u8]) {
    if let Ok(value) = HeaderValue::from_bytes(bytes) {
        let mut request = Request::new(());
        request.headers_mut().insert("x-request-id", value.clone());
        request.headers_mut().insert("traceparent", value.clone());
        request.headers_mut().insert("tracestate", value.clone());
        let id = RequestId::of(&request).to_header();
        assert!(
            id.len() == 36
                && (id == value
                    || uuid::Uuid::try_parse_ascii(bytes).is_err()
                    || bytes.iter().any(u8::is_ascii_uppercase)
                    || bytes.len() != 36)
        );
        let _ = TraceContext::from_headers(request.headers());
        let kind = HeaderMap::from_iter([(header::CONTENT_TYPE, value)]);
        assert!(!(wire::is_json(&kind) && wire::is_form(&kind)));
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some(context) = TraceContext::parse(text, Some(text)) {
        let again = TraceContext::parse(&context.traceparent(), context.tracestate());
        assert_eq!(again, Some(context));
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        assert_eq!(time.to_string().parse::<Timestamp>().ok(), Some(time));
    }
    if let Ok(code) = Code::parse(text) {
        assert_eq!(Code::parse(code.as_str()).as_ref(), Ok(&code));
    }
    let _ = RetryAfter::parse(text);
}
