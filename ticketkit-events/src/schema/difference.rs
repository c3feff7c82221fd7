//! What is different between two forms, said by field.

use std::{collections::BTreeSet, fmt};

use serde_json::Value;

/// One difference between two forms of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where: members joined by dots, `[]` for the items of a list; empty for the event itself.
    pub field: String,
    /// What, as a sentence.
    pub what: String,
    /// Whether older readers understand newer data and the other way round.
    pub is_compatible: bool,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field.as_str() {
            "" => f.write_str(&self.what),
            field => write!(f, "`{field}`: {}", self.what),
        }
    }
}

/// Lists what is different in `new`.
pub(super) fn differences(old: &Value, new: &Value) -> Vec<Difference> {
    let mut found = Found(Vec::new());
    found.schema("", old, new);
    found.0
}

struct Found(Vec<Difference>);

impl Found {
    fn add(&mut self, field: &str, what: String, is_compatible: bool) {
        self.0.push(Difference { field: field.to_owned(), what, is_compatible });
    }

    fn schema(&mut self, at: &str, old: &Value, new: &Value) {
        if old == new {
            return;
        }
        let (Value::Object(olds), Value::Object(news)) = (old, new) else {
            return self.word(at, "form", Some(old), Some(new));
        };
        let words: BTreeSet<&String> = olds.keys().chain(news.keys()).collect();
        for word in words {
            let (old_word, new_word) = (olds.get(word), news.get(word));
            match (word.as_str(), old_word, new_word) {
                ("properties", _, _) => self.members(at, old, new),
                // Of members that are there in both; of others it is told with the member.
                ("required", _, _) => self.required(at, old, new),
                ("items" | "additionalProperties", Some(old), Some(new)) => {
                    self.schema(&format!("{at}[]"), old, new);
                }
                ("oneOf" | "anyOf" | "allOf", Some(Value::Array(old)), Some(Value::Array(new)))
                    if old.len() == new.len() =>
                {
                    old.iter().zip(new).for_each(|(old, new)| self.schema(at, old, new));
                }
                ("enum", Some(Value::Array(old)), Some(Value::Array(new))) => {
                    self.choices(at, old, new);
                }
                (word, old, new) => self.word(at, word, old, new),
            }
        }
    }

    fn members(&mut self, at: &str, old: &Value, new: &Value) {
        let none = serde_json::Map::new();
        let olds = old["properties"].as_object().unwrap_or(&none);
        let news = new["properties"].as_object().unwrap_or(&none);
        // A reader that refuses unknown members refuses the new one.
        let is_closed = old["additionalProperties"] == Value::Bool(false);
        for (name, member) in olds {
            match news.get(name) {
                Some(now) => self.schema(&inside(at, name), member, now),
                None => self.add(&inside(at, name), "is gone".to_owned(), false),
            }
        }
        for name in news.keys().filter(|name| !olds.contains_key(*name)) {
            if requires(new, name) {
                let what = "is new, and older data does not have it: let it be missing";
                self.add(&inside(at, name), what.to_owned(), false);
            } else if is_closed {
                let what = "is new, and older readers refuse unknown members";
                self.add(&inside(at, name), what.to_owned(), false);
            } else {
                self.add(&inside(at, name), "is new, and may be missing".to_owned(), true);
            }
        }
    }

    fn required(&mut self, at: &str, old: &Value, new: &Value) {
        let none = serde_json::Map::new();
        let in_both = old["properties"].as_object().unwrap_or(&none).keys();
        for name in in_both.filter(|name| new["properties"].get(name.as_str()).is_some()) {
            match (requires(old, name), requires(new, name)) {
                (true, false) => {
                    let what = "may be missing now, and older readers need it";
                    self.add(&inside(at, name), what.to_owned(), false);
                }
                (false, true) => {
                    let what = "must not be missing any more, and older data may not have it";
                    self.add(&inside(at, name), what.to_owned(), false);
                }
                _ => {}
            }
        }
    }

    fn choices(&mut self, at: &str, old: &[Value], new: &[Value]) {
        for value in new.iter().filter(|value| !old.contains(value)) {
            self.add(at, format!("can be {value} now, which older readers do not know"), false);
        }
        for value in old.iter().filter(|value| !new.contains(value)) {
            self.add(at, format!("cannot be {value} any more, as older data may"), false);
        }
    }

    fn word(&mut self, at: &str, word: &str, old: Option<&Value>, new: Option<&Value>) {
        if old != new {
            let text = |value: Option<&Value>| {
                value.map_or_else(|| "not there".to_owned(), ToString::to_string)
            };
            self.add(at, format!("{word} was {}, is {}", text(old), text(new)), false);
        }
    }
}

fn inside(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

fn requires(schema: &Value, name: &str) -> bool {
    schema["required"].as_array().is_some_and(|names| names.iter().any(|other| other == name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(members: &Value, required: &[&str]) -> Value {
        json!({"type": "object", "properties": members, "required": required})
    }

    fn texts(old: &Value, new: &Value) -> Vec<(String, bool)> {
        differences(old, new).iter().map(|d| (d.to_string(), d.is_compatible)).collect()
    }

    #[test]
    fn each_difference_names_its_field() {
        let ticket = |price: &Value| object(&json!({"price": price}), &["price"]);
        let old = object(
            &json!({
                "id": {"type": "string"},
                "ticket": ticket(&json!({"type": "integer"})),
                "tags": {"type": "array", "items": {"enum": ["a", "b"]}},
                "note": {"type": "string"},
            }),
            &["id", "ticket"],
        );
        let new = object(
            &json!({
                "ticket": ticket(&json!({"type": "number"})),
                "tags": {"type": "array", "items": {"enum": ["a", "c"]}},
                "note": {"type": "string"},
                "more": {"type": "string"},
                "must": {"type": "string"},
            }),
            &["note", "must"],
        );
        let told = texts(&old, &new);
        let expected = [
            ("`id`: is gone", false),
            ("`tags[]`: can be \"c\" now, which older readers do not know", false),
            ("`tags[]`: cannot be \"b\" any more, as older data may", false),
            ("`ticket.price`: type was \"integer\", is \"number\"", false),
            ("`more`: is new, and may be missing", true),
            ("`must`: is new, and older data does not have it: let it be missing", false),
            ("`note`: must not be missing any more, and older data may not have it", false),
            ("`ticket`: may be missing now, and older readers need it", false),
        ];
        let missing: Vec<_> = expected
            .iter()
            .filter(|(text, ok)| !told.contains(&((*text).to_owned(), *ok)))
            .collect();
        assert!(missing.is_empty() && told.len() == expected.len(), "{told:#?}");
    }

    #[test]
    fn a_reader_that_refuses_unknown_members_makes_every_addition_a_new_version() {
        let mut old = object(&json!({}), &[]);
        old["additionalProperties"] = json!(false);
        let mut new = object(&json!({"more": {"type": "string"}}), &[]);
        new["additionalProperties"] = json!(false);
        assert_eq!(
            texts(&old, &new),
            [("`more`: is new, and older readers refuse unknown members".to_owned(), false)]
        );
    }
}
