//! The exchanges and queues, their names and arguments.
//!
//! | name | what it is |
//! |---|---|
//! | `ticketkit.events` | topic exchange; the routing key is the type of the event |
//! | `ticketkit.unrouted` | its alternate exchange (fanout) and a queue: what nobody subscribed to, the last 100 000 |
//! | `ticketkit.<subscription>` | quorum queue of a subscription |
//! | `ticketkit.<subscription>` | headers exchange of an ordered subscription, bound to its types |
//! | `ticketkit.<subscription>.<n>` | its queues, by the hash of the key, each with a single active consumer |
//! | `ticketkit.<subscription>.0` | fanout exchange to the first of them: what has no hash, from other programs |
//! | `ticketkit.<subscription>.dead` | its parked events |
//! | `ticketkit.<subscription>.wait.<ms>` | events that wait for another try, then go back to the one queue that they failed in; vanishes when it is not used |

use std::time::Duration;

use lapin::{
    Channel, ExchangeKind,
    options::{ExchangeBindOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable},
};

use super::{error::declaring, message, names::Names, options::RabbitMqOptions};
use crate::engine::EngineError;

/// Crashes of consumers, as the broker counts them. The runner parks an event long
/// before: this catches what it cannot see, such as processes that die at once.
const DELIVERY_LIMIT: i64 = 100;
/// Of queues whose messages are looked through and given back. Queues without a
/// limit would put them at their end (seen in 3.10).
const NO_LIMIT: i64 = i32::MAX as i64;
const UNROUTED: i64 = 100_000;
/// How long the queue of an instance outlives its consumer: a lost connection is
/// back before, a dead process is not.
const INSTANCE: Duration = Duration::from_secs(60);
const INSTANCE_DEAD: Duration = Duration::from_secs(3600);
/// A wait queue is declared again before it is used, at least this often; and it
/// stays longer than that and its wait together.
pub(super) const WAIT_DECLARED: Duration = Duration::from_secs(600);
const WAIT_EXPIRES: Duration = Duration::from_secs(1800);

/// The names of what an engine has in common.
#[derive(Clone, Debug)]
pub(super) struct Topology {
    options: RabbitMqOptions,
}

impl Topology {
    pub(super) fn new(options: RabbitMqOptions) -> Self {
        Self { options }
    }

    pub(super) fn exchange(&self) -> String {
        format!("{}.events", self.options.prefix)
    }

    /// Returns the exchange by which all processes are asked for their figures.
    pub(super) fn members(&self) -> String {
        format!("{}.members", self.options.prefix)
    }

    fn unrouted(&self) -> String {
        format!("{}.unrouted", self.options.prefix)
    }

    /// Returns whether queues stay while nobody uses them.
    pub(super) fn lasts(&self) -> bool {
        self.options.vanishing.is_none()
    }

    pub(super) fn partitions(&self) -> u8 {
        self.options.partitions
    }

    pub(super) fn names(&self, subscription: &str, ordered: bool, instance: bool) -> Names {
        Names::new(&self.options, subscription, ordered, instance)
    }

    fn expiring(&self, table: &mut FieldTable, wanted: Option<Duration>) {
        let after = match (wanted, self.options.vanishing) {
            (Some(wanted), Some(vanishing)) => Some(wanted.max(vanishing)),
            (wanted, vanishing) => wanted.or(vanishing),
        };
        if let Some(after) = after {
            let ms = i64::try_from(after.as_millis()).unwrap_or(i64::MAX);
            table.insert("x-expires".into(), AMQPValue::LongLongInt(ms));
        }
    }

    fn exchange_options(&self) -> ExchangeDeclareOptions {
        ExchangeDeclareOptions {
            durable: true,
            auto_delete: self.options.vanishing.is_some(),
            ..ExchangeDeclareOptions::default()
        }
    }

    /// Declares what all subscriptions share.
    pub(super) async fn declare_base(&self, channel: &Channel) -> Result<(), EngineError> {
        let (exchange, unrouted) = (self.exchange(), self.unrouted());
        let options = self.exchange_options();
        channel
            .exchange_declare(
                unrouted.as_str().into(),
                ExchangeKind::Fanout,
                options,
                FieldTable::default(),
            )
            .await
            .map_err(|error| declaring("exchange", &unrouted, error))?;
        let mut table = quorum(NO_LIMIT);
        table.insert("x-max-length".into(), AMQPValue::LongLongInt(UNROUTED));
        self.expiring(&mut table, None);
        declare(channel, &unrouted, table).await?;
        self.bind(channel, &unrouted, &unrouted, "").await?;
        let mut table = FieldTable::default();
        table.insert("alternate-exchange".into(), long(&unrouted));
        channel
            .exchange_declare(exchange.as_str().into(), ExchangeKind::Topic, options, table)
            .await
            .map_err(|error| declaring("exchange", &exchange, error))?;
        if self.options.vanishing.is_some() {
            // No event has this type: it keeps the exchange, which would vanish with
            // the last subscription's binding.
            self.bind(channel, &unrouted, &exchange, "..").await?;
        }
        Ok(())
    }

    /// Declares the queues of a subscription and binds its types, these last: from then on events
    /// come.
    pub(super) async fn declare(
        &self,
        channel: &Channel,
        names: &Names,
        types: &[String],
    ) -> Result<(), EngineError> {
        self.declare_dead(channel, names).await?;
        for names in names.all() {
            self.declare_queue(channel, &names).await?;
        }
        if !names.is_hashed() {
            for kind in types {
                self.bind(channel, &names.queue, &self.exchange(), kind).await?;
            }
            return Ok(());
        }
        self.declare_hashed(channel, names).await?;
        for kind in types {
            channel
                .exchange_bind(
                    names.base.as_str().into(),
                    self.exchange().as_str().into(),
                    kind.as_str().into(),
                    ExchangeBindOptions::default(),
                    FieldTable::default(),
                )
                .await
                .map_err(|error| declaring("exchange", &names.base, error))?;
        }
        Ok(())
    }

    /// Declares one queue of a subscription.
    pub(super) async fn declare_queue(
        &self,
        channel: &Channel,
        names: &Names,
    ) -> Result<(), EngineError> {
        declare(channel, &names.queue, self.arguments(names)).await
    }

    /// Declares what spreads the events of an ordered subscription over its queues: an exchange that
    /// goes by the header with the hash, and one that takes what comes without, from other
    /// programs, to the first queue.
    async fn declare_hashed(&self, channel: &Channel, names: &Names) -> Result<(), EngineError> {
        let rest = format!("{}.0", names.base);
        let options = self.exchange_options();
        channel
            .exchange_declare(
                rest.as_str().into(),
                ExchangeKind::Fanout,
                options,
                FieldTable::default(),
            )
            .await
            .map_err(|error| declaring("exchange", &rest, error))?;
        self.bind(channel, &rest, &rest, "").await?;
        let mut table = FieldTable::default();
        table.insert("alternate-exchange".into(), long(&rest));
        channel
            .exchange_declare(names.base.as_str().into(), ExchangeKind::Headers, options, table)
            .await
            .map_err(|error| declaring("exchange", &names.base, error))?;
        for names in names.all() {
            let mut table = FieldTable::default();
            table.insert("x-match".into(), long("all"));
            table.insert(message::PARTITION.into(), message::partition(names.partition));
            let (queue, base) = (names.queue.as_str().into(), names.base.as_str().into());
            channel
                .queue_bind(queue, base, "".into(), QueueBindOptions::default(), table)
                .await
                .map_err(|error| declaring("queue", &names.queue, error))?;
        }
        Ok(())
    }

    /// Returns the arguments of a queue that a subscription consumes.
    fn arguments(&self, names: &Names) -> FieldTable {
        let mut table = quorum(if names.ordered { NO_LIMIT } else { DELIVERY_LIMIT });
        table.insert("x-dead-letter-exchange".into(), long(""));
        table.insert("x-dead-letter-routing-key".into(), long(&names.dead));
        table.insert("x-dead-letter-strategy".into(), long("at-least-once"));
        // At-least-once dead lettering silently falls back without this.
        table.insert("x-overflow".into(), long("reject-publish"));
        if names.ordered {
            table.insert("x-single-active-consumer".into(), AMQPValue::Boolean(true));
        }
        self.expiring(&mut table, names.instance.then_some(INSTANCE));
        table
    }

    pub(super) async fn declare_dead(
        &self,
        channel: &Channel,
        names: &Names,
    ) -> Result<(), EngineError> {
        let mut table = quorum(NO_LIMIT);
        self.expiring(&mut table, names.instance.then_some(INSTANCE_DEAD));
        declare(channel, &names.dead, table).await
    }

    /// Declares the queue in which events wait for `ms`.
    pub(super) async fn declare_wait(
        &self,
        channel: &Channel,
        names: &Names,
        ms: u64,
    ) -> Result<(), EngineError> {
        let mut table = quorum(NO_LIMIT);
        table.insert("x-message-ttl".into(), AMQPValue::LongLongInt(ms.cast_signed()));
        table.insert("x-dead-letter-exchange".into(), long(""));
        table.insert("x-dead-letter-routing-key".into(), long(&names.queue));
        table.insert("x-dead-letter-strategy".into(), long("at-least-once"));
        table.insert("x-overflow".into(), long("reject-publish"));
        self.expiring(&mut table, Some(WAIT_EXPIRES + Duration::from_millis(ms)));
        declare(channel, &self.wait(names, ms), table).await
    }

    pub(super) fn wait(&self, names: &Names, ms: u64) -> String {
        format!("{}.{}.wait.{ms}", self.options.prefix, names.subscription)
    }

    async fn bind(
        &self,
        channel: &Channel,
        queue: &str,
        exchange: &str,
        key: &str,
    ) -> Result<(), EngineError> {
        channel
            .queue_bind(
                queue.into(),
                exchange.into(),
                key.into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await
            .map_err(|error| declaring("queue", queue, error))
    }
}

fn long(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

fn quorum(delivery_limit: i64) -> FieldTable {
    let mut table = FieldTable::default();
    table.insert("x-queue-type".into(), long("quorum"));
    table.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(delivery_limit));
    table
}

async fn declare(channel: &Channel, name: &str, table: FieldTable) -> Result<(), EngineError> {
    channel
        .queue_declare(name.into(), QueueDeclareOptions::durable(), table)
        .await
        .map(drop)
        .map_err(|error| declaring("queue", name, error))
}
