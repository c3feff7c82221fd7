use std::{any::Any, sync::Arc};

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};

use super::{
    Rendered, Settings,
    failure::Failure,
    grpc::{self, is_call_of_grpc, is_grpc},
};
use crate::{
    ErrorStatus, LogLevel, Problem, RequestId,
    log_level::TARGET,
    problem::{Report, write},
    request_id::{Brought, X_REQUEST_ID},
    trace::{TRACEPARENT, TraceContext},
};

/// What the answer needs to know of its request.
pub(super) struct About {
    pub(super) request: RequestId,
    /// The one `traceparent`, which is read only if there is something to tell.
    trace: Option<HeaderValue>,
    wants_page: bool,
    is_head: bool,
    is_grpc: bool,
    settings: Arc<Settings>,
}

impl About {
    /// Gives the request its id, and notes what the answer needs.
    pub(super) fn admit<B>(request: &mut Request<B>, settings: &Arc<Settings>) -> Self {
        let (brought, trace) = read(request.headers());
        if request.extensions().is_empty() {
            *request.extensions_mut() = settings.room.clone();
        }
        let request_id = RequestId::admit(request, brought);
        let headers = request.headers();
        Self {
            request: request_id,
            trace,
            wants_page: settings.wants_page(request.uri().path(), headers),
            is_head: *request.method() == Method::HEAD,
            is_grpc: *request.method() == Method::POST && is_call_of_grpc(headers),
            settings: settings.clone(),
        }
    }

    /// Adds to a document what only the request knows.
    pub(super) fn complete(&self, problem: &mut Problem) {
        problem.service.get_or_insert_with(|| self.settings.service.clone());
        problem.instance = Some(self.request.to_urn().into());
        problem.trace_id = self.trace.as_ref().and_then(trace_id).map(Into::into);
        if let Some(base) = &self.settings.type_base {
            problem.set_type_base(base);
        }
    }

    /// Answers for a service that failed.
    pub(super) fn answer_for<B: From<Vec<u8>>>(&self, failure: Failure) -> Response<B> {
        let (report, headers) = failure.into_report(&self.settings);
        let mut response = Response::new(B::from(Vec::new()));
        *response.headers_mut() = headers;
        response.extensions_mut().insert(report);
        response
    }

    /// Makes the response one of the contract.
    pub(super) fn finish<B>(&self, mut response: Response<B>) -> Response<B>
    where
        B: From<Vec<u8>> + Any,
    {
        match response.extensions_mut().remove::<Report>() {
            Some(report) => self.write(&mut response, report),
            None => match ErrorStatus::try_from(response.status()) {
                Ok(status) if !is_for_the_client(&response) => {
                    self.write(&mut response, Report::foreign(status, None));
                }
                _ => self.watch(&mut response),
            },
        }
        response.headers_mut().insert(X_REQUEST_ID, self.request.to_header());
        response
    }

    fn write<B: From<Vec<u8>>>(&self, response: &mut Response<B>, mut report: Report) {
        let rendered = report.rendered_for == Some(self.request);
        if !rendered {
            self.complete(&mut report.problem);
        }
        self.log(&report);
        let problem = &report.problem;
        if self.is_grpc {
            return grpc::write(response, problem);
        }
        let page = if self.wants_page { self.settings.page(problem) } else { None };
        if !rendered || self.is_head || page.is_some() {
            write(response, problem);
        } else if let Ok(status) = StatusCode::from_u16(problem.status) {
            *response.status_mut() = status;
        }
        if let Some(page) = page {
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(header::CONTENT_TYPE, html);
            self.body(response, page.into_bytes());
        } else if self.is_head {
            self.body(response, problem.to_json());
        }
        // A layer further out, such as that of the process that holds several services, lets it be.
        response.extensions_mut().insert(Rendered);
    }

    /// The answer to `HEAD` has the headers of the other, and no body.
    fn body<B: From<Vec<u8>>>(&self, response: &mut Response<B>, bytes: Vec<u8>) {
        if self.is_head {
            response.headers_mut().insert(header::CONTENT_LENGTH, bytes.len().into());
        }
        *response.body_mut() = B::from(if self.is_head { Vec::new() } else { bytes });
    }

    /// Logs what goes wrong with a body of axum while it is sent.
    #[cfg(feature = "axum")]
    fn watch<B: Any>(&self, response: &mut Response<B>) {
        let body: &mut dyn Any = response.body_mut();
        if let Some(body) = body.downcast_mut::<::axum::body::Body>()
            && super::watch::is_streamed(body)
        {
            let inner = std::mem::take(body);
            let service = self.settings.service.clone();
            *body = ::axum::body::Body::new(super::WatchedBody::new(inner, service, self.request));
        }
    }

    #[cfg(not(feature = "axum"))]
    #[expect(clippy::unused_self, reason = "with axum it is used")]
    fn watch<B: Any>(&self, _: &mut Response<B>) {}

    fn log(&self, report: &Report) {
        let Problem { status, code, .. } = &report.problem;
        let service = report.problem.service.as_deref().unwrap_or_default();
        let cause = report.cause.as_deref().unwrap_or("no cause was given");
        let request_id = self.request;
        macro_rules! line {
            ($level:ident) => {
                tracing::event!(
                    target: TARGET, tracing::Level::$level,
                    %request_id, service, status, %code, cause, "{}",
                    if *status >= 500 { "request failed" } else { "request refused" }
                )
            };
        }
        match report.log_level {
            LogLevel::Error => line!(ERROR),
            LogLevel::Warn => line!(WARN),
            LogLevel::Info => line!(INFO),
            LogLevel::Debug => line!(DEBUG),
            LogLevel::Trace => line!(TRACE),
        }
    }
}

/// Reads the id that the client brought, and the one `traceparent`.
///
/// One pass over the few headers of a request is quicker than two look-ups by name.
fn read(headers: &HeaderMap) -> (Brought, Option<HeaderValue>) {
    let (mut brought, mut trace, mut traces) = (Brought::Nothing, None, 0);
    for (name, value) in headers {
        if *name == X_REQUEST_ID {
            brought.note(value);
        } else if *name == TRACEPARENT {
            traces += 1;
            trace = Some(value);
        }
    }
    (brought, trace.filter(|_| traces == 1).cloned())
}

/// The trace id, if the header is valid: only then the request is traced.
fn trace_id(parent: &HeaderValue) -> Option<String> {
    Some(TraceContext::parse(parent.to_str().ok()?, None)?.trace_id())
}

/// Responses whose body is left alone although they tell of an error.
fn is_for_the_client<B>(response: &Response<B>) -> bool {
    response.extensions().get::<Rendered>().is_some() || is_grpc(response.headers())
}
