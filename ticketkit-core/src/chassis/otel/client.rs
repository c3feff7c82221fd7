//! The way to the collector: one connection for each batch, in plain HTTP/1.1.

use std::{
    fmt, io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ::http::{HeaderValue, Request, Response, Uri, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use opentelemetry_http::{HttpClient, HttpError};
use tokio::{net::TcpStream, runtime::Handle, time::timeout};

/// How long one batch may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What is read of an answer: it says little.
const LONGEST_ANSWER: usize = 64 * 1024;

/// The exporter calls from a thread of its own; the connections live on the runtime.
pub(super) struct Client {
    runtime: Handle,
    health: Health,
}

/// Why the last batch was lost, if it was: the exporter itself tells nobody.
#[derive(Debug, Clone, Default)]
pub(super) struct Health(Arc<Mutex<Option<String>>>);

impl Health {
    pub(super) fn failure(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, failure: Option<String>) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A batch goes every few seconds: only the change is worth a line.
        match (&*last, &failure) {
            (None, Some(error)) => tracing::warn!(error, "traces are lost"),
            (Some(_), None) => tracing::info!("traces are exported again"),
            _ => {}
        }
        *last = failure;
    }
}

impl Client {
    pub(super) const fn on(runtime: Handle, health: Health) -> Self {
        Self { runtime, health }
    }
}

impl HttpClient for Client {
    fn send_bytes<'life0, 'async_trait>(
        &'life0 self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        let health = self.health.clone();
        let sent = self.runtime.spawn(async move {
            let late = |_| io::Error::new(io::ErrorKind::TimedOut, "the collector did not answer");
            let answer = match timeout(TIMEOUT, send(request)).await.map_err(late) {
                Ok(answer) => answer,
                Err(late) => Err(late.into()),
            };
            health.set(match &answer {
                Ok(answer) if answer.status().is_success() => None,
                Ok(answer) => Some(format!("the collector answers {}", answer.status())),
                Err(error) => Some(error.to_string()),
            });
            answer
        });
        Box::pin(async move { sent.await? })
    }
}

async fn send(request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let (mut parts, body) = request.into_parts();
    let authority = parts.uri.authority().cloned().ok_or("the collector has no address")?;
    let stream = TcpStream::connect((authority.host(), authority.port_u16().unwrap_or(80))).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        // What goes wrong here, the answer's future says too.
        let _ = connection.await;
    });
    parts.headers.insert(header::HOST, HeaderValue::from_str(authority.as_str())?);
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    parts.uri = Uri::try_from(path)?;
    let answer = sender.send_request(Request::from_parts(parts, Full::new(body))).await?;
    let (parts, body) = answer.into_parts();
    let body = Limited::new(body, LONGEST_ANSWER).collect().await?.to_bytes();
    Ok(Response::from_parts(parts, body))
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}
