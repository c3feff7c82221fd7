use std::{net::IpAddr, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, header, uri::Authority};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use ticketkit_events::{BoxError, BoxFuture};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};

use super::{FetchError, RemoteError};

/// How long one document may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A million revocations are about 150 MB of snapshot.
const LONGEST_ANSWER: usize = 256 * 1024 * 1024;

/// Gets documents of the issuer: the seam for another HTTP client.
pub trait Fetch: Send + Sync + 'static {
    /// Gets the document at a path of the issuer, such as `/.well-known/jwks.json`, and no answer
    /// but a 200.
    ///
    /// It follows no redirects: where keys come from is the operator's to say. It bounds time and
    /// size, and can be dropped at any time.
    fn get<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<Bytes, FetchError>>;
}

/// HTTP/1.1, one connection a document: documents are fetched seldom.
#[derive(Debug, Clone)]
pub struct HttpFetch {
    base: String,
    authority: Authority,
    #[cfg(feature = "tls")]
    tls: Option<super::tls::Tls>,
}

impl HttpFetch {
    /// Fetches from an issuer at an https URL (feature `tls`), which the authorities that the machine
    /// trusts vouch for; or from one on a loopback address over plain HTTP.
    ///
    /// # Errors
    ///
    /// If the URL is neither, or the machine has no certificates of authorities.
    pub fn new(url: &str) -> Result<Self, RemoteError> {
        if is_https(url) {
            #[cfg(feature = "tls")]
            return Self::with_tls(url, super::tls::trust_of_the_machine()?);
            #[cfg(not(feature = "tls"))]
            return Err(RemoteError::NoTls(url.to_owned()));
        }
        let fetch = Self::danger_allow_plain_http(url)?;
        let host = fetch.host();
        let is_loopback = host == "localhost"
            || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if is_loopback { Ok(fetch) } else { Err(RemoteError::PlainHttp(url.to_owned())) }
    }

    /// Fetches from an issuer at an https URL, with a configuration of your own: authorities of your
    /// own, a certificate of the client.
    ///
    /// # Errors
    ///
    /// If the URL is not `https://HOST` or `https://HOST:PORT`.
    #[cfg(feature = "tls")]
    pub fn with_tls(
        url: &str,
        config: std::sync::Arc<rustls::ClientConfig>,
    ) -> Result<Self, RemoteError> {
        let authority = authority(url, "https")?;
        let mut fetch = Self { base: format!("https://{authority}"), authority, tls: None };
        let tls = super::tls::Tls::new(fetch.host(), config);
        fetch.tls = Some(tls.map_err(|_| RemoteError::Url(url.to_owned()))?);
        Ok(fetch)
    }

    /// Fetches from an issuer anywhere over plain HTTP: whoever is on the way can put keys of their own
    /// in place, and sign in as anybody.
    ///
    /// # Errors
    ///
    /// If the URL is not `http://HOST:PORT`.
    pub fn danger_allow_plain_http(url: &str) -> Result<Self, RemoteError> {
        let authority = authority(url, "http")?;
        Ok(Self {
            base: format!("http://{authority}"),
            authority,
            #[cfg(feature = "tls")]
            tls: None,
        })
    }

    /// Sends `GET path` and reads the answer, whatever it is.
    pub(crate) async fn send(
        &self,
        path: &str,
        headers: HeaderMap,
    ) -> Result<(StatusCode, Bytes), BoxError> {
        let mut request = Request::get(path).body(Empty::<Bytes>::new())?;
        *request.headers_mut() = headers;
        let host = HeaderValue::from_str(self.authority.as_str())?;
        request.headers_mut().insert(header::HOST, host);
        let close = HeaderValue::from_static("close");
        request.headers_mut().insert(header::CONNECTION, close);
        let default = if is_https(&self.base) { 443 } else { 80 };
        let port = self.authority.port_u16().unwrap_or(default);
        let stream = TcpStream::connect((self.host(), port)).await?;
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            return exchange(tls.connect(stream).await?, request).await;
        }
        exchange(stream, request).await
    }

    fn host(&self) -> &str {
        self.authority.host().trim_matches(['[', ']'])
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Empty<Bytes>>,
) -> Result<(StatusCode, Bytes), BoxError> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(request).await?;
    let (parts, body) = answer.into_parts();
    let body = Limited::new(body, LONGEST_ANSWER).collect().await;
    connection.abort();
    Ok((parts.status, body?.to_bytes()))
}

fn is_https(url: &str) -> bool {
    url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
}

/// Returns the host and port of a URL that has nothing else.
fn authority(url: &str, scheme: &str) -> Result<Authority, RemoteError> {
    let unfit = || RemoteError::Url(url.to_owned());
    let parsed: Uri = url.parse().map_err(|_| unfit())?;
    let authority = parsed.authority().cloned().ok_or_else(unfit)?;
    let is_fit = parsed.scheme_str() == Some(scheme)
        && matches!(parsed.path(), "" | "/")
        && parsed.query().is_none()
        && !authority.as_str().contains('@');
    if is_fit { Ok(authority) } else { Err(unfit()) }
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
