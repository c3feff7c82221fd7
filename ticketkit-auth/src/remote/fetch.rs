use std::{net::IpAddr, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use ticketkit_events::{BoxError, BoxFuture};
use tokio::{net::TcpStream, time::timeout};

use super::{FetchError, RemoteError};

/// How long one document may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A million revocations are about 150 MB of snapshot.
const LONGEST_ANSWER: usize = 256 * 1024 * 1024;

/// Gets documents of the issuer: the seam for another HTTP client, such as one with TLS.
pub trait Fetch: Send + Sync + 'static {
    /// Gets the document at a path of the issuer, such as `/.well-known/jwks.json`, and no answer
    /// but a 200.
    ///
    /// It follows no redirects: where keys come from is the operator's to say. It bounds time and
    /// size, and can be dropped at any time.
    fn get<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<Bytes, FetchError>>;
}

/// Plain HTTP/1.1, one connection a document: documents are fetched seldom.
#[derive(Debug, Clone)]
pub struct HttpFetch {
    base: String,
    authority: http::uri::Authority,
}

impl HttpFetch {
    /// Fetches from an issuer on a loopback address.
    ///
    /// # Errors
    ///
    /// If the URL is not `http://HOST:PORT`, or the host is not on loopback.
    pub fn new(url: &str) -> Result<Self, RemoteError> {
        let fetch = Self::danger_allow_plain_http(url)?;
        let host = fetch.authority.host().trim_matches(['[', ']']);
        let is_loopback = host == "localhost"
            || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if is_loopback { Ok(fetch) } else { Err(RemoteError::PlainHttp(url.to_owned())) }
    }

    /// Fetches from an issuer anywhere: whoever is on the way can put keys of their own in place,
    /// and sign in as anybody.
    ///
    /// # Errors
    ///
    /// If the URL is not `http://HOST:PORT`.
    pub fn danger_allow_plain_http(url: &str) -> Result<Self, RemoteError> {
        let unfit = || RemoteError::Url(url.to_owned());
        let parsed: Uri = url.parse().map_err(|_| unfit())?;
        let authority = parsed.authority().cloned().ok_or_else(unfit)?;
        let is_fit = parsed.scheme_str() == Some("http")
            && matches!(parsed.path(), "" | "/")
            && parsed.query().is_none()
            && !authority.as_str().contains('@');
        if !is_fit {
            return Err(unfit());
        }
        Ok(Self { base: format!("http://{authority}"), authority })
    }

    /// Sends `GET path` and reads the answer, whatever it is.
    pub(crate) async fn send(
        &self,
        path: &str,
        headers: HeaderMap,
    ) -> Result<(StatusCode, Bytes), BoxError> {
        let host = self.authority.host().trim_matches(['[', ']']);
        let port = self.authority.port_u16().unwrap_or(80);
        let stream = TcpStream::connect((host, port)).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let mut request = Request::get(path).body(Empty::<Bytes>::new())?;
        *request.headers_mut() = headers;
        let host = HeaderValue::from_str(self.authority.as_str())?;
        request.headers_mut().insert(header::HOST, host);
        let close = HeaderValue::from_static("close");
        request.headers_mut().insert(header::CONNECTION, close);
        let answer = sender.send_request(request).await?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER).collect().await;
        connection.abort();
        Ok((parts.status, body?.to_bytes()))
    }
}

impl Fetch for HttpFetch {
    fn get<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<Bytes, FetchError>> {
        Box::pin(async move {
            let url = format!("{}{path}", self.base);
            // A proxy on the way may hold an old key set; who asks wants the present one.
            let fresh = (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            let headers = HeaderMap::from_iter([fresh]);
            match timeout(TIMEOUT, self.send(path, headers)).await {
                Ok(Ok((StatusCode::OK, body))) => Ok(body),
                Ok(Ok((status, _))) => Err(FetchError::Status { url, status }),
                Ok(Err(source)) => Err(FetchError::Io { url, source }),
                Err(_) => Err(FetchError::Timeout { url, seconds: TIMEOUT.as_secs() }),
            }
        })
    }
}
