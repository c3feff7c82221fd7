use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use axum::{Router, body::Body, http::Request, response::Response, routing::future::RouteFuture};
use tower::Service;

/// The routers of one process, each with the path prefixes that are its own.
///
/// Every service keeps its own layers, so that what goes wrong on its paths is answered in its
/// name; only what belongs to none is answered in the name of the process.
#[derive(Clone)]
pub(crate) struct Dispatch {
    prefixes: Vec<(&'static str, Router)>,
    rest: Router,
}

impl Dispatch {
    /// Begins with the router of every path that no prefix has.
    pub(crate) fn new(rest: Router) -> Self {
        Self { prefixes: Vec::new(), rest }
    }

    /// Gives a prefix, and all paths below it, to a service.
    pub(crate) fn with(mut self, prefix: &'static str, router: &Router) -> Self {
        self.prefixes.push((prefix, router.clone()));
        self
    }

    fn find(&mut self, path: &str) -> &mut Router {
        let below = |prefix: &str| {
            path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        match self.prefixes.iter_mut().find(|(prefix, _)| below(prefix)) {
            Some((_, router)) => router,
            None => &mut self.rest,
        }
    }
}

impl Service<Request<Body>> for Dispatch {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // A router is always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let path = request.uri().path().to_owned();
        self.find(&path).call(request)
    }
}

#[cfg(test)]
mod tests {
    use axum::{http::StatusCode, routing::get};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_path_belongs_to_the_service_of_its_prefix() {
        let named = |name: &'static str| {
            Router::new().fallback(get(move || async move { (StatusCode::OK, name) }))
        };
        let dispatch = Dispatch::new(named("rest"))
            .with("/api/things", &named("things"))
            .with("/api", &named("api"));
        for (path, owner) in [
            ("/api/things", "things"),
            ("/api/things/1/x", "things"),
            ("/api/thingsX", "api"),
            ("/api", "api"),
            ("/apiary", "rest"),
            ("/", "rest"),
        ] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let response = dispatch.clone().oneshot(request).await.unwrap();
            let body = axum::body::to_bytes(response.into_body(), 100).await.unwrap();
            assert_eq!(body, owner, "{path}");
        }
    }
}
