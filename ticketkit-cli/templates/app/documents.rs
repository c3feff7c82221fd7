use axum::{Router, body::Bytes, http::header::CONTENT_TYPE, routing::get};
use serde_json::{Error, Value, json};
use ticketkit_core::ErrorLayer;

use crate::{process::PROCESS, services};

{% if project.events %}
/// Serves the descriptions of all services as one: of their routes, and of their events.
{% else %}
/// Serves the descriptions of all services as one.
{% endif %}
///
/// # Errors
///
/// If a part is no JSON.
pub(crate) fn router() -> Result<Router, Error> {
    let document = |whole: Value| {
        let document = Bytes::from(whole.to_string());
        get(move || async move { ([(CONTENT_TYPE, "application/json")], document) })
    };
    let router = Router::new()
        .route("/openapi.json", document(merged(frame(), services::OPENAPI)?))
{% if project.events %}
        .route("/asyncapi.json", document(merged(json!({}), services::ASYNCAPI)?))
{% endif %}
        .layer(ErrorLayer::new(PROCESS));
    Ok(router)
}

/// Makes one document of the parts. Where two say something else, the first is right.
fn merged(mut whole: Value, parts: &[&str]) -> Result<Value, Error> {
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

    #[track_caller]
    fn refers_to_nothing_else(document: &Value) {
        let mut found = Vec::new();
        references(document, &mut found);
        for reference in found {
            let target = document.pointer(reference.trim_start_matches('#'));
            assert!(target.is_some(), "{reference} leads nowhere");
        }
    }

    #[test]
    fn the_parts_make_one_document_that_refers_to_nothing_else() {
        let document = merged(frame(), services::OPENAPI).unwrap();
        refers_to_nothing_else(&document);
        assert!(document["paths"].as_object().is_some_and(|paths| !paths.is_empty()));
    }
{% if project.events %}

    #[test]
    fn every_event_that_is_sent_or_received_is_described() {
        let document = merged(json!({}), services::ASYNCAPI).unwrap();
        refers_to_nothing_else(&document);
        assert_eq!(document["asyncapi"], "3.0.0");
        assert!(document["operations"].as_object().is_some_and(|all| !all.is_empty()));
    }
{% endif %}
}
