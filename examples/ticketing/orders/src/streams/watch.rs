use std::time::Duration;

use axum::http::{HeaderMap, header};
use ticketing_contracts::{
    OrderId,
    order::{Order, OrderStatus},
};
use ticketkit_auth::StalePolicy;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::Listener;
use crate::{app::App, store};

/// How often it is asked whether the caller may still listen.
const JUDGE_EVERY: Duration = Duration::from_secs(1);

/// Every so many judgements the database is asked whether a change was missed.
const LOOK_EVERY: u32 = 10;

/// One caller's look at one order, until nothing more can happen to it.
#[derive(Debug)]
pub(crate) struct Watch {
    app: App,
    /// What the caller proves with who it is.
    credentials: HeaderMap,
    news: Listener,
    id: OrderId,
    /// The state that was not passed on yet.
    fresh: Option<Order>,
    /// The newest version that was passed on.
    version: i64,
    over: bool,
    judge: Interval,
    judged: u32,
}

impl Watch {
    /// Begins with the present state.
    pub(crate) fn new(app: App, headers: HeaderMap, news: Listener, present: Order) -> Self {
        let mut credentials = headers;
        let kept = [header::COOKIE, header::AUTHORIZATION];
        let others: Vec<_> =
            credentials.keys().filter(|name| !kept.contains(name)).cloned().collect();
        for name in others {
            credentials.remove(name);
        }
        let mut judge = interval(JUDGE_EVERY);
        judge.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            app,
            credentials,
            news,
            id: present.id,
            fresh: Some(present),
            version: 0,
            over: false,
            judge,
            judged: 0,
        }
    }

    /// Returns the next state; `None` at the end: the order is complete or over, the caller may no
    /// longer listen, or the process ends. Can be dropped at any time.
    pub(crate) async fn next(&mut self) -> Option<Order> {
        loop {
            if let Some(order) = self.fresh.take().filter(|order| order.version > self.version) {
                self.version = order.version;
                self.over = is_last(order.status);
                return Some(order);
            }
            if self.over {
                return None;
            }
            tokio::select! {
                () = self.app.shutdown.requested() => return None,
                news = self.news.next() => match news {
                    Some(order) => self.fresh = Some(order),
                    None => self.look().await,
                },
                _ = self.judge.tick() => {
                    if !self.is_allowed() {
                        return None;
                    }
                    self.judged += 1;
                    if self.judged.is_multiple_of(LOOK_EVERY) {
                        self.look().await;
                    }
                }
            }
        }
    }

    /// Tells whether the caller's token still counts: it may have ended, or its session, or the
    /// user may have been banned.
    fn is_allowed(&self) -> bool {
        let caller = self.app.auth.caller(&self.credentials);
        caller.user(StalePolicy::Refuse).is_ok()
    }

    async fn look(&mut self) {
        match store::orders::find(self.app.database.reader(), self.id).await {
            Ok(order) => self.fresh = order.map(|order| order.to_contract()),
            // The next look may do better; the listener goes on meanwhile.
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(order.id = %self.id, error, "a stream could not look at its order");
            }
        }
    }
}

/// Tells whether a stream ends with this state. A refund of a complete order comes, if ever, much
/// later.
const fn is_last(status: OrderStatus) -> bool {
    !status.is_open()
}
