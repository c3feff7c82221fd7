use std::fmt;

use http::{HeaderMap, header};

/// How much of a foreign body is kept for the log, in characters.
const EXCERPT: usize = 200;

/// The body of an answer that is no problem document: what it is, and how it begins.
///
/// It is for the log. Its `Display` says what and how much it is; only [`excerpt`](Self::excerpt)
/// quotes it, on one line and without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignBody {
    content_type: Option<String>,
    length: usize,
    excerpt: String,
}

impl ForeignBody {
    pub(super) fn of(headers: &HeaderMap, body: &[u8]) -> Self {
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let head = &body[..body.len().min(EXCERPT * 4)];
        let excerpt = String::from_utf8_lossy(head)
            .chars()
            .take(EXCERPT)
            .map(|c| if is_harmless(c) { c } else { ' ' })
            .collect();
        Self {
            content_type: content_type.map(|kind| kind.chars().take(100).collect()),
            length: body.len(),
            excerpt,
        }
    }

    /// Returns the content type, if the answer named one.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// Returns the length that was read, in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// Returns how it begins: at most 200 characters, for the log alone.
    #[must_use]
    pub fn excerpt(&self) -> &str {
        &self.excerpt
    }
}

/// Neither a control character nor one that turns the direction of a terminal's text.
fn is_harmless(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl fmt::Display for ForeignBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.content_type().unwrap_or("no content type");
        write!(f, "{} bytes of {kind}", self.length)
    }
}
