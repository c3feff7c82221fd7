use std::{
    any::Any,
    convert::Infallible,
    error::Error,
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use pin_project_lite::pin_project;

use super::{Rendered, service::About};
use crate::{
    ErrorStatus, Problem,
    problem::{Report, write},
    request_id::X_REQUEST_ID,
};

pin_project! {
    /// The future of [`ErrorService`](super::ErrorService).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        outcome: Outcome<F>,
        about: About,
    }
}

pin_project! {
    #[project = OutcomeProj]
    pub(super) enum Outcome<F> {
        Running { #[pin] future: F },
        Panicked { payload: Box<dyn Any + Send> },
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(outcome: Outcome<F>, about: About) -> Self {
        Self { outcome, about }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
    B: From<Vec<u8>>,
{
    type Output = Result<Response<B>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = match this.outcome.project() {
            OutcomeProj::Panicked { payload } => Err(panic_text(payload.as_ref())),
            // The future is never polled again after a panic: the answer ends it.
            OutcomeProj::Running { future } => {
                match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
                    Ok(poll) => ready!(poll).map_err(|error| error.into().to_string()),
                    Err(payload) => Err(panic_text(payload.as_ref())),
                }
            }
        };
        let response = answer.unwrap_or_else(|cause| {
            let report = Report::foreign(ErrorStatus::INTERNAL_SERVER_ERROR, Some(cause.into()));
            let mut response = Response::new(B::from(Vec::new()));
            response.extensions_mut().insert(report);
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        });
        Poll::Ready(Ok(this.about.finish(response)))
    }
}

impl About {
    fn finish<B: From<Vec<u8>>>(&self, mut response: Response<B>) -> Response<B> {
        let response = match response.extensions_mut().remove::<Report>() {
            Some(report) => self.complete(response, report),
            None => match ErrorStatus::try_from(response.status()) {
                Ok(status) if !is_for_the_client(&response) => {
                    self.complete(response, Report::foreign(status, None))
                }
                _ => response,
            },
        };
        let (mut parts, body) = response.into_parts();
        parts.headers.insert(X_REQUEST_ID, self.request.to_header());
        Response::from_parts(parts, body)
    }

    fn complete<B: From<Vec<u8>>>(&self, response: Response<B>, report: Report) -> Response<B> {
        let Report { mut problem, cause } = report;
        problem.service.get_or_insert_with(|| self.settings.service.clone());
        problem.trace_id = self.trace_id.clone().map(Into::into);
        problem = problem.with_instance(self.request);
        if let Some(base) = &self.settings.type_base {
            problem = problem.with_type_base(base);
        }
        self.log(&problem, cause.as_deref());
        let mut response = write(response, &problem);
        if self.wants_page
            && let Some(page) = self.settings.page(&problem)
        {
            *response.body_mut() = B::from(page.into_bytes());
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(header::CONTENT_TYPE, html);
        }
        // A layer further out, such as that of the process that holds several services, lets it be.
        response.extensions_mut().insert(Rendered);
        response
    }

    fn log(&self, problem: &Problem, cause: Option<&str>) {
        let Problem { status, code, .. } = problem;
        let service = problem.service.as_deref().unwrap_or_default();
        let request_id = self.request;
        if *status >= 500 {
            let cause = cause.unwrap_or("no cause was given");
            tracing::error!(%request_id, service, status, %code, cause, "request failed");
        } else {
            tracing::debug!(%request_id, service, status, %code, "request refused");
        }
    }
}

/// Responses whose body is left alone although they tell of an error.
fn is_for_the_client<B>(response: &Response<B>) -> bool {
    response.extensions().get::<Rendered>().is_some() || is_grpc(response.headers())
}

fn is_grpc(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}

fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("the panic has no text"))
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
