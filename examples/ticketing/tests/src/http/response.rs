//! What came back.

use std::fmt;

use serde_json::Value;

use crate::contract::Problem;

/// Status line and headers.
#[derive(Debug, Clone)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// Whether a `100 Continue` came before: the server asked for the body.
    pub continued: bool,
    pub(crate) headers: Vec<(String, String)>,
}

impl Head {
    /// The first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Every header of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The headers without those that differ from one answer to the next by nature, sorted.
    #[must_use]
    pub fn lasting(&self) -> Vec<(String, String)> {
        let mut headers = self.headers.clone();
        headers.retain(|(name, _)| name != "x-request-id" && name != "date");
        headers.sort();
        headers
    }
}

/// A whole response.
#[derive(Clone)]
pub struct Response {
    /// Status and headers.
    pub head: Head,
    /// The body, decoded from its framing.
    pub body: Vec<u8>,
    /// What was asked, for messages.
    pub(crate) question: String,
}

impl Response {
    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.head.status
    }

    /// The first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// Fails unless the status is this one.
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "an assertion; the value is often not needed")]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status(), status, "{self:?}");
        self
    }

    /// Fails unless it is a problem of this status and code.
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "an assertion; the value is often not needed")]
    pub fn problem(&self, status: u16, code: &str) -> Problem {
        assert_eq!(self.status(), status, "expected {status} {code}: {self:?}");
        let problem = Problem::of(self);
        assert_eq!(problem.code, code, "expected {status} {code}: {self:?}");
        problem
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{} -> {}", self.question, self.head.status)?;
        for (name, value) in &self.head.headers {
            writeln!(out, "  {name}: {value}")?;
        }
        let text = self.text();
        let shown: String = text.chars().take(2_000).collect();
        write!(out, "  {shown}")
    }
}
