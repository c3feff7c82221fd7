//! Values held against JSON Schema, as far as the descriptions of the services use it.
//!
//! A keyword, a format or a pattern that is not known here is a fault, so that nothing in a schema
//! is passed over. Beyond the standard, a member that no schema names is a fault too: what is
//! answered is to be described.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use uuid::Uuid;

const ANNOTATIONS: [&str; 5] = ["title", "description", "default", "example", "examples"];
/// What the pattern of a line says: something else than space, and no control characters.
const LINE: &str = r"^[^\p{Cc}]*[^\p{Cc}\s][^\p{Cc}]*$";

/// Everything in which a value differs from a schema of a document.
#[must_use]
pub fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut check = Check { document, faults: Vec::new() };
    check.value(schema, value, "", true);
    check.faults
}

/// What a reference inside a document refers to.
#[must_use]
pub fn resolve<'a>(document: &'a Value, node: &'a Value) -> Option<&'a Value> {
    match node.get("$ref") {
        None => Some(node),
        Some(target) => {
            let target = document.pointer(target.as_str()?.strip_prefix('#')?)?;
            resolve(document, target)
        }
    }
}

/// The references of a document that lead nowhere.
#[must_use]
pub fn dangling(document: &Value) -> Vec<String> {
    fn visit(document: &Value, node: &Value, found: &mut Vec<String>) {
        match node {
            Value::Object(members) => {
                if members.contains_key("$ref") && resolve(document, node).is_none() {
                    found.push(node["$ref"].to_string());
                }
                members.values().for_each(|member| visit(document, member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| visit(document, item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    visit(document, document, &mut found);
    found
}

struct Check<'a> {
    document: &'a Value,
    faults: Vec<String>,
}

impl Check<'_> {
    fn fault(&mut self, at: &str, text: impl std::fmt::Display) {
        self.faults.push(format!("{}: {text}", if at.is_empty() { "/" } else { at }));
    }

    /// `whole` says that no other schema describes members of this value.
    fn value(&mut self, schema: &Value, value: &Value, at: &str, whole: bool) {
        let Some(keywords) = schema.as_object() else {
            return self.fault(at, format_args!("no schema: {schema}"));
        };
        for (keyword, rule) in keywords {
            self.keyword(keyword, rule, value, at);
        }
        if whole && let Some(members) = value.as_object() {
            let mut named = BTreeSet::new();
            // A schema that names no members, such as that of `{}`, is open.
            named_members(self.document, schema, &mut named);
            let extra = members.keys().filter(|name| !named.contains(name.as_str()));
            for name in extra.filter(|_| !named.is_empty()) {
                self.fault(at, format_args!("{name:?} is not described"));
            }
        }
    }

    fn keyword(&mut self, keyword: &str, rule: &Value, value: &Value, at: &str) {
        let number = |value: &Value| value.as_i64();
        let length = |value: &Value| value.as_str().map(|text| text.chars().count() as i64);
        let right = match keyword {
            "$ref" => {
                let reference = Value::Object(Map::from_iter([("$ref".to_owned(), rule.clone())]));
                let document = self.document;
                match resolve(document, &reference) {
                    Some(schema) => return self.value(schema, value, at, false),
                    None => false,
                }
            }
            "allOf" => {
                let parts = rule.as_array().into_iter().flatten();
                return parts.for_each(|part| self.value(part, value, at, false));
            }
            "anyOf" => self.matching(rule, value) > 0,
            "oneOf" => self.matching(rule, value) == 1,
            "type" => match rule {
                Value::Array(kinds) => kinds.iter().any(|kind| is_a(kind, value)),
                kind => is_a(kind, value),
            },
            "const" => rule == value,
            "enum" => rule.as_array().is_some_and(|values| values.contains(value)),
            "required" => {
                let mut names = rule.as_array().into_iter().flatten().filter_map(Value::as_str);
                names.all(|name| value.get(name).is_some())
            }
            "properties" => {
                for (name, schema) in rule.as_object().into_iter().flatten() {
                    if let Some(member) = value.get(name) {
                        self.value(schema, member, &format!("{at}/{name}"), true);
                    }
                }
                true
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    self.value(rule, item, &format!("{at}/{index}"), true);
                }
                true
            }
            "minItems" => {
                value.as_array().is_none_or(|items| Some(items.len() as u64) >= rule.as_u64())
            }
            "minimum" => number(value).is_none_or(|value| Some(value) >= rule.as_i64()),
            "maximum" => number(value).is_none_or(|value| Some(value) <= rule.as_i64()),
            "minLength" => length(value).is_none_or(|length| Some(length) >= rule.as_i64()),
            "maxLength" => length(value).is_none_or(|length| Some(length) <= rule.as_i64()),
            "pattern" | "format" => {
                let Some(text) = value.as_str() else { return };
                let rule = rule.as_str().unwrap_or_default();
                match if keyword == "pattern" { pattern(rule, text) } else { format(rule, text) } {
                    Some(right) => right,
                    None => return self.fault(at, format_args!("unknown {keyword} {rule:?}")),
                }
            }
            known if ANNOTATIONS.contains(&known) => true,
            unknown => return self.fault(at, format_args!("unknown keyword {unknown:?}")),
        };
        if !right {
            self.fault(at, format_args!("{value} breaks {keyword} {rule}"));
        }
    }

    fn matching(&self, schemas: &Value, value: &Value) -> usize {
        let schemas = schemas.as_array().into_iter().flatten();
        schemas
            .filter(|schema| {
                let mut check = Check { document: self.document, faults: Vec::new() };
                check.value(schema, value, "", false);
                check.faults.is_empty()
            })
            .count()
    }
}

/// The members that a schema and its parts name.
fn named_members<'a>(document: &'a Value, schema: &'a Value, names: &mut BTreeSet<&'a str>) {
    let Some(resolved) = resolve(document, schema) else { return };
    let members = resolved["properties"].as_object().into_iter().flatten();
    names.extend(members.map(|(name, _)| name.as_str()));
    for keyword in ["allOf", "anyOf", "oneOf"] {
        for part in resolved[keyword].as_array().into_iter().flatten() {
            named_members(document, part, names);
        }
    }
}

fn is_a(kind: &Value, value: &Value) -> bool {
    match kind.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        _ => false,
    }
}

fn pattern(pattern: &str, text: &str) -> Option<bool> {
    let three = |letter: fn(&u8) -> bool| text.len() == 3 && text.bytes().all(|b| letter(&b));
    match pattern {
        "^[A-Z]{3}$" => Some(three(u8::is_ascii_uppercase)),
        "^[A-Za-z]{3}$" => Some(three(u8::is_ascii_alphabetic)),
        "^[a-z][a-z0-9_]{0,62}$" => Some(crate::contract::is_code(text)),
        LINE => Some(!text.contains(char::is_control) && !text.trim().is_empty()),
        _ => None,
    }
}

fn format(format: &str, text: &str) -> Option<bool> {
    match format {
        "uuid" => Some(text.len() == 36 && Uuid::parse_str(text).is_ok()),
        "date-time" => Some(is_time(text)),
        "uri" => Some(text.split_once(':').is_some_and(|(scheme, rest)| {
            !rest.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })),
        "uri-reference" => Some(!text.contains(char::is_whitespace)),
        "json-pointer" => Some(text.is_empty() || text.starts_with('/')),
        "idn-email" => Some(text.split_once('@').is_some_and(|(local, domain)| {
            let bad = |c: char| c == '@' || c.is_control() || c.is_whitespace();
            !local.is_empty() && !domain.is_empty() && !text.replacen('@', "", 1).contains(bad)
        })),
        "password" => Some(true),
        _ => None,
    }
}

/// RFC 3339 in UTC.
fn is_time(text: &str) -> bool {
    let Some(text) = text.strip_suffix('Z') else { return false };
    let (time, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let form = b"0000-00-00T00:00:00";
    time.len() == form.len()
        && time.bytes().zip(form).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            form => byte == *form,
        })
        && !fraction.is_empty()
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
