use std::{convert::Infallible, time::Duration};

use axum::{
    extract::FromRequestParts,
    response::{IntoResponseParts, ResponseParts},
};
use http::{HeaderName, HeaderValue, request::Parts};
use ticketkit_auth::feed::Reach;
use tokio::time::Instant;

use crate::app::App;

const PREFER: HeaderName = HeaderName::from_static("prefer");
const APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// More than this nobody waits for an answer.
const LONGEST: u64 = 10;

/// `Prefer: wait=SECONDS` (RFC 7240): the answer comes when a ban is effective everywhere, or after so
/// long, and says where it is. As a part of the answer it says that it was honoured.
///
/// A preference that is malformed is none, as the RFC says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wait {
    seconds: Option<u64>,
}

impl Wait {
    pub(super) const fn is_asked(self) -> bool {
        self.seconds.is_some()
    }

    /// Waits for what was just committed; nothing if nobody asked for it.
    pub(super) async fn reach(self, app: &App, position: i64) -> Option<Reach> {
        let longest = Duration::from_secs(self.seconds?);
        let since = Instant::now();
        match &app.instances {
            Some(instances) => Some(instances.reach(position, since, longest).await),
            // All services are in this process, and share its view.
            None => Some(Reach { instances: 1, of: 1, millis: 0 }),
        }
    }

    fn parse(text: &str) -> Option<u64> {
        text.split(',').find_map(|preference| {
            let (name, value) = preference.split(';').next()?.split_once('=')?;
            let is_wait = name.trim().eq_ignore_ascii_case("wait");
            is_wait.then(|| value.trim().trim_matches('"').parse::<u64>().ok())?
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Wait {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let mut preferences = parts.headers.get_all(PREFER).iter();
        let seconds = preferences.find_map(|value| Self::parse(value.to_str().ok()?));
        Ok(Self { seconds: seconds.map(|seconds| seconds.min(LONGEST)) })
    }
}

impl IntoResponseParts for Wait {
    type Error = Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Infallible> {
        if let Some(seconds) = self.seconds {
            let applied = HeaderValue::try_from(format!("wait={seconds}"));
            if let Ok(applied) = applied {
                response.headers_mut().insert(APPLIED, applied);
            }
        }
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::Wait;

    #[test]
    fn preferences_are_read_as_the_rfc_writes_them() {
        assert_eq!(Wait::parse("wait=2"), Some(2));
        assert_eq!(Wait::parse("respond-async, WAIT = \"5\"; x=1"), Some(5));
        for none in ["", "wait", "wait=soon", "wait=-1", "waits=2", "handling=lenient"] {
            assert_eq!(Wait::parse(none), None, "{none}");
        }
    }
}
