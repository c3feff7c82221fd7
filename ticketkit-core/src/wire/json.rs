use serde::de::{DeserializeOwned, IgnoredAny};
use serde_path_to_error::{Path, Segment};

use super::shape::wants_object;
use crate::{
    FieldError,
    axum::BodyRejection,
    error::{MalformedBody, MalformedJson},
};

/// Reads a value from JSON.
pub(crate) fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BodyRejection> {
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err(MalformedJson { line: 1, column: error.valid_up_to() + 1 }.into());
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| (Some(error.path().clone()), error.into_inner()))
        .and_then(|value| deserializer.end().map(|()| value).map_err(|error| (None, error)));
    match parsed {
        // Derived code reads a struct from an array too; the contract does not.
        Ok(_) if wants_object::<T>() && !is_object(bytes) => {
            let error = FieldError::new("must be an object").code("type");
            Err(MalformedBody(error).into())
        }
        Ok(value) => Ok(value),
        Err((path, error)) => Err(reject(bytes, path.as_ref(), &error)),
    }
}

fn is_object(bytes: &[u8]) -> bool {
    bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

fn reject(bytes: &[u8], path: Option<&Path>, error: &serde_json::Error) -> BodyRejection {
    // Whether the text is JSON at all is told by a reading that keeps nothing: to the parser a
    // number beyond all types is a syntax error, and a missing member comes before what follows.
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(bytes) {
        return MalformedJson { line: error.line(), column: error.column() }.into();
    }
    let (message, missing) = message(&error.to_string());
    let mut field = path.map(dotted).unwrap_or_default();
    if let Some(member) = missing {
        if !field.is_empty() {
            field.push('.');
        }
        field.push_str(&member);
    }
    let mut entry = FieldError::new(message);
    if !field.is_empty() {
        entry = entry.field(field);
    }
    MalformedBody(entry.code("type")).into()
}

fn dotted(path: &Path) -> String {
    let mut text = String::new();
    for segment in path {
        let part = match segment {
            Segment::Map { key } => key.clone(),
            Segment::Seq { index } => index.to_string(),
            Segment::Enum { variant } => variant.clone(),
            Segment::Unknown => continue,
        };
        if !text.is_empty() {
            text.push('.');
        }
        text.push_str(&part);
    }
    text
}

/// Says in the contract's words what serde found, and which member is missing.
///
/// serde's own text can quote the value, which may be a password, so it is never passed on.
fn message(text: &str) -> (String, Option<String>) {
    let quoted = |text: &str| text.split('`').nth(1).map(str::to_owned);
    if text.starts_with("missing field") {
        return ("is required".to_owned(), quoted(text));
    }
    if text.starts_with("duplicate field") {
        return ("must stand there once".to_owned(), quoted(text));
    }
    let expected = text
        .split_once(", expected ")
        .map(|(_, rest)| rest.rsplit_once(" at line").map_or(rest, |(expected, _)| expected));
    let message = match expected {
        _ if text.starts_with("number out of range") => "must be a number of at most 64 bits",
        _ if text.starts_with("UUID parsing failed") => "must be a UUID",
        Some(kind) if kind.contains("UUID") => "must be a UUID",
        Some("a string" | "a borrowed string") => "must be a string",
        Some("a boolean") => "must be true or false",
        Some("i64" | "u64" | "i32" | "u32") => "must be an integer of at most 64 bits",
        Some(kind) if kind.starts_with("struct") || kind == "a map" => "must be an object",
        Some("a sequence") => "must be an array",
        _ => "has not the expected form",
    };
    (message.to_owned(), None)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::{Problem, ServiceError};

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only whether it parses is of interest")]
    struct Body {
        title: String,
        price: i64,
        id: Option<uuid::Uuid>,
    }

    fn refusal(json: &str) -> (String, Option<String>) {
        let error = from_json::<Body>(json.as_bytes()).unwrap_err();
        let problem = Problem::of(&error);
        assert_eq!(error.status().as_u16(), 400);
        let pointer = problem.errors[0].pointer.clone().map(Into::into);
        (problem.code.as_str().to_owned(), pointer)
    }

    #[test]
    fn what_does_not_parse_is_malformed_json() {
        for json in ["", " ", "{", "nonsense", "{\"title\":}", "{} {}", "{\"a\":01}", "\u{7f}"] {
            assert_eq!(refusal(json).0, "malformed_json", "{json}");
        }
        let error = from_json::<Body>(b"{\"title\":\"\xff\",\"price\":1}").unwrap_err();
        assert_eq!(error.code().as_str(), "malformed_json");
    }

    #[test]
    fn what_parses_but_does_not_fit_names_the_member() {
        for (json, pointer) in [
            (r#"{"price":1}"#, Some("/title")),
            (r#"{"title":null,"price":1}"#, Some("/title")),
            (r#"{"title":5,"price":1}"#, Some("/title")),
            (r#"{"title":"a","price":1.5}"#, Some("/price")),
            (r#"{"title":"a","price":"1"}"#, Some("/price")),
            (r#"{"title":"a","price":9223372036854775808}"#, Some("/price")),
            (r#"{"title":"a","price":1e400}"#, Some("/price")),
            (r#"{"title":"a","price":1,"id":"x"}"#, Some("/id")),
            (r#"{"title":"a","title":"b","price":1}"#, Some("/title")),
            (r#"["a",1,null]"#, None),
            ("5", None),
            ("null", None),
        ] {
            let refused = refusal(json);
            assert_eq!(refused, ("malformed_body".into(), pointer.map(Into::into)), "{json}");
        }
    }

    #[test]
    fn unknown_members_are_ignored_however_deep() {
        let deep =
            format!(r#"{{"title":"a","price":1,"x":{}{}}}"#, "[".repeat(900), "]".repeat(900));
        assert!(from_json::<Body>(deep.as_bytes()).is_ok());
    }

    #[test]
    fn no_message_quotes_a_value() {
        let error = from_json::<Body>(br#"{"title":"a","price":"hunter2"}"#).unwrap_err();
        assert!(!String::from_utf8(Problem::of(&error).to_json()).unwrap().contains("hunter2"));
    }
}
