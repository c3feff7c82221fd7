//! One small API, whichever framework it is written with, and the requests whose answers are the
//! files beside this one.

/// A request, and what its answer has besides the body.
pub(crate) struct Case {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) body: String,
    pub(crate) status: u16,
    pub(crate) retry_after: Option<&'static str>,
    /// The bytes of the body.
    pub(crate) expected: &'static str,
}

/// What makes two answers comparable.
pub(crate) const REQUEST_ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
pub(crate) const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// What stands in every source and panic, and never in an answer.
pub(crate) const CANARY: &str = "db-7.internal";

pub(crate) fn cases() -> Vec<Case> {
    macro_rules! golden {
        ($name:literal) => {
            include_str!(concat!($name, ".json")).trim_end()
        };
    }
    let json = Some("application/json");
    let post = |content_type, body: &str, status, expected| Case {
        method: "POST",
        path: "/api/tickets",
        content_type,
        body: body.to_owned(),
        status,
        retry_after: None,
        expected,
    };
    let plain = |method, path, status, expected| Case {
        method,
        path,
        content_type: None,
        body: String::new(),
        status,
        retry_after: (status == 429).then_some("30"),
        expected,
    };
    let too_long = " ".repeat(64 * 1024 + 1);
    let wrong_type = r#"{"title": "Concert", "unitPrice": "5"}"#;
    let broken = r#"{"title": "", "unitPrice": 0}"#;
    vec![
        post(Some("text/plain"), "{}", 415, golden!("unsupported_media_type")),
        post(json, &too_long, 413, golden!("payload_too_large")),
        post(json, "{\"title\": ", 400, golden!("malformed_json")),
        post(json, wrong_type, 400, golden!("malformed_body")),
        post(json, broken, 422, golden!("validation_failed")),
        plain("POST", "/api/tickets/7/orders", 409, golden!("ticket_reserved")),
        plain("POST", "/api/signin", 429, golden!("rate_limited")),
        plain("GET", "/api/report", 500, golden!("internal")),
        // A panic is told like any other bug.
        plain("GET", "/api/bug", 500, golden!("internal")),
        plain("GET", "/api/nowhere", 404, golden!("not_found")),
        plain("DELETE", "/api/tickets", 405, golden!("method_not_allowed")),
    ]
}
