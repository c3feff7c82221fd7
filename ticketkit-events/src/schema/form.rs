//! Types to schemas, and schemas to a form in which only what matters differs.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value};

/// Words about a schema that say nothing of what is valid.
const ANNOTATIONS: [&str; 7] =
    ["$comment", "$schema", "default", "deprecated", "description", "examples", "title"];

pub(super) fn read<T: JsonSchema>() -> Value {
    let mut schema = generate::<T>(SchemaSettings::draft2020_12().for_deserialize());
    reduce(&mut schema);
    schema
}

pub(super) fn written<T: JsonSchema>() -> Value {
    let mut schema = generate::<T>(SchemaSettings::draft2020_12().for_serialize());
    if let Some(members) = schema.as_object_mut() {
        members.remove("$schema");
        members.remove("title");
    }
    schema
}

/// Whole in itself, without references: a difference is then at the field that it is about.
fn generate<T: JsonSchema>(settings: SchemaSettings) -> Value {
    let settings = settings.with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// Takes out words that change nothing, and sorts where order means nothing.
fn reduce(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.retain(|name, _| !ANNOTATIONS.contains(&name.as_str()));
            constants(members);
            for (name, member) in members {
                match (name.as_str(), member) {
                    // Their members are names of the user's, and may be called `title`.
                    ("properties" | "$defs", Value::Object(named)) => {
                        named.values_mut().for_each(reduce);
                    }
                    ("required" | "enum" | "type", Value::Array(items)) => {
                        items.sort_by_key(Value::to_string);
                    }
                    (_, member) => reduce(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(reduce),
        _ => {}
    }
}

/// Writes a choice of constants as one `enum`: a comment on a variant is no change of the form.
fn constants(members: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = members.get("oneOf") else { return };
    let mut values = Vec::new();
    for choice in choices {
        match (choice.get("const"), choice.get("enum")) {
            (Some(value), _) => values.push(value.clone()),
            (None, Some(Value::Array(some))) => values.extend(some.iter().cloned()),
            _ => return,
        }
    }
    if values.iter().all(Value::is_string) {
        members.remove("oneOf");
        members.insert("type".to_owned(), "string".into());
        members.insert("enum".to_owned(), values.into());
    }
}
