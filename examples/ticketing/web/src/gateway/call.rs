//! One call to an API, in a form that can be sent twice.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde::Serialize;

/// A call to an API: sent again after the session was refreshed.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Call {
    fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: HeaderMap::new(), body: Bytes::new() }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    pub(crate) fn put(path: impl Into<String>) -> Self {
        Self::new(Method::PUT, path)
    }

    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path)
    }

    /// Adds the parameters that are not empty.
    pub(crate) fn query(mut self, pairs: &[(&str, &str)]) -> Self {
        let pairs: Vec<_> = pairs.iter().filter(|(_, value)| !value.is_empty()).collect();
        if let Ok(query) = serde_urlencoded::to_string(pairs)
            && !query.is_empty()
        {
            self.path = format!("{}?{query}", self.path);
        }
        self
    }

    pub(crate) fn json(mut self, body: &impl Serialize) -> Self {
        // What the pages send are strings and numbers: they can not fail to serialise.
        self.body = serde_json::to_vec(body).unwrap_or_default().into();
        let json = HeaderValue::from_static("application/json");
        self.headers.insert(header::CONTENT_TYPE, json);
        self
    }

    /// Adds a header, unless its value is none.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Demands that the object still has this version.
    pub(crate) fn if_version(self, version: &str) -> Self {
        if version.is_empty() {
            return self;
        }
        self.header(header::IF_MATCH, &format!("\"{version}\""))
    }
}
