use super::options::RabbitMqOptions;
use crate::engine::EngineError;

/// The names of what one queue of a subscription goes by.
///
/// An unordered subscription has one such queue; an ordered one has several, and shares all the
/// rest among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) subscription: String,
    /// The exchange of an ordered subscription, and what the names of its queues begin with.
    pub(super) base: String,
    pub(super) queue: String,
    pub(super) dead: String,
    pub(super) ordered: bool,
    pub(super) instance: bool,
    /// Which of the queues it is, from 0.
    pub(super) partition: u8,
    pub(super) partitions: u8,
}

impl Names {
    pub(super) fn new(
        options: &RabbitMqOptions,
        subscription: &str,
        ordered: bool,
        instance: bool,
    ) -> Self {
        let base = format!("{}.{subscription}", options.prefix);
        Self {
            subscription: subscription.to_owned(),
            queue: if ordered { format!("{base}.0") } else { base.clone() },
            dead: format!("{base}.dead"),
            base,
            ordered,
            instance,
            partition: 0,
            // Nobody shares what is an instance's own.
            partitions: if ordered && !instance { options.partitions } else { 1 },
        }
    }

    /// Returns whether the events are spread over queues by their keys.
    pub(super) fn is_hashed(&self) -> bool {
        self.ordered && !self.instance
    }

    /// Returns the names of each queue of the subscription.
    pub(super) fn all(&self) -> Vec<Self> {
        if !self.is_hashed() {
            return vec![self.clone()];
        }
        let of = |partition| Self {
            queue: format!("{}.{partition}", self.base),
            partition,
            ..self.clone()
        };
        (0..self.partitions).map(of).collect()
    }
}

/// Returns an error unless a queue can be called by the name of a subscription and never by that of
/// another.
pub(super) fn check(subscription: &str) -> Result<(), EngineError> {
    let last = subscription.rsplit('.').next().unwrap_or(subscription);
    let number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    if number || ["dead", "events", "members", "unrouted"].contains(&last) {
        return Err(EngineError::unsupported(format!(
            "the subscription {subscription:?} has a name that ends with {last:?}, which the \
             rabbitmq engine uses for its own queues: choose another"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_subscriptions_and_of_their_queues_never_meet() {
        for name in ["a.dead", "a.0", "a.wait.100", "events", "unrouted", "a.members", "7"] {
            assert!(check(name).is_err(), "{name}");
        }
        for name in ["orders", "orders.view", "dead.letters", "a.0b", "a@1f2e"] {
            assert!(check(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn an_ordered_subscription_has_a_queue_for_each_partition() {
        let options = RabbitMqOptions::default().partitions(3);
        let queues = |ordered, instance| -> Vec<String> {
            let names = Names::new(&options, "orders", ordered, instance);
            names.all().into_iter().map(|names| names.queue).collect()
        };
        let hashed = ["ticketkit.orders.0", "ticketkit.orders.1", "ticketkit.orders.2"];
        assert_eq!(queues(true, false), hashed);
        assert_eq!(queues(true, true), hashed[..1]);
        assert_eq!(queues(false, false), ["ticketkit.orders"]);
    }
}
