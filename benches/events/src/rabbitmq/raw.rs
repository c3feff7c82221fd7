//! The reference: lapin as its documentation shows it, driven as well as it can be.

use std::time::Instant;

use futures_util::{StreamExt, stream::FuturesUnordered};
use lapin::{
    BasicProperties, Channel, Confirmation, Connection,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions,
        ConfirmSelectOptions, QueueBindOptions, QueueDeclareOptions, QueuePurgeOptions,
    },
    types::{AMQPValue, FieldTable},
};

use crate::{Result, figures::rate};

/// A connection with a channel that confirms, and a quorum queue.
pub(crate) struct Raw {
    _connection: Connection,
    channel: Channel,
    exchange: String,
    queue: String,
}

impl Raw {
    /// Declares the queue and binds it to the events of one type.
    pub(crate) async fn open(url: &str, prefix: &str, kind: &str) -> Result<Self> {
        let connection = Connection::connect(url, Default::default()).await?;
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        let (exchange, queue) = (format!("{prefix}.events"), format!("{prefix}.raw"));
        let mut quorum = FieldTable::default();
        quorum.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        let (name, options) = (queue.as_str(), QueueDeclareOptions::durable());
        channel.queue_declare(name.into(), options, quorum).await?;
        channel
            .queue_bind(
                name.into(),
                exchange.as_str().into(),
                kind.into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await?;
        Ok(Self { _connection: connection, channel, exchange, queue })
    }

    /// Publishes persistent, mandatory messages, `window` at a time; returns the rate.
    pub(crate) async fn publish(
        &self,
        kind: &str,
        body: &[u8],
        properties: &BasicProperties,
        count: u64,
        window: usize,
    ) -> Result<f64> {
        let options = BasicPublishOptions { mandatory: true, immediate: false };
        let publish = async || {
            let (exchange, key) = (self.exchange.as_str().into(), kind.into());
            let properties = properties.clone();
            let sent = self.channel.basic_publish(exchange, key, options, body, properties);
            match sent.await?.await? {
                Confirmation::Ack(None) => Ok::<_, lapin::Error>(()),
                other => panic!("{other:?}"),
            }
        };
        let begun = Instant::now();
        let mut flights: FuturesUnordered<_> = (0..window).map(|_| publish()).collect();
        for n in 0..count {
            if let Some(landed) = flights.next().await {
                landed?;
            }
            if n + (window as u64) < count {
                flights.push(publish());
            }
        }
        Ok(rate(count, begun))
    }

    /// Takes so many messages, acknowledging each fifty at once; returns the rate, from the first on.
    pub(crate) async fn consume(&self, url: &str, count: u64) -> Result<f64> {
        const PREFETCH: u16 = 1_000;
        const TOGETHER: u64 = 50;
        let connection = Connection::connect(url, Default::default()).await?;
        let channel = connection.create_channel().await?;
        channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
        let mut consumer = channel
            .basic_consume(
                self.queue.as_str().into(),
                "".into(),
                BasicConsumeOptions::default(),
                FieldTable::default(),
            )
            .await?;
        let mut begun = None;
        for n in 1..=count {
            let delivery = consumer.next().await.ok_or("the consumer has ended")??;
            begun.get_or_insert_with(Instant::now);
            if n % TOGETHER == 0 || n == count {
                delivery.acker.ack(BasicAckOptions { multiple: true }).await?;
            }
        }
        channel.close(200, "done".into()).await?;
        let rate = rate(count, begun.ok_or("nothing was taken")?);
        connection.close(200, "done".into()).await?;
        Ok(rate)
    }

    pub(crate) async fn purge(&self) -> Result<()> {
        let queue = self.queue.as_str().into();
        self.channel.queue_purge(queue, QueuePurgeOptions::default()).await?;
        Ok(())
    }

    /// Removes the queue, so that it costs the broker nothing.
    pub(crate) async fn close(self) -> Result<()> {
        let queue = self.queue.as_str().into();
        self.channel.queue_delete(queue, Default::default()).await?;
        Ok(())
    }
}
