use std::{future::Future, time::Duration};

use http::{HeaderMap, header};
use tokio::time::{MissedTickBehavior, interval};

use super::AuthLayer;
use crate::{AuthError, StalePolicy};

/// How often a caller is judged again: in health a ban is effective within a second.
const JUDGE_EVERY: Duration = Duration::from_secs(1);

impl AuthLayer {
    /// Waits until the caller of a request may no longer be served, and returns why.
    ///
    /// For what goes on long after the guards let it through, such as a stream of server-sent
    /// events: the token ends, its session is ended, or its user is banned, also by another process.
    /// Where the view turns stale the policy decides, as at the beginning of a request. The caller is
    /// judged every second, without a lock or a task of its own; the future can be dropped at any
    /// time.
    ///
    /// ```
    /// use std::convert::Infallible;
    /// use axum::{extract::State, http::HeaderMap, response::{IntoResponse, sse::{Event, Sse}}};
    /// use futures_util::{StreamExt, stream};
    /// use ticketkit_auth::{AuthLayer, StalePolicy, axum::CurrentUser};
    ///
    /// async fn news(
    ///     _: CurrentUser,
    ///     State(auth): State<AuthLayer>,
    ///     headers: HeaderMap,
    /// ) -> impl IntoResponse {
    ///     let news = stream::pending::<Result<Event, Infallible>>();
    ///     Sse::new(news.take_until(auth.refused(&headers, StalePolicy::Refuse)))
    /// }
    /// ```
    pub fn refused(
        &self,
        headers: &HeaderMap,
        stale: StalePolicy,
    ) -> impl Future<Output = AuthError> + Send + use<> {
        let auth = self.clone();
        let mut credentials = HeaderMap::new();
        for name in [header::COOKIE, header::AUTHORIZATION] {
            for value in headers.get_all(&name) {
                credentials.append(&name, value.clone());
            }
        }
        async move {
            let mut ticks = interval(JUDGE_EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                if let Err(reason) = auth.caller(&credentials).user(stale) {
                    return reason;
                }
            }
        }
    }
}
