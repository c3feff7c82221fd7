//! Names that a person gives to projects, services, resources, fields and events.
//!
//! All of them become parts of Rust code, of SQL, of URLs and of file paths, so that what is allowed
//! is narrow, and is checked once: here.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How long a name may be, so that no generated line depends on how long it is.
pub(crate) const LONGEST: usize = 24;

/// Lower-case letters and digits in words that are joined by hyphens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Name(String);

/// A text that is no name, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` {why}")]
pub(crate) struct InvalidName {
    name: String,
    why: String,
}

impl InvalidName {
    pub(crate) fn new(name: impl Into<String>, why: impl Into<String>) -> Self {
        Self { name: name.into(), why: why.into() }
    }
}

impl Name {
    /// The service that `--auth` brings.
    pub(crate) fn auth() -> Self {
        Self("auth".to_owned())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// `two-words` as `two_words`.
    pub(crate) fn snake(&self) -> String {
        self.0.replace('-', "_")
    }

    /// `two-words` as `TwoWords`.
    pub(crate) fn pascal(&self) -> String {
        self.0.split('-').map(capitalised).collect()
    }

    /// `two-words` as `two words`.
    pub(crate) fn human(&self) -> String {
        self.0.replace('-', " ")
    }

    /// `two-words` as `TWO_WORDS`.
    pub(crate) fn shouted(&self) -> String {
        self.snake().to_ascii_uppercase()
    }

    /// The plural by the commonest rules of English; `--plural` says it where they are wrong.
    pub(crate) fn plural(&self) -> String {
        let name = &self.0;
        let vowel = |c: Option<char>| c.is_some_and(|c| "aeiou".contains(c));
        if name.ends_with(['s', 'x', 'z']) || name.ends_with("ch") || name.ends_with("sh") {
            format!("{name}es")
        } else if name.ends_with('y') && !vowel(name.chars().rev().nth(1)) {
            format!("{}ies", &name[..name.len() - 1])
        } else {
            format!("{name}s")
        }
    }
}

/// `word` as `Word`.
pub(crate) fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// `two_words` as `twoWords`, as JSON has it.
pub(crate) fn camel(snake: &str) -> String {
    let mut words = snake.split('_').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| text + &capitalised(word))
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Name {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let refuse = |why: &str| Err(InvalidName::new(text.escape_debug().to_string(), why));
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() {
            return refuse("is empty: a name has lower-case letters, digits and `-`");
        }
        if let Some(odd) = text.chars().find(|c| !allowed(*c)) {
            let odd = odd.escape_debug();
            return refuse(&format!(
                "has the character `{odd}`; allowed are lower-case letters, digits and `-`"
            ));
        }
        if !text.starts_with(|c: char| c.is_ascii_lowercase()) {
            return refuse("must begin with a letter");
        }
        if text.ends_with('-') || text.contains("--") {
            return refuse("has a `-` without a word behind it");
        }
        if text.split('-').any(|word| word.starts_with(|c: char| c.is_ascii_digit())) {
            return refuse("has a word that begins with a digit");
        }
        if text.len() > LONGEST {
            return refuse(&format!(
                "has {} characters; at most {LONGEST} are allowed",
                text.len()
            ));
        }
        if is_keyword(&text.replace('-', "_")) {
            return refuse("is a keyword of Rust");
        }
        Ok(Self(text.to_owned()))
    }
}

/// Checks the name of a project, which is also that of a package.
pub(crate) fn project(text: &str) -> Result<Name, InvalidName> {
    let name: Name = text.parse()?;
    if RESERVED_PACKAGES.contains(&text) {
        return Err(InvalidName::new(text, "is the name of a package that every project uses"));
    }
    if WINDOWS_DEVICES.contains(&text) {
        return Err(InvalidName::new(text, "is a device on Windows and cannot be a folder there"));
    }
    Ok(name)
}

/// Checks the name of a service, which is also that of a folder.
pub(crate) fn service(text: &str) -> Result<Name, InvalidName> {
    let name: Name = text.parse()?;
    if FOLDERS.contains(&text) {
        return Err(InvalidName::new(text, "is a folder that every project has"));
    }
    if WINDOWS_DEVICES.contains(&text) {
        return Err(InvalidName::new(text, "is a device on Windows and cannot be a folder there"));
    }
    Ok(name)
}

/// Checks the name of a resource, which is also that of a type and of modules.
pub(crate) fn resource(text: &str) -> Result<Name, InvalidName> {
    let name: Name = text.parse()?;
    let pascal = name.pascal();
    if TYPES.contains(&pascal.as_str()) {
        let why = format!("would make a type `{pascal}`, and generated code has another of it");
        return Err(InvalidName::new(text, why));
    }
    if ["rules", "mod", "about"].contains(&text) {
        return Err(InvalidName::new(text, "is a module that every service may have"));
    }
    Ok(name)
}

pub(crate) fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

/// Tells whether SQL gives the word a meaning, on SQLite or PostgreSQL.
pub(crate) fn is_sql_word(word: &str) -> bool {
    SQL_WORDS.contains(&word)
}

const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "union", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

const RESERVED_PACKAGES: &[&str] = &[
    "alloc",
    "argon2",
    "axum",
    "cargo",
    "contracts",
    "core",
    "http",
    "proc-macro",
    "serde",
    "serde-json",
    "sqlx",
    "std",
    "tempfile",
    "test",
    "thiserror",
    // Its services would be packages such as `ticketkit-core`.
    "ticketkit",
    "ticketkit-auth",
    "ticketkit-core",
    "ticketkit-events",
    "tokio",
    "tower",
    "tracing",
    "uuid",
];

const WINDOWS_DEVICES: &[&str] = &["aux", "con", "nul", "prn"];

/// What stands in the root of a project.
const FOLDERS: &[&str] =
    &["app", "contracts", "deploy", "docs", "examples", "src", "target", "tests"];

/// Types that generated code brings into scope where a resource's own type stands.
const TYPES: &[&str] = &[
    "About",
    "Any",
    "AnyRow",
    "App",
    "AuthError",
    "AuthLayer",
    "Box",
    "Bus",
    "CrossSiteLayer",
    "CurrentUser",
    "Database",
    "Duration",
    "Err",
    "Error",
    "Executor",
    "Extension",
    "FieldError",
    "FromStr",
    "Health",
    "IfMatch",
    "IntoResponse",
    "Json",
    "Migration",
    "News",
    "None",
    "NotFound",
    "Ok",
    "Option",
    "Page",
    "PageQuery",
    "Paging",
    "PathId",
    "Publisher",
    "Query",
    "Relay",
    "RequestId",
    "Response",
    "Result",
    "Router",
    "Row",
    "Runner",
    "Self",
    "Setup",
    "Shutdown",
    "Some",
    "StaleVersion",
    "StartError",
    "State",
    "StatusCode",
    "String",
    "Timestamp",
    "Tx",
    "User",
    "Uuid",
    "Validation",
    "Value",
    "Vec",
];

const SQL_WORDS: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "binary",
    "both",
    "by",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "commit",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_date",
    "current_role",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "delete",
    "desc",
    "distinct",
    "do",
    "drop",
    "else",
    "end",
    "escape",
    "except",
    "exists",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "index",
    "initially",
    "inner",
    "insert",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "set",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "transaction",
    "true",
    "union",
    "unique",
    "update",
    "user",
    "using",
    "values",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_what_is_none_with_the_reason() {
        for good in ["a", "shop", "two-words", "v2", "abcdefghijklmnopqrstuvwx"] {
            assert!(good.parse::<Name>().is_ok(), "{good}");
        }
        for (bad, reason) in [
            ("", "empty"),
            ("Shop", "`S`"),
            ("my shop", "` `"),
            ("a/../b", "`/`"),
            ("..", "`.`"),
            ("a\0", "`\\0`"),
            ("naïve", "`ï`"),
            ("a_b", "`_`"),
            ("2fast", "begin with a letter"),
            ("a-", "without a word"),
            ("a--b", "without a word"),
            ("-a", "begin with a letter"),
            ("a-2", "begins with a digit"),
            ("async", "keyword"),
            ("abcdefghijklmnopqrstuvwxy", "at most 24"),
        ] {
            let error = bad.parse::<Name>().unwrap_err().to_string();
            assert!(error.contains(reason), "{bad:?}: {error}");
        }
        assert!(
            project("serde").is_err() && service("app").is_err() && resource("option").is_err()
        );
    }

    #[test]
    fn a_name_in_its_other_forms() {
        let name: Name = "two-words".parse().unwrap();
        let forms = [name.snake(), name.pascal(), name.human(), name.shouted(), name.plural()];
        assert_eq!(forms, ["two_words", "TwoWords", "two words", "TWO_WORDS", "two-wordses"]);
        for (one, many) in
            [("ticket", "tickets"), ("city", "cities"), ("day", "days"), ("box-x", "box-xes")]
        {
            assert_eq!(one.parse::<Name>().unwrap().plural(), many);
        }
        assert_eq!(camel("user_id"), "userId");
    }
}
