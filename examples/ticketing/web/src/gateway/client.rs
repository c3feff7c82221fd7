//! Calls on behalf of one page request, and the upkeep of its session.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{body::Body, extract::ConnectInfo};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use serde::de::DeserializeOwned;
use ticketkit_auth::CookiePolicy;
use ticketkit_core::{RequestId, request_id::X_REQUEST_ID};
use tokio::sync::OnceCell;

use super::{Call, Gateway, Reply, jar::Jar};
use crate::{
    api::{CurrentUser, User},
    error::Error,
};

/// Calls the services as the browser that asked for the page.
///
/// An access token lives for minutes. Where it has run out and the browser has a refresh token, the
/// client refreshes the session once and goes on with the fresh cookies, so that a person stays
/// signed in.
#[derive(Debug, Clone)]
pub(crate) struct Client(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    gateway: Gateway,
    cookies: CookiePolicy,
    timeout: Duration,
    headers: HeaderMap,
    address: Option<ConnectInfo<SocketAddr>>,
    jar: Mutex<Jar>,
    user: OnceCell<Option<User>>,
    refreshed: OnceCell<Option<User>>,
}

/// What the services learn of the page request beside the cookies.
fn is_forwarded(name: &HeaderName) -> bool {
    const OURS: [HeaderName; 5] =
        [header::HOST, header::ORIGIN, header::USER_AGENT, header::FORWARDED, X_REQUEST_ID];
    const OTHERS: [&str; 6] = [
        "sec-fetch-site",
        "traceparent",
        "tracestate",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
    ];
    OURS.contains(name) || OTHERS.contains(&name.as_str())
}

impl Client {
    pub(crate) fn new<B>(
        gateway: Gateway,
        cookies: CookiePolicy,
        timeout: Duration,
        request: &Request<B>,
    ) -> Self {
        let mut headers = HeaderMap::new();
        for (name, value) in request.headers() {
            if is_forwarded(name) {
                headers.append(name.clone(), value.clone());
            }
        }
        headers.insert(X_REQUEST_ID, RequestId::of(request).to_header());
        Self(Arc::new(Shared {
            gateway,
            cookies,
            timeout,
            headers,
            address: request.extensions().get::<ConnectInfo<SocketAddr>>().copied(),
            jar: Mutex::new(Jar::of(request.headers())),
            user: OnceCell::new(),
            refreshed: OnceCell::new(),
        }))
    }

    /// Returns the user of this request, as the auth service sees it.
    pub(crate) async fn user(&self) -> Result<Option<User>, Error> {
        let find = || async {
            if self.jar().has(self.0.cookies.access_name()) {
                let answer = self.once(&Call::get("/api/users/currentuser")).await?;
                let current: CurrentUser = answer.json()?;
                if current.current_user.is_some() {
                    return Ok(current.current_user);
                }
            }
            self.refresh().await
        };
        self.0.user.get_or_try_init(find).await.cloned()
    }

    /// Returns the user if it is known already.
    pub(crate) fn known_user(&self) -> Option<User> {
        self.0.user.get().cloned().flatten()
    }

    /// Sends a call; once more with a fresh session if the access token has just run out.
    pub(crate) async fn send(&self, call: &Call) -> Result<Reply, Error> {
        let answer = self.once(call).await?;
        if answer.is_expired() && self.refresh().await?.is_some() {
            return self.once(call).await;
        }
        Ok(answer)
    }

    /// Sends a call of which only the success matters.
    pub(crate) async fn done(&self, call: &Call) -> Result<(), Error> {
        self.send(call).await?.ok().map(drop)
    }

    /// Sends a call and reads the document that it answers with.
    pub(crate) async fn get<T: DeserializeOwned>(&self, call: Call) -> Result<T, Error> {
        self.send(&call).await?.json()
    }

    /// The cookies that the answer to the browser must set.
    pub(crate) fn fresh_cookies(&self) -> Vec<HeaderValue> {
        self.jar().fresh().to_vec()
    }

    /// Tells whether the browser sent a cookie of a session.
    pub(crate) fn has_session_cookie(&self) -> bool {
        let jar = self.jar();
        jar.has(self.0.cookies.access_name()) || jar.has(self.0.cookies.refresh_name())
    }

    /// Exchanges the refresh token, at most once a request.
    async fn refresh(&self) -> Result<Option<User>, Error> {
        let exchange = || async {
            if !self.jar().has(self.0.cookies.refresh_name()) {
                return Ok(None);
            }
            let answer = self.once(&Call::post("/api/users/refresh")).await?;
            if matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
                self.jar().forget(self.0.cookies.refresh_name());
                return Ok(None);
            }
            answer.json().map(Some)
        };
        self.0.refreshed.get_or_try_init(exchange).await.cloned()
    }

    async fn once(&self, call: &Call) -> Result<Reply, Error> {
        let answer = self.0.gateway.send(self.request(call), self.0.timeout).await?;
        self.jar().update(&answer.headers);
        Ok(answer)
    }

    fn request(&self, call: &Call) -> Request<Body> {
        let mut request = Request::new(Body::from(call.body.clone()));
        *request.method_mut() = call.method.clone();
        // Paths are made of literals, ids and encoded queries; a path that is none finds nothing.
        *request.uri_mut() = call.path.parse().unwrap_or_default();
        let headers = request.headers_mut();
        headers.clone_from(&self.0.headers);
        headers.extend(call.headers.clone());
        if let Some(cookies) = self.jar().to_header() {
            headers.insert(header::COOKIE, cookies);
        }
        if call.path == "/api/users/refresh" {
            // The pages decide on this call, not the site whose link the browser followed. A form
            // that another site sends has been refused before.
            headers.remove(header::ORIGIN);
            headers.remove("sec-fetch-site");
        }
        if let Some(address) = self.0.address {
            request.extensions_mut().insert(address);
        }
        request
    }

    fn jar(&self) -> MutexGuard<'_, Jar> {
        self.0.jar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
