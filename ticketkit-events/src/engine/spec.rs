use super::EngineError;

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
        Ok(())
    }
}
