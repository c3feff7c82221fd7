use serde::de::{DeserializeOwned, IgnoredAny};
use serde_path_to_error::{Path, Segment};

use super::{
    message::{message, rule},
    objects::Objects,
};
use crate::{
    FieldError, ServiceError,
    error::{MalformedBody, MalformedJson},
};

/// Why a body is no value of the type: 400.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, ServiceError)]
#[non_exhaustive]
pub enum JsonError {
    /// `malformed_json`: it does not parse.
    #[error(transparent)]
    #[problem(transparent)]
    Json(#[from] MalformedJson),
    /// `malformed_body`: it parses, but a member is missing or of the wrong type.
    #[error(transparent)]
    #[problem(transparent)]
    Form(#[from] MalformedBody),
}

/// Reads a value from JSON. Members that `T` does not know are ignored.
///
/// # Errors
///
/// 400 `malformed_json` if it does not parse, 400 `malformed_body` with `field` and `pointer` if a
/// member is missing, stands there twice, or is of the wrong type.
pub fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err(MalformedJson { line: 1, column: error.valid_up_to() + 1 }.into());
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(Objects(&mut deserializer))
        .map_err(|error| (Some(error.path().clone()), error.into_inner()))
        .and_then(|value| deserializer.end().map(|()| value).map_err(|error| (None, error)));
    parsed.map_err(|(path, error)| reject(bytes, path.as_ref(), &error))
}

fn reject(bytes: &[u8], path: Option<&Path>, error: &serde_json::Error) -> JsonError {
    // Whether the text is JSON at all is told by a reading that keeps nothing: to the parser a
    // number beyond all types is a syntax error, and a missing member comes before what follows.
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(bytes) {
        return MalformedJson { line: error.line(), column: error.column() }.into();
    }
    let (message, member) = message(&error.to_string());
    let mut parts = path.map(parts).unwrap_or_default();
    parts.extend(member);
    let code = rule(&message);
    let mut entry = FieldError::new(message);
    if !parts.is_empty() {
        entry = entry.path(parts);
    }
    MalformedBody(entry.code(code)).into()
}

fn parts(path: &Path) -> Vec<String> {
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Map { key } => Some(key.clone()),
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Enum { variant } => Some(variant.clone()),
            Segment::Unknown => None,
        })
        .collect()
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
    fn a_struct_is_read_from_an_object_alone_however_deep() {
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "only whether it parses is of interest")]
        enum Kind {
            Lent { days: u8 },
            Sold(Box<Outer>),
        }
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "only whether it parses is of interest")]
        struct Outer {
            bodies: Vec<Option<Body>>,
            pair: (u8, u8),
            kind: Option<Kind>,
        }

        let good =
            r#"{"bodies":[null,{"title":"a","price":1}],"pair":[1,2],"kind":{"Lent":{"days":1}}}"#;
        from_json::<Outer>(good.as_bytes()).unwrap();
        for (json, pointer) in [
            (r#"{"bodies":[null,["a",1,null]],"pair":[1,2]}"#, "/bodies/1"),
            (r#"{"bodies":[],"pair":[1,2],"kind":{"Lent":[1]}}"#, "/kind/Lent"),
            (r#"{"bodies":[],"pair":[1,2],"kind":{"Sold":[[],[1,2],null]}}"#, "/kind/Sold"),
        ] {
            let error = from_json::<Outer>(json.as_bytes()).unwrap_err();
            let problem = Problem::of(&error);
            assert_eq!(problem.errors[0].pointer.as_deref(), Some(pointer), "{json}");
            assert_eq!(problem.errors[0].message, "must be an object", "{json}");
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
