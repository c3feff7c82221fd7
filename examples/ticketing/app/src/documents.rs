use std::collections::HashSet;

use axum::{
    Router,
    body::Bytes,
    routing::{MethodRouter, get},
};
use http::header;
use serde_json::{Error, Value};
use ticketing_contracts::api;
use ticketkit_core::ErrorLayer;

/// What every process has: its name, and the operators' routes.
const OPENAPI: &str = include_str!("../api/openapi.json");
const ASYNCAPI: &str = include_str!("../api/asyncapi.json");

/// What the services of a process say of themselves.
#[derive(Debug, Default)]
pub(crate) struct Described {
    openapi: Vec<&'static str>,
    asyncapi: Vec<&'static str>,
}

impl Described {
    /// Adds a service; one without an API has events alone.
    pub(crate) fn add(&mut self, openapi: Option<&'static str>, asyncapi: &'static str) {
        self.openapi.extend(openapi);
        self.asyncapi.push(asyncapi);
    }
}

/// Serves the descriptions of all services of the process as one of each kind.
///
/// # Errors
///
/// If a part is no JSON.
pub(crate) fn router(described: &Described, process: &'static str) -> Result<Router, Error> {
    let openapi = openapi(&described.openapi)?;
    let asyncapi = asyncapi(&described.asyncapi)?;
    Ok(Router::new()
        .route("/openapi.json", document(&openapi))
        .route("/asyncapi.json", document(&asyncapi))
        .layer(ErrorLayer::new(process)))
}

fn document(document: &Value) -> MethodRouter {
    let bytes = Bytes::from(document.to_string());
    get(move || async move { ([(header::CONTENT_TYPE, "application/json")], bytes) })
}

/// Describes the routes of a process that has these services in it.
fn openapi(services: &[&str]) -> Result<Value, Error> {
    merged([OPENAPI, api::OPENAPI].iter().chain(services))
}

/// Describes the events that these services send and receive, and no others.
fn asyncapi(services: &[&str]) -> Result<Value, Error> {
    let mut whole = merged([ASYNCAPI, api::ASYNCAPI].iter().chain(services))?;
    let operations = whole["operations"].as_object().into_iter().flat_map(|map| map.values());
    let used: HashSet<String> = operations
        .filter_map(|operation| operation["channel"]["$ref"].as_str())
        .filter_map(|channel| channel.strip_prefix("#/channels/").map(str::to_owned))
        .collect();
    if let Some(channels) = whole["channels"].as_object_mut() {
        channels.retain(|name, _| used.contains(name));
    }
    Ok(whole)
}

/// Makes one document of parts. Where two say something else, the first is right: the name of the
/// document is that of the first.
fn merged<'a>(parts: impl IntoIterator<Item = &'a &'a str>) -> Result<Value, Error> {
    let mut whole = Value::Object(serde_json::Map::new());
    for part in parts {
        merge(&mut whole, serde_json::from_str(part)?);
    }
    localize(&mut whole);
    Ok(whole)
}

fn merge(whole: &mut Value, part: Value) {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            for (name, value) in part {
                match whole.get_mut(&name) {
                    Some(known) => merge(known, value),
                    None => drop(whole.insert(name, value)),
                }
            }
        }
        (Value::Array(whole), Value::Array(part)) => whole.extend(part),
        _ => {}
    }
}

/// Makes references to other files references into the one document.
fn localize(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(target) if name == "$ref" => {
                        if let Some(at) = target.find('#') {
                            target.drain(..at);
                        }
                    }
                    other => localize(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(localize),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
