//! Fields of resources and events, as they are typed: `title:string`, `until:time?`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::names::{self, InvalidName};

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One line of 1 to 200 characters.
    String,
    /// Up to 10 000 characters, lines included.
    Text,
    I64,
    U32,
    Bool,
    Uuid,
    /// RFC 3339 in UTC.
    Time,
    /// An integer in the minor unit of its currency.
    Money,
    /// Any JSON value.
    Json,
}

/// What can be typed behind the colon, and what it means to a person.
pub(crate) const KINDS: &[(&str, Kind, &str)] = &[
    ("string", Kind::String, "one line of 1 to 200 characters"),
    ("text", Kind::Text, "up to 10 000 characters"),
    ("i64", Kind::I64, "a whole number"),
    ("u32", Kind::U32, "a whole number from 0 to 4 294 967 295"),
    ("bool", Kind::Bool, "yes or no"),
    ("uuid", Kind::Uuid, "the id of something else"),
    ("time", Kind::Time, "a point in time"),
    ("money", Kind::Money, "an amount in cents"),
    ("json", Kind::Json, "anything that JSON can say"),
];

/// A field: its name, what it holds, and whether it may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) optional: bool,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        KINDS.iter().find(|(_, kind, _)| *kind == self).map_or("", |(name, ..)| name)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.optional { "?" } else { "" };
        write!(f, "{}:{}{mark}", self.name, self.kind.name())
    }
}

impl From<Field> for String {
    fn from(field: Field) -> Self {
        field.to_string()
    }
}

impl TryFrom<String> for Field {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        text.parse()
    }
}

impl FromStr for Field {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let refuse = |why: String| Err(InvalidName::new(text.escape_debug().to_string(), why));
        let kinds: Vec<_> = KINDS.iter().map(|(name, ..)| *name).collect();
        let Some((name, kind)) = text.split_once(':') else {
            return refuse(format!("is no field: write name:type, with {}", kinds.join(", ")));
        };
        let (kind, optional) = kind.strip_suffix('?').map_or((kind, false), |kind| (kind, true));
        let Some((_, kind, _)) = KINDS.iter().find(|(known, ..)| *known == kind) else {
            return refuse(format!(
                "has the type `{}`; allowed are {}, each with `?` where it may be missing",
                kind.escape_debug(),
                kinds.join(", ")
            ));
        };
        let name = name.replace('-', "_");
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(letters) {
            return refuse("needs a name of lower-case letters, digits and `_`".to_owned());
        }
        if name.ends_with('_') || name.contains("__") {
            return refuse("has a `_` without a word behind it".to_owned());
        }
        let digit_first = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
        if name.split('_').any(digit_first) {
            return refuse("has a word that begins with a digit".to_owned());
        }
        if name.len() > names::LONGEST {
            return refuse(format!("has a name of more than {} characters", names::LONGEST));
        }
        if names::is_keyword(&name) {
            return refuse("has a keyword of Rust as its name".to_owned());
        }
        Ok(Self { name, kind: *kind, optional })
    }
}

/// Refuses names that are there twice, and those that the generated code needs.
pub(crate) fn check_all(fields: &[Field], taken: &[&str]) -> Result<(), InvalidName> {
    for (at, field) in fields.iter().enumerate() {
        let text = field.to_string();
        if taken.contains(&field.name.as_str()) {
            let why = format!("is there already: {} come by themselves", taken.join(", "));
            return Err(InvalidName::new(text, why));
        }
        if fields[..at].iter().any(|other| other.name == field.name) {
            return Err(InvalidName::new(text, "is named twice"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_and_written_in_one_form() {
        for text in ["title:string", "until:time?", "a_b2:json"] {
            assert_eq!(text.parse::<Field>().unwrap().to_string(), text);
        }
        assert_eq!("seat-no:u32".parse::<Field>().unwrap().name, "seat_no");
        for (bad, reason) in [
            ("title", "name:type"),
            ("title:varchar", "allowed are string"),
            ("Title:string", "lower-case"),
            (":string", "lower-case"),
            ("a__b:string", "without a word"),
            ("type:string", "keyword"),
            ("a_2:string", "begins with a digit"),
            ("abcdefghijklmnopqrstuvwxy:u32", "more than 24"),
        ] {
            let error = bad.parse::<Field>().unwrap_err().to_string();
            assert!(error.contains(reason), "{bad}: {error}");
        }
    }

    #[test]
    fn a_name_is_taken_once() {
        let fields = |texts: &[&str]| texts.iter().map(|t| t.parse().unwrap()).collect::<Vec<_>>();
        assert!(check_all(&fields(&["a:u32", "b:u32"]), &["id"]).is_ok());
        assert!(check_all(&fields(&["a:u32", "a:bool"]), &[]).is_err());
        assert!(check_all(&fields(&["id:uuid"]), &["id"]).is_err());
    }
}
