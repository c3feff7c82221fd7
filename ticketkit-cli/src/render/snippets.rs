//! What a field is in each of the languages that it is written in.

use serde_json::{Value, json};

use crate::field::{Field, Kind};

/// Its type in Rust.
pub(super) fn rust(field: &Field) -> String {
    let plain = match field.kind {
        Kind::String | Kind::Text => "String",
        Kind::I64 | Kind::Money => "i64",
        Kind::U32 => "u32",
        Kind::Bool => "bool",
        Kind::Uuid => "Uuid",
        Kind::Time => "Timestamp",
        Kind::Json => "Value",
    };
    if field.optional { format!("Option<{plain}>") } else { plain.to_owned() }
}

/// The type of its column, the same on all databases.
pub(super) const fn sql(field: &Field) -> &'static str {
    let number =
        matches!(field.kind, Kind::I64 | Kind::Money | Kind::U32 | Kind::Bool | Kind::Time);
    match (number, field.optional) {
        (true, false) => "bigint not null",
        (true, true) => "bigint",
        (false, false) => "text not null",
        (false, true) => "text",
    }
}

/// How it is read from `row`.
pub(super) fn read(field: &Field) -> String {
    let name = &field.name;
    let call = match (field.kind, field.optional) {
        (Kind::String | Kind::Text | Kind::I64 | Kind::Money, _) => {
            return format!("row.try_get(\"{name}\")?");
        }
        (Kind::Bool, false) => return format!("row.try_get::<i64, _>(\"{name}\")? != 0"),
        (Kind::Bool, true) => "flag_option",
        (Kind::U32, false) => "count",
        (Kind::U32, true) => "count_option",
        (Kind::Uuid | Kind::Json, false) => "parsed",
        (Kind::Uuid | Kind::Json, true) => "parsed_option",
        (Kind::Time, false) => "time",
        (Kind::Time, true) => "time_option",
    };
    format!("{call}(row, \"{name}\")?")
}

/// How it is bound, out of `fields`.
pub(super) fn bind(field: &Field) -> String {
    let value = format!("fields.{}", field.name);
    match (field.kind, field.optional) {
        (Kind::String | Kind::Text, _) => format!("{value}.clone()"),
        (Kind::I64 | Kind::Money, _) => value,
        (Kind::U32 | Kind::Bool, false) => format!("i64::from({value})"),
        (Kind::U32 | Kind::Bool, true) => format!("{value}.map(i64::from)"),
        (Kind::Uuid, false) | (Kind::Json, false) => format!("{value}.to_string()"),
        (Kind::Uuid, true) => format!("{value}.map(|id| id.to_string())"),
        (Kind::Json, true) => format!("{value}.as_ref().map(ToString::to_string)"),
        (Kind::Time, false) => format!("{value}.as_millis()"),
        (Kind::Time, true) => format!("{value}.map(Timestamp::as_millis)"),
    }
}

/// A value in JSON.
pub(super) const fn sample(kind: Kind) -> &'static str {
    match kind {
        Kind::String => "\"Two words\"",
        Kind::Text => "\"First line\\nand second\"",
        Kind::I64 => "-7",
        Kind::U32 => "7",
        Kind::Bool => "true",
        Kind::Uuid => "\"01990000-0000-7000-8000-000000000001\"",
        Kind::Time => "\"2026-11-23T06:15:00.000Z\"",
        Kind::Money => "1999",
        Kind::Json => "{\"any\": [\"thing\", 1]}",
    }
}

/// Another value in JSON.
pub(super) const fn other(kind: Kind) -> &'static str {
    match kind {
        Kind::String => "\"Other words\"",
        Kind::Text => "\"Another text\"",
        Kind::I64 => "8",
        Kind::U32 => "9",
        Kind::Bool => "false",
        Kind::Uuid => "\"01990000-0000-7000-8000-000000000002\"",
        Kind::Time => "\"2027-01-01T00:00:00.000Z\"",
        Kind::Money => "4500",
        Kind::Json => "[1, 2]",
    }
}

/// Its schema in OpenAPI.
pub(super) const fn schema(kind: Kind) -> &'static str {
    match kind {
        Kind::String => "{ \"type\": \"string\", \"minLength\": 1, \"maxLength\": 200 }",
        Kind::Text => "{ \"type\": \"string\", \"minLength\": 1, \"maxLength\": 10000 }",
        Kind::I64 => "{ \"type\": \"integer\", \"format\": \"int64\" }",
        Kind::U32 => "{ \"type\": \"integer\", \"minimum\": 0, \"maximum\": 4294967295 }",
        Kind::Bool => "{ \"type\": \"boolean\" }",
        Kind::Uuid => "{ \"type\": \"string\", \"format\": \"uuid\" }",
        Kind::Time => "{ \"type\": \"string\", \"format\": \"date-time\" }",
        Kind::Money => "{ \"type\": \"integer\", \"minimum\": 0, \"maximum\": 100000000000 }",
        Kind::Json => "{}",
    }
}

/// Its schema as schemars makes it of its type, without what only describes.
pub(super) fn form(field: &Field) -> Value {
    let mut form = match field.kind {
        Kind::String | Kind::Text => json!({ "type": "string" }),
        Kind::I64 | Kind::Money => json!({ "type": "integer", "format": "int64" }),
        Kind::U32 => json!({ "type": "integer", "format": "uint32", "minimum": 0 }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Uuid => json!({ "type": "string", "format": "uuid" }),
        Kind::Time => json!({ "type": "string", "format": "date-time" }),
        // Anything, which null is too.
        Kind::Json => return json!(true),
    };
    if field.optional {
        let mut types = [json!("null"), form["type"].clone()];
        types.sort_by_key(Value::to_string);
        form["type"] = json!(types);
    }
    form
}

/// A value in Rust.
pub(super) fn value(field: &Field) -> String {
    let plain = match field.kind {
        Kind::String => "\"Two words\".to_owned()",
        Kind::Text => "\"First line\\nand second\".to_owned()",
        Kind::I64 => "-7",
        Kind::U32 => "7",
        Kind::Bool => "true",
        Kind::Uuid => "Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0001)",
        Kind::Time => "Timestamp::from_millis(1_795_414_500_000)",
        Kind::Money => "1999",
        Kind::Json => "json!({\"any\": [\"thing\", 1]})",
    };
    if field.optional { format!("Some({plain})") } else { plain.to_owned() }
}
