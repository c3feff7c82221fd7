use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ticketkit_events::{
    BoxError, BoxFuture, Bus, Event, HandlerError, Publisher, State, Subscription,
    engine::EngineError, subscription::Runner,
};
use tokio::{
    sync::Notify,
    time::{Instant, MissedTickBehavior, interval, sleep},
};
use uuid::Uuid;

use super::{
    AskLayer, AuthHeartbeat, FeedStatus, SessionRevoked, StatementVerifier, UserBanned,
    UserUnbanned,
    proof::Proof,
    reach::{PRESENT_EVERY, ViewReported},
    statement::{Heartbeat, News, Statement},
    status::Counts,
};
use crate::{
    RevocationView,
    revocation::{Follower, Mark, Snapshot},
    token::InvalidToken,
};

const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// How long the last answer, or that there was none, has to do for others who ask.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How long a request waits for the issuer.
const LONGEST_QUESTION: Duration = Duration::from_secs(1);
/// How long a difference of keys that a refresh did not end is let be.
const KEYS_AGAIN_AFTER: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Where a feed gets what its stream did not bring.
pub trait SnapshotSource: Send + Sync + 'static {
    /// Loads a snapshot that was verified. It may be called at any time, and dropped half-way.
    fn load(&self) -> BoxFuture<'_, Result<(Mark, Snapshot), BoxError>>;

    /// Is told that a statement names a key that is not known, and waits until it may be: returns
    /// whether it is worth another look.
    fn find_key<'a>(&'a self, statement: &'a str) -> BoxFuture<'a, bool> {
        let _ = statement;
        Box::pin(async { false })
    }

    /// Is told that the issuer's keys are others than the known ones.
    fn refresh_keys(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

/// Follows the revocations of an issuer, in one instance of one service.
#[must_use = "a feed brings nothing until it runs"]
pub struct Feed {
    runner: Runner,
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    follower: Mutex<Follower>,
    verifier: StatementVerifier,
    source: Box<dyn SnapshotSource>,
    pub(super) status: FeedStatus,
    /// A snapshot is needed.
    gap: Notify,
    /// The ids of keys that the set was refreshed for last, and when.
    other_keys: Mutex<Option<(String, Instant)>>,
    /// When the issuer was asked last; held while it is.
    asked_at: tokio::sync::Mutex<Option<Instant>>,
    bus: Bus,
    publisher: Publisher,
    service: String,
    /// Another one at each start.
    instance: String,
}

impl Feed {
    /// Declares the subscription of this instance: from here on nothing is missed. `service` is the
    /// name of the service, such as `tickets`; the engine makes it the instance's own.
    ///
    /// # Errors
    ///
    /// If the engine has no fan-out or no order, or cannot be reached.
    pub async fn bind(
        service: &str,
        bus: &Bus,
        view: RevocationView,
        verifier: StatementVerifier,
        source: impl SnapshotSource,
    ) -> Result<Self, EngineError> {
        let status = FeedStatus { view: view.clone(), counts: Arc::default() };
        let shared = Arc::new(Shared {
            follower: Mutex::new(Follower::new(view)),
            verifier,
            source: Box::new(source),
            status,
            gap: Notify::new(),
            other_keys: Mutex::default(),
            asked_at: tokio::sync::Mutex::default(),
            bus: bus.clone(),
            publisher: Publisher::new(service),
            service: service.to_owned(),
            instance: Uuid::new_v4().to_string(),
        });
        let runner = Subscription::fan_out(format!("{service}-revocations"))
            .with_state(shared.clone())
            .handle(on_news::<UserBanned>)
            .handle(on_news::<UserUnbanned>)
            .handle(on_news::<SessionRevoked>)
            .handle(on_heartbeat)
            // One after the other is the order of the stream. It is not `ordered()`: there, an
            // event that cannot be handled holds up all that follow.
            .concurrency(1)
            .bind(bus)
            .await?;
        Ok(Self { runner, shared })
    }

    /// Returns the status.
    #[must_use]
    pub fn status(&self) -> FeedStatus {
        self.shared.status.clone()
    }

    /// Returns the layer for routes that ask the issuer where the view is stale.
    pub fn ask(&self) -> AskLayer {
        AskLayer(self.shared.clone())
    }

    /// Follows until `shutdown`: loads a snapshot first, and another one whenever the stream has
    /// lost something.
    ///
    /// A source that fails is tried again for ever, with pauses; meanwhile the view turns stale. It
    /// can be dropped at any time.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        let Self { runner, shared } = self;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let stream = async {
            let until = async { drop(stopped.await) };
            if let Err(error) = runner.run(until).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "the feed of revocations did not end cleanly");
            }
        };
        let end = async {
            let mut shutdown = pin!(shutdown);
            tokio::select! {
                () = &mut shutdown => {}
                () = shared.fill_gaps() => {}
                () = shared.be_present() => {}
            }
            drop(stop);
        };
        tokio::join!(stream, end);
    }
}

impl Shared {
    fn follower(&self) -> std::sync::MutexGuard<'_, Follower> {
        // Merging by maxima is whole between any two steps, also where a thread panicked.
        self.follower.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Loads a snapshot because somebody waits for it.
    pub(super) async fn ask(&self) {
        let mut asked_at = self.asked_at.lock().await;
        if asked_at.is_some_and(|at| at.elapsed() < ASK_AGAIN_AFTER) {
            return;
        }
        // An issuer that hangs must not hang the requests of others.
        let answer = tokio::time::timeout(LONGEST_QUESTION, self.load()).await;
        if answer.is_err() {
            tracing::warn!("the issuer was asked for revocations and does not answer");
        }
        *asked_at = Some(Instant::now());
    }

    async fn load(&self) -> bool {
        match self.source.load().await {
            Ok((mark, snapshot)) => {
                self.follower().snapshot(mark, &snapshot);
                Counts::add(&self.status.counts.snapshots);
                self.report().await;
                let entries = snapshot.users.len() + snapshot.sessions.len();
                tracing::info!(mark.position, entries, "loaded the revocations");
                true
            }
            Err(error) => {
                Counts::add(&self.status.counts.failures);
                tracing::warn!(error = &*error, "no snapshot of the revocations");
                false
            }
        }
    }

    /// Never returns.
    async fn fill_gaps(&self) {
        loop {
            let mut pause = FIRST_PAUSE;
            while self.follower().needs_snapshot() {
                self.load().await;
                // Also after a success: a snapshot can be older than what the stream brought since.
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            self.gap.notified().await;
        }
    }

    /// Verifies a statement; one by a key that is not known here yet is looked at again once it is.
    async fn open<T: Statement>(&self, proof: &str, subject: &str) -> Option<T> {
        let mut opened = self.verifier.open(proof);
        if opened.as_ref().is_err_and(|&reason| reason == InvalidToken::UnknownKey)
            && self.source.find_key(proof).await
        {
            opened = self.verifier.open(proof);
        }
        match opened {
            Ok(statement) => {
                Counts::add(&self.status.counts.events);
                Some(statement)
            }
            // It is not tried again: if it was genuine, the next heartbeat shows that its number
            // is missing, and the snapshot has it.
            Err(reason) => {
                Counts::add(&self.status.counts.refused);
                tracing::warn!(%reason, subject, "refused a forged revocation event");
                None
            }
        }
    }

    /// Has the keys refreshed where the issuer has others. Where that does not help, it is not tried
    /// at each heartbeat.
    async fn compare_keys(&self, ids: &str) {
        if self.verifier.has_keys(ids) {
            return;
        }
        {
            let mut last = self.other_keys.lock().unwrap_or_else(PoisonError::into_inner);
            let is_recent = |at: &Instant| at.elapsed() < KEYS_AGAIN_AFTER;
            if last.as_ref().is_some_and(|(same, at)| same == ids && is_recent(at)) {
                return;
            }
            *last = Some((ids.to_owned(), Instant::now()));
        }
        self.source.refresh_keys().await;
    }

    async fn news(&self, proof: &str, subject: &str) {
        let opened = self.open(proof, subject).await;
        let Some(News { position, news, report }) = opened else { return };
        {
            let mut follower = self.follower();
            follower.news(position, &news);
            if follower.needs_snapshot() {
                self.gap.notify_one();
            }
        }
        if report {
            self.report().await;
        }
    }

    /// Says every now and then that this instance is there, for ever.
    async fn be_present(&self) {
        let mut ticks = interval(PRESENT_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.report().await;
        }
    }

    /// Tells up to which revocation this instance refuses.
    async fn report(&self) {
        let Some(position) = self.follower().position() else { return };
        let (instance, service) = (self.instance.clone(), self.service.clone());
        let event = ViewReported { instance, service, position };
        if let Err(error) = self.publisher.publish(&self.bus, &event).await {
            let error = &error as &dyn std::error::Error;
            tracing::debug!(error, "the state of the view was not reported");
        }
    }
}

async fn on_news<E: Event>(
    event: Proof<E>,
    State(shared): State<Arc<Shared>>,
) -> Result<(), HandlerError> {
    shared.news(&event.0, E::SUBJECT).await;
    Ok(())
}

async fn on_heartbeat(
    event: Proof<AuthHeartbeat>,
    State(shared): State<Arc<Shared>>,
) -> Result<(), HandlerError> {
    let opened = shared.open(&event.0, AuthHeartbeat::SUBJECT).await;
    let Some(Heartbeat { mark, keys }) = opened else { return Ok(()) };
    {
        let mut follower = shared.follower();
        follower.heartbeat(mark);
        if follower.needs_snapshot() {
            shared.gap.notify_one();
        }
    }
    shared.compare_keys(&keys).await;
    Ok(())
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").field("status", &self.shared.status).finish_non_exhaustive()
    }
}
