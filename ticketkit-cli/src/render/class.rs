//! Whose a file is: said in its first line.

use std::path::Path;

/// The two classes of generated files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Lists and wiring, which every `add` and `remove` writes anew.
    Owned,
    /// Everything else: written once, and from then on only merged into.
    Yours,
}

impl Class {
    const fn sentence(self) -> &'static str {
        match self {
            Self::Owned => "Owned by cargo ticketkit: every add, remove and update writes it anew.",
            Self::Yours => "Yours: cargo ticketkit wrote it once, and only ever merges into it.",
        }
    }

    /// Puts the sentence before a text, as a comment of its language.
    pub(super) fn mark(self, path: &str, text: &str) -> String {
        let sentence = self.sentence();
        let path = Path::new(path);
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("rs") => format!("// {sentence}\n\n{text}"),
            Some("sql") => format!("-- {sentence}\n\n{text}"),
            Some("md") => format!("<!-- {sentence} -->\n\n{text}"),
            // It has a form that others read, and nothing else in it.
            Some("json") if path.ends_with("events.lock.json") => text.to_owned(),
            // JSON has no comments; OpenAPI allows members that begin with `x-`.
            Some("json") => {
                let body = text.trim_start().strip_prefix('{').unwrap_or(text);
                format!("{{ \"x-ticketkit\": \"{sentence}\",{body}")
            }
            _ => format!("# {sentence}\n\n{text}"),
        }
    }
}
