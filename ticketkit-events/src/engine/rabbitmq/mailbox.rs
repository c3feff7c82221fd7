//! What instances tell one another: small messages that may be lost.

use std::time::Duration;

use futures_util::StreamExt;
use lapin::{
    BasicProperties, Channel, Consumer, ExchangeKind,
    message::Delivery,
    options::{
        BasicConsumeOptions, BasicPublishOptions, ExchangeDeclareOptions, QueueBindOptions,
        QueueDeclareOptions,
    },
    types::{FieldTable, ShortString},
};
use tokio::time::timeout;
use uuid::Uuid;

use super::{
    error::{declaring, failed},
    link::Link,
    publish::Publisher,
};
use crate::engine::EngineError;

/// How long a message waits for somebody who reads it.
const EXPIRES_MS: &str = "5000";
/// How long it may take to leave this process.
const LEAVE: Duration = Duration::from_secs(1);

/// What is said to everybody at one exchange, as one of them gets it. It vanishes with its connection,
/// and the exchange with the last of them.
pub(super) struct Mailbox {
    queue: String,
    /// The messages end with it.
    channel: Channel,
    messages: Consumer,
}

impl Mailbox {
    pub(super) async fn open(link: &Link, exchange: &str, id: Uuid) -> Result<Self, EngineError> {
        let channel = link.channel().await?;
        let passing = ExchangeDeclareOptions { auto_delete: true, ..Default::default() };
        channel
            .exchange_declare(exchange.into(), ExchangeKind::Fanout, passing, FieldTable::default())
            .await
            .map_err(|error| declaring("exchange", exchange, error))?;
        let own = QueueDeclareOptions { exclusive: true, auto_delete: true, ..Default::default() };
        let queue = format!("{exchange}.{id}");
        channel
            .queue_declare(queue.as_str().into(), own, FieldTable::default())
            .await
            .map_err(|error| declaring("queue", &queue, error))?;
        channel
            .queue_bind(
                queue.as_str().into(),
                exchange.into(),
                "".into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await
            .map_err(|error| declaring("queue", &queue, error))?;
        let options = BasicConsumeOptions { no_ack: true, ..Default::default() };
        let messages = channel
            .basic_consume(queue.as_str().into(), "".into(), options, FieldTable::default())
            .await
            .map_err(failed("listen to other instances"))?;
        Ok(Self { queue, channel, messages })
    }

    /// Returns the name of the queue, to which answers can be sent.
    pub(super) fn queue(&self) -> &str {
        &self.queue
    }

    /// Returns the next message; none when the channel has ended. Can be dropped at any time.
    pub(super) async fn next(&mut self) -> Option<Delivery> {
        self.messages.next().await?.ok()
    }

    /// Closes it at once, and not when the connection ends.
    pub(super) async fn close(self) {
        // It vanishes with the connection at the latest.
        drop(self.channel.close(200, "done".into()).await);
    }
}

/// Says something on a channel of its own, which is gone after that.
pub(super) async fn say_once(
    publisher: &Publisher,
    exchange: &str,
    routing_key: &str,
    body: &[u8],
    reply_to: Option<ShortString>,
) -> Result<(), EngineError> {
    let channel = publisher.channel().await?;
    say(&channel, exchange, routing_key, body, reply_to).await?;
    // A broker that takes nothing from now on does not answer; it ends with the connection, then.
    drop(timeout(LEAVE, channel.close(200, "done".into())).await);
    Ok(())
}

/// Says something without a confirm; an error means that the channel is of no more use.
pub(super) async fn say(
    channel: &Channel,
    exchange: &str,
    routing_key: &str,
    body: &[u8],
    reply_to: Option<ShortString>,
) -> Result<(), EngineError> {
    let properties = BasicProperties::default().with_expiration(EXPIRES_MS.into());
    let properties = match reply_to {
        Some(queue) => properties.with_reply_to(queue),
        None => properties,
    };
    let options = BasicPublishOptions::default();
    let said =
        channel.basic_publish(exchange.into(), routing_key.into(), options, body, properties);
    match timeout(LEAVE, said).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(failed("tell other instances")(error)),
        Err(_) => Err(EngineError::failed(
            "the rabbitmq engine cannot tell other instances",
            format!("not sent in {LEAVE:?}"),
        )),
    }
}
