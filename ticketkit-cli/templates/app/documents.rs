use axum::{Router, body::Bytes, http::header::CONTENT_TYPE, routing::get};
use serde_json::{Error, Value, json};
use ticketkit_core::ErrorLayer;

use crate::{process::PROCESS, services};

/// Serves the descriptions of all services as one.
///
/// # Errors
///
/// If a part is no JSON.
pub(crate) fn router() -> Result<Router, Error> {
    let document = Bytes::from(openapi(services::OPENAPI)?.to_string());
    let answer = move || async move { ([(CONTENT_TYPE, "application/json")], document) };
    Ok(Router::new().route("/openapi.json", get(answer)).layer(ErrorLayer::new(PROCESS)))
}

/// Makes one document of the parts. Where two say something else, the first is right.
fn openapi(parts: &[&str]) -> Result<Value, Error> {
    let mut whole = frame();
    for part in parts {
        let mut part: Value = serde_json::from_str(part)?;
        if let Some(members) = part.as_object_mut() {
            members.remove("x-ticketkit");
        }
        merge(&mut whole, part);
    }
    Ok(whole)
}

/// What the parts refer to.
fn frame() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": { "title": PROCESS, "version": env!("CARGO_PKG_VERSION") },
        "components": {
            "parameters": {
                "IfMatch": {
                    "name": "If-Match",
                    "in": "header",
                    "description": "The version that may be changed, in quotes",
                    "schema": { "type": "string" }
                }
            },
            "responses": {
                "Problem": {
                    "description": "It was not done, and why",
                    "content": {
                        "application/problem+json": {
                            "schema": { "$ref": "#/components/schemas/Problem" }
                        }
                    }
                }
            },
            "schemas": {
                "Problem": {
                    "type": "object",
                    "required": ["type", "title", "status", "code", "service", "errors"],
                    "properties": {
                        "type": { "type": "string", "format": "uri" },
                        "title": { "type": "string" },
                        "status": { "type": "integer", "minimum": 400, "maximum": 599 },
                        "code": { "type": "string" },
                        "service": { "type": "string" },
                        "instance": { "type": "string" },
                        "detail": { "type": "string" },
                        "errors": {
                            "type": "array",
                            "minItems": 1,
                            "items": {
                                "type": "object",
                                "required": ["message"],
                                "properties": {
                                    "message": { "type": "string" },
                                    "field": { "type": "string" },
                                    "pointer": { "type": "string" },
                                    "code": { "type": "string" }
                                }
                            }
                        }
                    }
                }
            }
        }
    })
}

fn merge(whole: &mut Value, part: Value) {
    if let (Value::Object(whole), Value::Object(part)) = (whole, part) {
        for (name, value) in part {
            match whole.get_mut(&name) {
                Some(known) => merge(known, value),
                None => drop(whole.insert(name, value)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Collects what is referred to.
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn the_parts_make_one_document_that_refers_to_nothing_else() {
        let document = openapi(services::OPENAPI).unwrap();
        let mut found = Vec::new();
        references(&document, &mut found);
        for reference in found {
            let target = document.pointer(reference.trim_start_matches('#'));
            assert!(target.is_some(), "{reference} leads nowhere");
        }
        assert!(document["paths"].as_object().is_some_and(|paths| !paths.is_empty()));
    }
}
