use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::Value;

use super::{
    Answer, Report, Target,
    forgery::{Forgery, Parts, is_sendable, without_key},
    signed::with_key,
};
use crate::{CookiePolicy, testing::TestAuth};

/// Sends what must be refused, and notes what is not.
#[derive(Debug, Clone)]
#[must_use]
pub struct AttackKit {
    token: String,
    cookies: CookiePolicy,
    jwks: Option<Value>,
    signer: Option<TestAuth>,
}

impl AttackKit {
    /// Takes an access token that the target accepts, and what the cookies are called.
    pub fn new(token: impl Into<String>, cookies: CookiePolicy) -> Self {
        Self { token: token.into(), cookies, jwks: None, signer: None }
    }

    /// Gives the target's public key set, as `/.well-known/jwks.json` has it: for T2.
    pub fn key_set(mut self, jwks: &[u8]) -> Self {
        self.jwks = serde_json::from_slice(jwks).ok();
        self
    }

    /// Gives the issuer that the target trusts: for right signatures of wrong claims.
    pub fn signed_by(mut self, auth: &TestAuth) -> Self {
        self.jwks = serde_json::to_value(auth.ring().jwks()).ok();
        self.signer = Some(auth.clone());
        self
    }

    /// Attacks a guarded route.
    pub async fn run(&self, target: &impl Target, path: &str) -> Report {
        let mut report = Report::default();
        let honest = self.send(target, path, [self.cookie(&self.token)]).await;
        let is_served = honest.as_ref().is_some_and(|answer| answer.status.is_success());
        report.note("start", "the honest token", status(honest.as_ref()), is_served);
        let nobody = self.send(target, path, []).await;
        let is_refused = status(nobody.as_ref()) == 401;
        report.note("start", "no token", status(nobody.as_ref()), is_refused);
        let Some(parts) = Parts::of(&self.token) else {
            report.note("start", "the honest token is no JWT", 0, false);
            return report;
        };
        if !is_served {
            return report;
        }

        let mut texts = vec![nobody.map(|answer| text(&answer)).unwrap_or_default()];
        for Forgery { id, what, token } in self.forgeries(&parts) {
            for (way, header) in [("cookie", self.cookie(&token)), ("bearer", bearer(&token))] {
                let answer = self.send(target, path, [header]).await;
                let passed = is_refusal(status(answer.as_ref()));
                report.note(id, format!("{what} ({way})"), status(answer.as_ref()), passed);
                // One that is right in all but time may be told so.
                texts.extend(answer.filter(|a| a.status == 401 && id != "T11").map(|a| text(&a)));
            }
        }
        texts.sort_unstable();
        texts.dedup();
        let what = format!("{} different answers to invalid tokens", texts.len());
        report.note("T21", what, 401, texts.len() == 1);
        self.cookies(target, path, &mut report).await;
        report
    }

    fn forgeries(&self, parts: &Parts<'_>) -> Vec<Forgery> {
        let mut all = without_key(parts, self.jwks.as_ref());
        let claims = URL_SAFE_NO_PAD.decode(parts.payload).ok();
        let claims = claims.and_then(|json| serde_json::from_slice(&json).ok());
        if let (Some(auth), Some(claims)) = (&self.signer, claims) {
            all.extend(with_key(auth, parts, &claims));
        }
        all.retain(|forgery| is_sendable(&forgery.token));
        all
    }

    async fn cookies(&self, target: &impl Target, path: &str, report: &mut Report) {
        let (name, token) = (self.cookies.access_name(), &self.token);
        let one = self.cookie(token);
        let twice = (header::COOKIE, format!("{name}={token}; {name}={token}"));
        let other = self.cookie("a.b.c");
        for (id, what, headers) in [
            ("C2", "the cookie twice", vec![twice]),
            (
                "C2",
                "a false one after it",
                vec![(header::COOKIE, format!("{}; {}", one.1, other.1))],
            ),
            ("C9", "two cookie headers", vec![one.clone(), one.clone()]),
            ("C9", "two cookie headers, one false", vec![other, one.clone()]),
            ("C7", "cookie and bearer", vec![one, bearer(token)]),
            ("C7", "two authorizations", vec![bearer(token), bearer(token)]),
        ] {
            let answer = self.send(target, path, headers).await;
            let passed = is_refusal(status(answer.as_ref()));
            report.note(id, what, status(answer.as_ref()), passed);
        }
    }

    fn cookie(&self, token: &str) -> (HeaderName, String) {
        (header::COOKIE, format!("{}={token}", self.cookies.access_name()))
    }

    async fn send(
        &self,
        target: &impl Target,
        path: &str,
        pairs: impl IntoIterator<Item = (HeaderName, String)>,
    ) -> Option<Answer> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, HeaderValue::try_from(value).ok()?);
        }
        target.get(path, headers).await
    }
}

fn bearer(token: &str) -> (HeaderName, String) {
    (header::AUTHORIZATION, format!("Bearer {token}"))
}

fn status(answer: Option<&Answer>) -> u16 {
    answer.map_or(0, |answer| answer.status.as_u16())
}

/// A refusal of the token, or of the whole request by a server that finds it too large.
const fn is_refusal(status: u16) -> bool {
    matches!(status, 400 | 401 | 403 | 413 | 414 | 431)
}

/// The body without what is another each time.
fn text(answer: &Answer) -> String {
    match serde_json::from_slice::<Value>(&answer.body) {
        Ok(Value::Object(mut document)) => {
            for name in ["instance", "trace_id", "request_id"] {
                document.remove(name);
            }
            Value::Object(document).to_string()
        }
        _ => String::from_utf8_lossy(&answer.body).into_owned(),
    }
}
