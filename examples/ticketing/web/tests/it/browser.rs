//! Requests as a browser sends them, and answers as tests look at them.

use axum::{
    Router,
    body::{Body, to_bytes},
};
use http::{HeaderMap, Request, StatusCode};
use tower::ServiceExt;

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Where a redirect leads.
    #[track_caller]
    pub(crate) fn location(&self) -> &str {
        assert_eq!(self.status, 303, "{}", self.body);
        self.header("location")
    }

    #[track_caller]
    pub(crate) fn has(&self, text: &str) -> &Self {
        assert!(self.body.contains(text), "no `{text}` in {}", self.body);
        self
    }

    #[track_caller]
    pub(crate) fn lacks(&self, text: &str) -> &Self {
        assert!(!self.body.contains(text), "`{text}` in {}", self.body);
        self
    }

    /// What stands between two texts, each time.
    pub(crate) fn between<'a>(&'a self, start: &'a str, end: &'a str) -> Vec<&'a str> {
        let parts = self.body.split(start).skip(1);
        parts.filter_map(|part| part.split(end).next()).collect()
    }
}

/// Opens a page; `who` is a person of `canned`, or nobody.
pub(crate) async fn get(pages: &Router, path: &str, who: &str) -> Answer {
    send(pages, "GET", path, who, "", &[]).await
}

/// Sends a form of the page itself.
pub(crate) async fn post(pages: &Router, path: &str, who: &str, form: &str) -> Answer {
    send(pages, "POST", path, who, form, &[]).await
}

/// Sends anything; `more` replaces the headers of a browser by those of the same names.
pub(crate) async fn send(
    pages: &Router,
    method: &str,
    path: &str,
    who: &str,
    form: &str,
    more: &[(&str, &str)],
) -> Answer {
    let mut request = Request::builder().method(method).uri(path).body(Body::from(form.to_owned()));
    let headers = request.as_mut().unwrap().headers_mut();
    let mut usual = vec![
        ("host", "127.0.0.1:3000"),
        ("accept", "text/html,application/xhtml+xml,*/*;q=0.8"),
        ("sec-fetch-site", "same-origin"),
        ("user-agent", "test browser"),
    ];
    if method == "POST" {
        usual.push(("origin", "http://127.0.0.1:3000"));
        usual.push(("content-type", "application/x-www-form-urlencoded"));
    }
    let cookie = format!("ticketkit={who}");
    if !who.is_empty() {
        usual.push(("cookie", &cookie));
    }
    for (name, value) in usual.into_iter().chain(more.iter().copied()) {
        headers.insert(http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
    }
    let response = pages.clone().oneshot(request.unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}
