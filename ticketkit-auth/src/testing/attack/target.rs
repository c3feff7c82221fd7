use std::{fmt::Debug, future::Future};

use http::{HeaderMap, Request, Response, StatusCode};

/// What a target answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body; empty where the kit cannot read it.
    pub body: Vec<u8>,
}

/// Something that is attacked.
pub trait Target: Send + Sync {
    /// Sends `GET path` with these headers; `None` where there is no answer.
    fn get(&self, path: &str, headers: HeaderMap) -> impl Future<Output = Option<Answer>> + Send;
}

/// A tower service as a [`Target`].
#[derive(Debug, Clone)]
pub struct Service<S>(S);

/// Makes a target of a tower service.
///
/// The request body is what the service takes and has a default; the response body is read where it
/// is bytes. For a router of axum: `service(router.map_response(…))`, or a [`Target`] of one's own.
pub const fn service<S>(service: S) -> Service<S> {
    Service(service)
}

impl<S> Target for Service<S>
where
    S: tower_service::Service<Request<Vec<u8>>, Response = Response<Vec<u8>>> + Clone + Send + Sync,
    S::Future: Send,
    S::Error: Debug,
{
    async fn get(&self, path: &str, headers: HeaderMap) -> Option<Answer> {
        let mut request = Request::get(path).body(Vec::new()).ok()?;
        *request.headers_mut() = headers;
        let mut service = self.0.clone();
        std::future::poll_fn(|context| service.poll_ready(context)).await.ok()?;
        let response = service.call(request).await.ok()?;
        Some(Answer { status: response.status(), body: response.into_body() })
    }
}

#[cfg(feature = "axum")]
impl Target for axum::Router {
    async fn get(&self, path: &str, headers: HeaderMap) -> Option<Answer> {
        let mut request = Request::get(path).body(axum::body::Body::empty()).ok()?;
        *request.headers_mut() = headers;
        let mut router = self.clone();
        let response = tower_service::Service::call(&mut router, request).await.ok()?;
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1024 * 1024).await.ok()?;
        Some(Answer { status, body: body.to_vec() })
    }
}

/// A system behind a URL, `http://HOST:PORT`.
#[cfg(feature = "remote")]
#[derive(Debug, Clone)]
pub struct UrlTarget(crate::remote::HttpFetch);

#[cfg(feature = "remote")]
impl UrlTarget {
    /// Attacks a system; plain HTTP, which only one's own is reached by.
    ///
    /// # Errors
    ///
    /// If it is not `http://HOST:PORT`.
    pub fn new(url: &str) -> Result<Self, crate::remote::RemoteError> {
        crate::remote::HttpFetch::danger_allow_plain_http(url).map(Self)
    }
}

#[cfg(feature = "remote")]
impl Target for UrlTarget {
    async fn get(&self, path: &str, headers: HeaderMap) -> Option<Answer> {
        let (status, body) = self.0.send(path, headers).await.ok()?;
        Some(Answer { status, body: body.to_vec() })
    }
}
