use std::{
    pin::Pin,
    task::{Context, Poll},
};

use ::http::{Request, Response, StatusCode};
use tower::{Layer, Service};
use tracing::Instrument;

use crate::chassis::otel;

/// Records a span for each attempt, and makes it the parent of what the upstream does.
#[derive(Debug, Clone, Copy)]
pub(super) struct SpanLayer;

impl<S> Layer<S> for SpanLayer {
    type Service = Spanned<S>;

    fn layer(&self, inner: S) -> Spanned<S> {
        Spanned(inner)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Spanned<S>(S);

impl<S, B, R> Service<Request<B>> for Spanned<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let (span, context) = otel::client_span(&request);
        if let Some(context) = context {
            // Where the layer that writes the headers looks first.
            request.extensions_mut().insert(context);
        }
        let answer = self.0.call(request).instrument(span.clone());
        Box::pin(async move {
            let answer = answer.await;
            let status = answer.as_ref().map_or(StatusCode::BAD_GATEWAY, Response::status);
            otel::answered(&span, status, 400);
            answer
        })
    }
}
