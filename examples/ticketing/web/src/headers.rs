//! The security headers of every page.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue, header};

use crate::app::App;

/// No inline script or style, nothing from elsewhere, no framing.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The same, open for what shows card fields: an origin of scripts, one that they call, and those
/// of their frames.
pub(crate) fn policy(scripts: &str, calls: &str, frames: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' {scripts}; style-src 'self'; img-src 'self'; \
         connect-src 'self' {calls}; frame-src {frames}; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

const HEADERS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

pub(crate) async fn secure(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    // Only the page of an order has card fields.
    let cards = app.config.card_entry.as_ref();
    let cards = cards.filter(|_| request.uri().path().starts_with("/orders/"));
    let policy = cards.map_or(HeaderValue::from_static(POLICY), |cards| cards.policy().clone());
    let https = app.config.cookies.is_secure();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if https {
        let value = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    response
}
