//! Calls of the API: forms there, JSON back.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use serde::{Deserialize, de::DeserializeOwned};

use crate::provider::ProviderError;

/// The version whose documents are read here; an account may have another one by default.
const VERSION: &str = "2024-06-20";

/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;

const CONNECT: Duration = Duration::from_secs(3);

/// The API at one address, as one account.
pub(super) struct Api {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    base: String,
    authorization: HeaderValue,
}

/// A call without the answer that was asked for.
#[derive(Debug)]
pub(super) enum ApiError {
    /// The request was refused: it has done nothing.
    Refused(Refusal),
    /// It may have been done.
    Unknown(ProviderError),
}

/// What Stripe says of a request that it refuses.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Refusal {
    #[serde(skip)]
    status: StatusCode,
    #[serde(rename = "type", default)]
    kind: String,
    code: Option<String>,
    decline_code: Option<String>,
    param: Option<String>,
    #[serde(default)]
    message: String,
}

#[derive(Debug, Deserialize)]
struct Refused {
    error: Refusal,
}

/// A part of a list.
#[derive(Debug, Deserialize)]
pub(super) struct List<T> {
    pub(super) data: Vec<T>,
}

impl Api {
    pub(super) fn new(base: &str, secret_key: &str) -> Result<Self, ProviderError> {
        let base = base.trim_end_matches('/');
        let https = scheme_of(base)?;
        let mut authorization = HeaderValue::try_from(format!("Bearer {secret_key}"))
            .map_err(|_| ProviderError::Refused("the secret key is no header value".into()))?;
        authorization.set_sensitive(true);
        let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| ProviderError::Failed(error.into()))?;
        let tls = if https {
            tls.with_native_roots().map_err(|error| ProviderError::Failed(error.into()))?
        } else {
            tls.with_root_certificates(RootCertStore::empty())
        };
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT));
        let tls = tls.with_no_client_auth();
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .build(connector.enable_http1().wrap_connector(tcp));
        Ok(Self { client, base: base.to_owned(), authorization })
    }

    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, ProviderError> {
        let mut uri = format!("{}{path}", self.base);
        if !query.is_empty() {
            uri = format!("{uri}?{}", encoded(query));
        }
        let request = Request::builder().method(Method::GET).uri(uri);
        self.send(request, String::new()).await.map_err(|error| match error {
            ApiError::Refused(refusal) => ProviderError::Refused(refusal.to_string()),
            ApiError::Unknown(error) => error,
        })
    }

    /// Posts a form, under an idempotency key where it must not be done twice.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        form: &[(&str, &str)],
        key: Option<&str>,
    ) -> Result<T, ApiError> {
        let uri = format!("{}{path}", self.base);
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(uri)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request, encoded(form)).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        request: http::request::Builder,
        body: String,
    ) -> Result<T, ApiError> {
        let request = request
            .header(header::AUTHORIZATION, &self.authorization)
            .header("stripe-version", VERSION)
            .body(Full::from(body))
            .map_err(ApiError::failed)?;
        let answer = self.client.request(request).await.map_err(ApiError::failed)?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await;
        let body = body.map_err(ApiError::failed)?.to_bytes();
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(ApiError::failed);
        }
        let refusal = serde_json::from_slice::<Refused>(&body).map(|answer| answer.error);
        let refusal = Refusal { status, ..refusal.unwrap_or_default() };
        Err(if refusal.is_final() {
            ApiError::Refused(refusal)
        } else {
            ApiError::Unknown(ProviderError::Refused(refusal.to_string()))
        })
    }
}

impl ApiError {
    fn failed(error: impl Into<ticketkit_events::BoxError>) -> Self {
        Self::Unknown(ProviderError::Failed(error.into()))
    }
}

impl From<ProviderError> for ApiError {
    fn from(error: ProviderError) -> Self {
        Self::Unknown(error)
    }
}

impl Refusal {
    /// Tells whether the request as such was refused. All else may be different the next time: a
    /// key that is not accepted (401), a request under the same key that is under way (409), a rate
    /// limit (429), a failure (5xx).
    fn is_final(&self) -> bool {
        matches!(self.status.as_u16(), 400 | 402 | 404) && self.kind != "idempotency_error"
    }

    /// Tells whether it is about an object that does not exist.
    pub(super) fn is_missing(&self) -> bool {
        self.status == StatusCode::NOT_FOUND
            || (self.code.as_deref() == Some("resource_missing")
                && self.param.as_deref() == Some("payment_method"))
    }

    /// Returns the most exact word for it, such as `amount_too_small`.
    pub(super) fn into_reason(self) -> String {
        self.decline_code.or(self.code).unwrap_or_else(|| "refused".to_owned())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, kind, code, message, .. } = self;
        let code = code.as_deref().unwrap_or("no code");
        write!(f, "{status} {kind} ({code}): {message}")
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("base", &self.base).finish_non_exhaustive()
    }
}

/// Tells whether an address is one of HTTPS; one that is no address of the web is refused.
fn scheme_of(base: &str) -> Result<bool, ProviderError> {
    let uri: Option<Uri> = base.parse().ok();
    let uri = uri.filter(|uri| uri.authority().is_some() && uri.query().is_none());
    match uri.as_ref().and_then(Uri::scheme_str) {
        Some("https") => Ok(true),
        Some("http") => Ok(false),
        _ => Err(ProviderError::Refused(format!(
            "the address of the API is {base:?}, and must be one such as https://api.stripe.com"
        ))),
    }
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_of_the_web_is_called() {
        for good in ["https://api.stripe.com", "http://127.0.0.1:8420/"] {
            let api = Api::new(good, "sk_test_1").unwrap();
            assert!(!format!("{api:?}").contains("sk_test_1"), "{api:?}");
        }
        for bad in ["", "api.stripe.com", "ftp://api.stripe.com", "/v1", "https://x/?y"] {
            assert!(Api::new(bad, "sk_test_1").is_err(), "{bad}");
        }
        assert!(Api::new("https://api.stripe.com", "sk\n").is_err());
    }

    #[test]
    fn what_may_be_different_the_next_time_is_not_final() {
        let refusal = |status: u16, kind: &str| Refusal {
            status: StatusCode::from_u16(status).unwrap(),
            kind: kind.to_owned(),
            ..Refusal::default()
        };
        for status in [400, 402, 404] {
            assert!(refusal(status, "invalid_request_error").is_final(), "{status}");
        }
        for status in [401, 403, 409, 429, 500, 503] {
            assert!(!refusal(status, "api_error").is_final(), "{status}");
        }
        assert!(!refusal(400, "idempotency_error").is_final());
    }
}
