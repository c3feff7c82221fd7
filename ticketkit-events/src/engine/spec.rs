use super::EngineError;
use crate::Timestamp;

/// What an engine can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Events of one key can be handled in their order.
    pub ordered_keys: bool,
    /// A subscription can be one instance's, and vanish with it.
    pub fan_out: bool,
    /// Events survive a restart of the process.
    pub durable: bool,
    /// A failed event can wait without holding up others.
    pub delayed_retry: bool,
    /// A new subscription can get events that were published before it.
    pub replay: bool,
}

/// How long a subscription lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lifetime {
    /// Until it is removed: it keeps its place while nobody consumes.
    Durable,
    /// As long as its consumer: it begins with what is published from then on.
    Instance,
}

/// What a new subscription gets of the events that were published before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replay {
    /// All that the engine keeps.
    FromStart,
    /// What was published at this time or later, as far as the engine keeps it.
    Since(Timestamp),
}

/// What a subscription asks of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionSpec {
    /// The name; consumers of a durable subscription share it.
    pub name: String,
    /// The types of events that it gets.
    pub types: Vec<String>,
    /// Whether events of one key are handled in their order.
    pub ordered: bool,
    /// How long it lives.
    pub lifetime: Lifetime,
    /// What it gets of the events of before, if it is new; none if it begins with
    /// what is published from then on.
    pub replay: Option<Replay>,
    /// How many events are handled at the same time by the consumer that is asked
    /// for; what is fetched ahead is derived from it.
    pub concurrency: usize,
}

impl SubscriptionSpec {
    /// Returns an error unless the engine can do what this asks.
    pub(crate) fn check(&self, engine: &str, can: Capabilities) -> Result<(), EngineError> {
        let lacks = |what: &str, instead: &str| {
            Err(EngineError::unsupported(format!(
                "the engine {engine} has no {what}, which the subscription {:?} asks for: {instead}",
                self.name
            )))
        };
        if self.ordered && !can.ordered_keys {
            return lacks("order per key", "leave out `.ordered()` or use another engine");
        }
        if self.lifetime == Lifetime::Instance && !can.fan_out {
            return lacks("fan-out per instance", "use `Subscription::new` or another engine");
        }
        if self.replay.is_some() && !can.replay {
            return lacks(
                "replay of earlier events",
                "leave out `.replay(…)`, or use the SQL engine (sqlite://, postgres://)",
            );
        }
        Ok(())
    }
}
