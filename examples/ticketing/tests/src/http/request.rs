//! What is sent.

use serde_json::Value;

/// The body of a [`Request`] and how its length is told.
#[derive(Debug, Clone)]
pub enum Content {
    /// None, and no word about it.
    Nothing,
    /// With `Content-Length`.
    Sized(Vec<u8>),
    /// With `Transfer-Encoding: chunked`, in several chunks.
    Chunked(Vec<u8>),
    /// A `Content-Length`, and then not a single byte.
    Announced(u64),
}

/// A request, to be sent as it is written.
#[derive(Debug, Clone)]
#[must_use]
pub struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    headers: Vec<(String, String)>,
    content: Content,
}

impl Request {
    /// Any method, any target.
    pub fn new(method: impl Into<String>, target: impl Into<String>) -> Self {
        let (method, target) = (method.into(), target.into());
        Self { method, target, headers: Vec::new(), content: Content::Nothing }
    }

    /// `GET`.
    pub fn get(target: impl Into<String>) -> Self {
        Self::new("GET", target)
    }

    /// `POST`.
    pub fn post(target: impl Into<String>) -> Self {
        Self::new("POST", target)
    }

    /// `PUT`.
    pub fn put(target: impl Into<String>) -> Self {
        Self::new("PUT", target)
    }

    /// `DELETE`.
    pub fn delete(target: impl Into<String>) -> Self {
        Self::new("DELETE", target)
    }

    /// Adds a header; a second one of the name is sent as well.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// A JSON document with its content type.
    pub fn json(self, document: &Value) -> Self {
        self.header("content-type", "application/json").content(Content::Sized(bytes(document)))
    }

    /// Bytes that claim to be JSON.
    pub fn json_bytes(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.header("content-type", "application/json").content(Content::Sized(bytes.into()))
    }

    /// A form as a browser sends it.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        self.header("content-type", "application/x-www-form-urlencoded")
            .content(Content::Sized(pairs.join("&").into_bytes()))
    }

    /// Sets the body alone, without a content type.
    pub fn content(mut self, content: Content) -> Self {
        self.content = content;
        self
    }

    /// Whether a header of that name was added.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
    }

    /// Whether the `Accept` header names HTML, as a browser's does.
    #[must_use]
    pub(crate) fn accepts_html(&self) -> bool {
        let mut accepts = self.headers.iter().filter(|(name, _)| name == "accept");
        accepts.any(|(_, value)| value.contains("text/html"))
    }

    /// The bytes on the wire.
    pub(crate) fn to_bytes(&self, host: &str) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        if !self.has("host") {
            head.push_str(&format!("host: {host}\r\n"));
        }
        head.push_str("connection: close\r\n");
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let body = match &self.content {
            Content::Nothing => Vec::new(),
            Content::Sized(body) => {
                head.push_str(&format!("content-length: {}\r\n", body.len()));
                body.clone()
            }
            Content::Chunked(body) => {
                head.push_str("transfer-encoding: chunked\r\n");
                chunks(body)
            }
            Content::Announced(length) => {
                head.push_str(&format!("content-length: {length}\r\n"));
                Vec::new()
            }
        };
        head.push_str("\r\n");
        [head.into_bytes(), body].concat()
    }
}

fn chunks(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in body.chunks(8 * 1024) {
        out.extend(format!("{:x}\r\n", part.len()).bytes());
        out.extend(part);
        out.extend(b"\r\n");
    }
    out.extend(b"0\r\n\r\n");
    out
}

fn bytes(document: &Value) -> Vec<u8> {
    document.to_string().into_bytes()
}

/// Percent-encodes everything that is not unreserved.
#[must_use]
pub(crate) fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunked_bodies_end() {
        assert_eq!(chunks(b"abc"), b"3\r\nabc\r\n0\r\n\r\n");
    }

    #[test]
    fn an_announced_body_is_not_sent() {
        let sent = Request::post("/x").content(Content::Announced(9)).to_bytes("h");
        assert!(sent.ends_with(b"content-length: 9\r\n\r\n"));
    }
}
