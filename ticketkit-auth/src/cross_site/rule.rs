use http::{HeaderMap, HeaderName, Method, header};

use crate::cookies::{CookiePolicy, Origin};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What the layer judges by.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) cookies: CookiePolicy,
    pub(super) trusted: Vec<Origin>,
    /// Whether the answer sets a session cookie, so that a request without one is judged too.
    pub(super) always: bool,
}

/// Why a request is taken for one of another site: for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Foreign {
    #[error("sec-fetch-site says so")]
    FetchSite,
    #[error("the origin is another one")]
    Origin,
    #[error("the origin or sec-fetch-site is there twice or no text")]
    Malformed,
}

impl Rule {
    pub(super) fn judge<B>(&self, request: &http::Request<B>) -> Result<(), Foreign> {
        // The method alone decides: a header that overrides it is read by nobody here.
        if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
        {
            return Ok(());
        }
        let headers = request.headers();
        let session = self.cookies.is_session_in(headers);
        // A page of another site cannot add this header without being asked (CORS).
        let bearer_only = !session && headers.contains_key(header::AUTHORIZATION);
        if bearer_only || !(session || self.always) {
            return Ok(());
        }

        let origin = single(headers, &header::ORIGIN)?;
        match single(headers, &SEC_FETCH_SITE)? {
            Some("same-origin" | "none") => Ok(()),
            Some(_) if origin.is_some_and(|origin| self.is_trusted(origin)) => Ok(()),
            Some(_) => Err(Foreign::FetchSite),
            None => match origin {
                None => Ok(()),
                Some(origin) if self.is_trusted(origin) || self.is_host(origin, request) => Ok(()),
                Some(_) => Err(Foreign::Origin),
            },
        }
    }

    fn is_trusted(&self, origin: &str) -> bool {
        Origin::of_header(origin).is_some_and(|origin| {
            origin == *self.cookies.origin() || self.trusted.contains(&origin)
        })
    }

    /// Tells whether the origin is the host that the request was sent to.
    ///
    /// Behind a proxy the scheme of the connection says nothing; but where the public URL is https,
    /// a page over plain HTTP is somebody on the way.
    fn is_host<B>(&self, origin: &str, request: &http::Request<B>) -> bool {
        let Some(origin) = Origin::of_header(origin) else { return false };
        if self.cookies.is_secure() && !origin.https {
            return false;
        }
        let host = match request.uri().authority() {
            Some(authority) => Some(authority.as_str()),
            None => single(request.headers(), &header::HOST).ok().flatten(),
        };
        host.and_then(|host| Origin::of_authority(origin.https, host)) == Some(origin)
    }
}

/// Returns the one value of a header.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Foreign> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Foreign::Malformed);
    }
    value.to_str().map(|value| Some(value.trim())).map_err(|_| Foreign::Malformed)
}
