//! Services that answer from a script: enough for every page to have something to show.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use ticketing_web::{CardEntry, Gateway, WebConfig, WebService};
use ticketkit_auth::CookiePolicy;

use crate::canned;

/// A call that reached a service.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) address: Option<SocketAddr>,
}

type Script = HashMap<(Method, String), (StatusCode, Value)>;

/// The services. Whoever sends the cookie `ticketkit=<name>` is that person.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fake {
    script: Arc<Mutex<Script>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Fake {
    /// Makes them answer a path otherwise.
    pub(crate) fn on(&self, method: Method, path: &str, status: u16, body: Value) -> &Self {
        let status = StatusCode::from_u16(status).unwrap();
        self.script.lock().unwrap().insert((method, path.to_owned()), (status, body));
        self
    }

    /// Makes them refuse a call with a problem of a code.
    pub(crate) fn refuse(&self, method: Method, path: &str, status: u16, code: &str) -> &Self {
        self.on(method, path, status, canned::problem(status, code, &[]))
    }

    /// What has been called, in order.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn calls(&self, method: &Method, path: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|s| s.method == method && s.path == path).collect()
    }

    pub(crate) fn pages(&self) -> Router {
        self.service("http://127.0.0.1:3000").router()
    }

    pub(crate) fn service(&self, public_url: &str) -> WebService {
        let cookies = CookiePolicy::for_url(public_url).unwrap();
        WebService::new(WebConfig::new(cookies), self.gateway()).unwrap()
    }

    /// Pages on which buyers type their cards.
    pub(crate) fn pages_with_cards(&self) -> Router {
        let cookies = CookiePolicy::for_url("http://127.0.0.1:3000").unwrap();
        let cards = CardEntry::new("pk_test_1", "https://js.stripe.com/v3/").unwrap();
        let config = WebConfig::new(cookies).with_card_entry(Some(cards));
        WebService::new(config, self.gateway()).unwrap().router()
    }

    /// Pages that give up soon.
    pub(crate) fn hasty_pages(&self) -> Router {
        let cookies = CookiePolicy::for_url("http://127.0.0.1:3000").unwrap();
        let config = WebConfig::new(cookies).with_timeout(Duration::from_millis(20));
        WebService::new(config, self.gateway()).unwrap().router()
    }

    pub(crate) fn gateway(&self) -> Gateway {
        let fake = self.clone();
        Gateway::from_fn(move |request| {
            let fake = fake.clone();
            async move { fake.answer(request).await }
        })
    }

    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        let path = parts.uri.path().to_owned();
        let seen = Seen {
            method: parts.method.clone(),
            path: path.clone(),
            headers: parts.headers.clone(),
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
            address: parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0),
        };
        self.seen.lock().unwrap().push(seen);
        let cookies = parts.headers.get("cookie").and_then(|v| v.to_str().ok()).unwrap_or("");
        let scripted =
            self.script.lock().unwrap().get(&(parts.method.clone(), path.clone())).cloned();
        if let Some((status, body)) = scripted {
            return reply(status, &body);
        }
        match (&parts.method, &*path) {
            (_, "/api/users/currentuser") => {
                let user = canned::PEOPLE
                    .iter()
                    .find(|name| cookies.split("; ").any(|c| c == format!("ticketkit={name}")));
                reply(
                    StatusCode::OK,
                    &json!({ "currentUser": user.map(|name| canned::user(name)) }),
                )
            }
            (&Method::POST, "/api/users/refresh") if cookies.contains("refresh=good") => {
                signed_in(StatusCode::OK, "buyer")
            }
            (&Method::POST, "/api/users/signin") => signed_in(StatusCode::OK, "buyer"),
            (&Method::POST, "/api/users/signup") => signed_in(StatusCode::CREATED, "buyer"),
            (_, "/api/users/refresh") => {
                reply(StatusCode::UNAUTHORIZED, &canned::problem(401, "unauthenticated", &[]))
            }
            (method, path) => match canned::document(method, path) {
                Some((status, body)) => reply(status, &body),
                None => reply(StatusCode::NOT_FOUND, &canned::problem(404, "not_found", &[])),
            },
        }
    }
}

fn reply(status: StatusCode, body: &Value) -> Response<Body> {
    let kind = if status.as_u16() < 400 { "application/json" } else { "application/problem+json" };
    let response = Response::builder().status(status).header("content-type", kind);
    response.body(Body::from(body.to_string())).unwrap()
}

fn signed_in(status: StatusCode, name: &str) -> Response<Body> {
    let mut response = reply(status, &canned::user(name));
    for cookie in [format!("ticketkit={name}"), "ticketkit-refresh=next".to_owned()] {
        let line = format!("{cookie}; HttpOnly; SameSite=Lax; Path=/; Max-Age=604800");
        response.headers_mut().append("set-cookie", line.parse().unwrap());
    }
    response
}
