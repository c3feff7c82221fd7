//! One person's HTTP session.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::record::{Kind, Outcome, Record};

/// How long an answer may take before it counts as none.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long one waits after an answer that says that the system cannot now.
const LATER: Duration = Duration::from_millis(100);

/// What is asked of the system, with connections that are kept.
#[derive(Debug, Clone)]
pub struct Target {
    client: Client<HttpConnector, Full<Bytes>>,
    url: Arc<str>,
    record: Record,
}

impl Target {
    /// Takes the address, such as `http://127.0.0.1:3000`.
    pub fn new(url: impl Into<Arc<str>>, record: Record) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Self { client, url: url.into(), record }
    }
}

/// A person with an account. Clones share the session.
#[derive(Debug, Clone)]
pub struct Session {
    target: Target,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
    /// The user's id.
    pub id: Arc<str>,
}

/// An answer, whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its document; null if it has none.
    pub document: Value,
    /// From the first byte sent to the last received.
    pub took: Duration,
}

impl Answer {
    /// The code of a refusal.
    #[must_use]
    pub fn code(&self) -> &str {
        self.document["code"].as_str().unwrap_or_default()
    }
}

/// There was no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The connection was refused or cut.
    #[error("no answer")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It took too long.
    #[error("no answer within {PATIENCE:?}")]
    Slow,
    /// The answer makes no sense here.
    #[error("{0} answered {1}: {2}")]
    Unexpected(&'static str, StatusCode, Value),
}

impl Session {
    /// Creates an account with an address of its own. Where too many passwords wait to be hashed, it
    /// waits and tries again.
    ///
    /// # Errors
    ///
    /// If there is no answer, or another one than 201.
    pub async fn sign_up(target: &Target, name: &str) -> Result<Self, AskError> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let email = format!("{name}-{}-{number}@load.example", std::process::id());
        Self::sign_up_as(target, &email).await
    }

    /// Creates an account with this address.
    ///
    /// # Errors
    ///
    /// If there is no answer, or another one than 201.
    pub async fn sign_up_as(target: &Target, email: &str) -> Result<Self, AskError> {
        let mut session =
            Self { target: target.clone(), cookies: Arc::default(), id: Arc::from("") };
        let body = json!({ "email": email, "password": format!("load load {email}") });
        loop {
            let answer = session.post(Kind::SignUp, "/api/users/signup", &body).await?;
            match answer.status {
                StatusCode::CREATED => {
                    session.id = answer.document["id"].as_str().unwrap_or_default().into();
                    return Ok(session);
                }
                StatusCode::SERVICE_UNAVAILABLE => sleep(Duration::from_millis(100)).await,
                status => return Err(AskError::Unexpected("sign-up", status, answer.document)),
            }
        }
    }

    /// The same person, with the same cookies, at another address of the system.
    #[must_use]
    pub fn through(&self, target: &Target) -> Self {
        Self { target: target.clone(), ..self.clone() }
    }

    /// The value of the header `cookie` of its requests.
    #[must_use]
    pub fn cookies(&self) -> String {
        let pairs: Vec<_> =
            self.jar().iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    /// Host and port of where its requests go.
    #[must_use]
    pub fn authority(&self) -> &str {
        let url = &*self.target.url;
        url.split_once("://").map_or(url, |(_, authority)| authority).trim_end_matches('/')
    }

    /// `GET`.
    ///
    /// # Errors
    ///
    /// If there is no answer.
    pub async fn get(&self, kind: Kind, path: &str) -> Result<Answer, AskError> {
        self.send(kind, Method::GET, path, None, None).await
    }

    /// `POST` of a document.
    ///
    /// # Errors
    ///
    /// If there is no answer.
    pub async fn post(&self, kind: Kind, path: &str, body: &Value) -> Result<Answer, AskError> {
        self.send(kind, Method::POST, path, Some(body), None).await
    }

    /// `DELETE`.
    ///
    /// # Errors
    ///
    /// If there is no answer.
    pub async fn delete(&self, kind: Kind, path: &str) -> Result<Answer, AskError> {
        self.send(kind, Method::DELETE, path, None, None).await
    }

    /// Sends a request, and once more with a fresh session where the access token has run out.
    ///
    /// # Errors
    ///
    /// If there is no answer.
    pub async fn send(
        &self,
        kind: Kind,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Result<Answer, AskError> {
        let answer = self.once(kind, method.clone(), path, body, key).await?;
        if answer.status == StatusCode::UNAUTHORIZED && answer.code() == "session_expired" {
            let empty = json!({});
            self.once(Kind::Refresh, Method::POST, "/api/users/refresh", Some(&empty), None)
                .await?;
            return self.once(kind, method, path, body, key).await;
        }
        if answer.status.is_server_error() {
            // Who is told to come later does not ask again at once.
            sleep(LATER).await;
        }
        Ok(answer)
    }

    /// Opens a stream of events. The future brings all that it told, once it has ended.
    ///
    /// # Errors
    ///
    /// If there is no answer, or another one than 200.
    pub async fn listen(
        &self,
        path: &str,
    ) -> Result<impl Future<Output = Result<String, AskError>> + Send + use<>, AskError> {
        let request = self.request(Method::GET, path, None, None)?;
        let response = timeout(PATIENCE, self.target.client.request(request));
        let response = response.await.map_err(|_| AskError::Slow)?.map_err(broken)?;
        if response.status() != StatusCode::OK {
            return Err(AskError::Unexpected("a stream", response.status(), Value::Null));
        }
        Ok(async {
            let told = response.into_body().collect().await.map_err(broken)?.to_bytes();
            Ok(String::from_utf8_lossy(&told).into_owned())
        })
    }

    async fn once(
        &self,
        kind: Kind,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Result<Answer, AskError> {
        let request = self.request(method, path, body, key)?;
        let began = Instant::now();
        let exchange = async {
            let response = self.target.client.request(request).await.map_err(broken)?;
            let (parts, body) = response.into_parts();
            let body = body.collect().await.map_err(broken)?.to_bytes();
            Ok((parts, body))
        };
        let answered = timeout(PATIENCE, exchange).await.unwrap_or(Err(AskError::Slow));
        let took = began.elapsed();
        let outcome = match &answered {
            Ok((parts, _)) => Outcome::Answered(parts.status),
            Err(_) => Outcome::NoAnswer,
        };
        self.target.record.note(kind, began, took, outcome);
        let (parts, body) = answered?;
        self.keep(&parts.headers);
        let document = serde_json::from_slice(&body).unwrap_or_default();
        Ok(Answer { status: parts.status, document, took })
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Result<Request<Full<Bytes>>, AskError> {
        let mut request = Request::builder().method(method);
        request = request.uri(format!("{}{path}", self.target.url));
        let cookies = self.cookies();
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let bytes = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        request.body(Full::new(bytes)).map_err(broken)
    }

    fn keep(&self, headers: &HeaderMap) {
        for line in headers.get_all(header::SET_COOKIE) {
            let pair = line.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.jar().insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
    }

    fn jar(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn broken(error: impl std::error::Error + Send + Sync + 'static) -> AskError {
    AskError::Broken(Box::new(error))
}
