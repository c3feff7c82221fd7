use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

use tower_layer::Layer;
use tower_service::Service;

use super::{RetryPolicy, Route, Runner, dispatch::Dispatch, observe::Observe, runner::Settings};
use crate::{
    BoxError, Bus, EventContext,
    engine::{EngineError, Lifetime, Replay, SubscriptionSpec},
    event::Event,
    handler::Handler,
};

/// A subscription that is being built: its handlers and how they are called.
///
/// | setting | default |
/// |---|---|
/// | [`concurrency`](Self::concurrency) | 8 |
/// | [`timeout`](Self::timeout) | 30 s |
/// | [`retry`](Self::retry) | [`RetryPolicy::default`] |
/// | [`ordered`](Self::ordered) | no |
/// | [`replay`](Self::replay) | no: it begins with what is published from then on |
#[must_use = "a subscription does nothing until it is bound and run"]
pub struct Subscription<S = ()> {
    name: String,
    lifetime: Lifetime,
    ordered: bool,
    replay: Option<Replay>,
    state: S,
    dispatch: Dispatch,
    layers: Vec<Box<dyn FnOnce(Route) -> Route + Send>>,
    settings: Settings,
    #[cfg(feature = "sql")]
    transactional: BTreeSet<&'static str>,
    doubled: BTreeSet<&'static str>,
}

impl Subscription {
    /// Begins a durable subscription: one per service and purpose.
    ///
    /// It keeps its place by its name, over restarts. Instances of a service that
    /// use the same name share its events.
    pub fn new(name: impl Into<String>) -> Self {
        Self::with_lifetime(name.into(), Lifetime::Durable)
    }

    /// Begins a subscription of this instance alone: every instance gets every
    /// event, from when it is bound to when its runner ends.
    ///
    /// For views in memory. The engine adds what makes the name unique.
    pub fn fan_out(name: impl Into<String>) -> Self {
        Self::with_lifetime(name.into(), Lifetime::Instance)
    }

    fn with_lifetime(name: String, lifetime: Lifetime) -> Self {
        Self {
            name,
            lifetime,
            ordered: false,
            replay: None,
            state: (),
            dispatch: Dispatch::default(),
            layers: Vec::new(),
            settings: Settings::default(),
            #[cfg(feature = "sql")]
            transactional: BTreeSet::new(),
            doubled: BTreeSet::new(),
        }
    }
}

impl<S: Clone + Send + Sync + 'static> Subscription<S> {
    /// Gives the state that handlers added from here on take with `State<S2>`.
    pub fn with_state<S2>(self, state: S2) -> Subscription<S2> {
        Subscription {
            name: self.name,
            lifetime: self.lifetime,
            ordered: self.ordered,
            replay: self.replay,
            state,
            dispatch: self.dispatch,
            layers: self.layers,
            settings: self.settings,
            #[cfg(feature = "sql")]
            transactional: self.transactional,
            doubled: self.doubled,
        }
    }

    /// Adds the handler of one type of event.
    pub fn handle<T: 'static, H: Handler<T, S>>(mut self, handler: H) -> Self {
        let subject = H::Event::SUBJECT;
        if self.dispatch.contains(subject) {
            self.doubled.insert(subject);
        }
        #[cfg(feature = "sql")]
        if H::OPENS_TX {
            self.transactional.insert(subject);
        }
        self.dispatch.insert(handler, self.state.clone());
        self
    }

    /// Keeps the order of events with the same key: a later one waits while an
    /// earlier one is being handled, waits for its retry or is parked.
    pub fn ordered(mut self) -> Self {
        self.ordered = true;
        self
    }

    /// Has a new subscription handle, before all others, the events of its types that were published
    /// before it and that the engine still keeps.
    ///
    /// One that the engine knows already keeps its place, and a type that it gets later is not
    /// replayed: [remove](Bus::remove_subscription) it first. A fan-out subscription is new each
    /// time. Handlers get every event of that time, also those of which the service has handled the
    /// like under another name. [`bind`](Self::bind) refuses it on an engine without a memory.
    pub fn replay(mut self, replay: Replay) -> Self {
        self.replay = Some(replay);
        self
    }

    /// Handles up to `limit` events at the same time; at least 1.
    pub fn concurrency(mut self, limit: usize) -> Self {
        self.settings.concurrency = limit.max(1);
        self
    }

    /// Counts an attempt that takes longer than `limit` as failed, and drops it.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.settings.timeout = limit;
        self
    }

    /// Sets when failed events are tried again and when they are parked.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.settings.retry = policy;
        self
    }

    /// Puts a tower layer around all handlers; the last one added is outermost.
    ///
    /// It sees an [`EventContext`] for each attempt.
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Route> + Send + 'static,
        L::Service: Service<EventContext, Response = ()> + Clone + Send + Sync + 'static,
        <L::Service as Service<EventContext>>::Error: Into<BoxError>,
        <L::Service as Service<EventContext>>::Future: Send + 'static,
    {
        self.layers.push(Box::new(move |route| Route::new(layer.layer(route))));
        self
    }

    /// Gives the database of the inbox and of the handlers' transactions.
    #[cfg(feature = "sql")]
    pub fn database(mut self, database: &crate::sql::Database) -> Self {
        self.settings.inbox = Some(crate::sql::Inbox::new(database, &self.name));
        self
    }

    /// Returns what the subscription asks of an engine, for descriptions of the service.
    #[must_use]
    pub fn spec(&self) -> SubscriptionSpec {
        SubscriptionSpec {
            name: self.name.clone(),
            types: self.dispatch.types(),
            ordered: self.ordered,
            lifetime: self.lifetime,
            replay: self.replay,
            concurrency: self.settings.concurrency,
        }
    }

    /// Declares the subscription at the engine: from here on events are kept for it.
    ///
    /// # Errors
    ///
    /// If the subscription has no handler, or two for one type; if a handler takes
    /// a transaction and no database was given; if the engine lacks what it asks
    /// for, or cannot be reached.
    pub async fn bind(self, bus: &Bus) -> Result<Runner, EngineError> {
        self.check()?;
        let spec = self.spec();
        spec.check(bus.engine().name(), bus.engine().capabilities())?;
        let name: Arc<str> = spec.name.as_str().into();
        let ordered = spec.ordered;
        let consumer = bus.engine().subscribe(spec).await?;
        let route =
            self.layers.into_iter().fold(Route::new(self.dispatch), |route, layer| layer(route));
        let route = Route::new(Observe::new(route, bus));
        Ok(Runner::new(name, ordered, consumer, route, self.settings))
    }

    fn check(&self) -> Result<(), EngineError> {
        let refuse = |what: String| {
            Err(EngineError::unsupported(format!("the subscription {:?} {what}", self.name)))
        };
        if self.name.is_empty() || self.name.len() > 100 {
            return refuse("must have a name of 1 to 100 bytes".to_owned());
        }
        if self.dispatch.types().is_empty() {
            return refuse("has no handler: add one with `.handle(…)`".to_owned());
        }
        if let Some(subject) = self.doubled.first() {
            return refuse(format!("has two handlers for {subject:?}: leave out one"));
        }
        #[cfg(feature = "sql")]
        if let (Some(subject), None) = (self.transactional.first(), &self.settings.inbox) {
            return refuse(format!(
                "has a handler for {subject:?} that takes a `Tx`, but no database: \
                 give it one with `.database(&database)`"
            ));
        }
        Ok(())
    }
}

impl<S> fmt::Debug for Subscription<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("name", &self.name)
            .field("lifetime", &self.lifetime)
            .field("ordered", &self.ordered)
            .field("types", &self.dispatch.types())
            .finish_non_exhaustive()
    }
}
