//! How many deliveries are held ahead of the handlers.
//!
//! Few are fair: what one instance holds no other can take. But with quick handlers few are gone
//! before the broker has written their acknowledgements to its disk and sent the next.

use std::{task::Poll, time::Duration};

use futures_util::{StreamExt, future::poll_fn};
use lapin::{
    Channel, Consumer,
    message::Delivery,
    options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions},
    types::FieldTable,
};
use tokio::time::Instant;

/// What is held is settled so quickly that the way to the broker and back is what takes the time.
const QUICK: Duration = Duration::from_millis(20);
/// What is held lasts so long that others had better take part of it.
const SLOW: Duration = Duration::from_secs(1);
/// As many times more are held for handlers that are quick.
const TIMES: u16 = 4;

/// Measures how long what is held lasts.
#[derive(Debug)]
struct Pace {
    settled: usize,
    since: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lasts {
    TooShort,
    TooLong,
}

impl Pace {
    fn new(now: Instant) -> Self {
        Self { settled: 0, since: now }
    }

    /// Takes in that so many were settled; tells from time to time how long `held` last.
    fn note(&mut self, settled: usize, held: u16, now: Instant) -> Option<Lasts> {
        self.settled += settled;
        if self.settled < usize::from(held) {
            return None;
        }
        let took = now - self.since;
        *self = Self::new(now);
        match took {
            took if took < QUICK => Some(Lasts::TooShort),
            took if took > SLOW => Some(Lasts::TooLong),
            _ => None,
        }
    }
}

/// The deliveries of one queue on one channel: those of a consumer, and while handlers are quick
/// those of a second one.
///
/// A second one, because the broker keeps to the prefetch that a consumer began with.
pub(super) struct Deliveries {
    channel: Channel,
    queue: String,
    consumer: Consumer,
    more: Option<Consumer>,
    /// The second one was cancelled, and is here until nothing of it is left.
    ending: bool,
    prefetch: u16,
    /// Whether there may be a second one: of several consumers of an ordered queue one gets all.
    grows: bool,
    pace: Pace,
    /// Which of the two is asked first, so that neither waits for ever.
    turn: bool,
}

impl Deliveries {
    pub(super) async fn begin(
        channel: &Channel,
        queue: &str,
        prefetch: u16,
        grows: bool,
    ) -> Result<Self, lapin::Error> {
        let consumer = consume(channel, queue, prefetch).await?;
        Ok(Self {
            channel: channel.clone(),
            queue: queue.to_owned(),
            consumer,
            more: None,
            ending: false,
            prefetch,
            grows,
            pace: Pace::new(Instant::now()),
            turn: false,
        })
    }

    /// Waits for the next; none when the broker has ended the consumer.
    ///
    /// Nothing is lost when the future is dropped.
    pub(super) async fn next(&mut self) -> Option<Result<Delivery, lapin::Error>> {
        poll_fn(|cx| {
            self.turn = !self.turn;
            for second in [self.turn, !self.turn] {
                if !second {
                    if let Poll::Ready(delivery) = self.consumer.poll_next_unpin(cx) {
                        return Poll::Ready(delivery);
                    }
                } else if let Some(more) = &mut self.more {
                    match more.poll_next_unpin(cx) {
                        Poll::Ready(None) => (self.more, self.ending) = (None, false),
                        Poll::Ready(delivery) => return Poll::Ready(delivery),
                        Poll::Pending => {}
                    }
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Takes in that so many were settled, and holds more or fewer from here on.
    pub(super) async fn settled(&mut self, count: usize) -> Result<(), lapin::Error> {
        let times = if self.more.is_some() { TIMES } else { 1 };
        let held = self.prefetch.saturating_mul(times);
        match (self.pace.note(count, held, Instant::now()), &self.more) {
            (Some(Lasts::TooShort), None) if self.grows => {
                let prefetch = self.prefetch.saturating_mul(TIMES - 1);
                self.more = Some(consume(&self.channel, &self.queue, prefetch).await?);
            }
            (Some(Lasts::TooLong), Some(more)) if !self.ending => {
                self.channel.basic_cancel(more.tag(), BasicCancelOptions::default()).await?;
                self.ending = true;
            }
            _ => {}
        }
        Ok(())
    }
}

async fn consume(channel: &Channel, queue: &str, prefetch: u16) -> Result<Consumer, lapin::Error> {
    channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
    let (options, table) = (BasicConsumeOptions::default(), FieldTable::default());
    channel.basic_consume(queue.into(), "".into(), options, table).await
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use lapin::{
        BasicProperties,
        options::{BasicAckOptions, BasicPublishOptions, QueueDeclareOptions},
    };

    use super::*;

    #[test]
    fn it_tells_quick_handlers_from_slow_ones() {
        let begun = Instant::now();
        let mut pace = Pace::new(begun);
        let mut note = |settled, ms| pace.note(settled, 256, begun + Duration::from_millis(ms));
        assert_eq!(note(255, 4), None, "not all of it");
        assert_eq!(note(1, 5), Some(Lasts::TooShort));
        assert_eq!(note(256, 505), None, "as it should be");
        assert_eq!(note(256, 3000), Some(Lasts::TooLong));
    }

    #[tokio::test]
    #[ignore = "needs RabbitMQ: run cargo xtask test"]
    async fn more_are_held_while_handlers_are_quick_and_none_is_lost() {
        const PREFETCH: u16 = 10;
        const ALL: u64 = 200;
        let url = std::env::var("TICKETKIT_TEST_AMQP_URL").unwrap();
        let connection = lapin::Connection::connect(&url, Default::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let queue = format!("test-{}", uuid::Uuid::now_v7());
        let options = QueueDeclareOptions { auto_delete: true, ..Default::default() };
        channel.queue_declare(queue.as_str().into(), options, Default::default()).await.unwrap();
        for n in 0..ALL {
            let (body, options) = (n.to_string(), BasicPublishOptions::default());
            let (to, plain) = (queue.as_str().into(), BasicProperties::default());
            channel.basic_publish("".into(), to, options, body.as_bytes(), plain).await.unwrap();
        }
        let mut deliveries = Deliveries::begin(&channel, &queue, PREFETCH, true).await.unwrap();
        let mut got = HashSet::new();
        let first = take(&mut deliveries, &mut got).await;
        assert_eq!(first, usize::from(PREFETCH), "as many as were asked for");

        deliveries.pace = Pace::new(Instant::now());
        deliveries.settled(first).await.unwrap();
        assert!(deliveries.more.is_some(), "they were settled at once");
        let second = take(&mut deliveries, &mut got).await;
        assert_eq!(second, usize::from(PREFETCH * (TIMES - 1)), "and as many more on top");

        deliveries.pace.since -= SLOW * 2;
        deliveries.settled(usize::from(PREFETCH * TIMES)).await.unwrap();
        assert!(deliveries.ending, "they took long");
        let ack = BasicAckOptions { multiple: true };
        while got.len() < ALL as usize {
            channel.basic_ack(0, ack).await.unwrap();
            take(&mut deliveries, &mut got).await;
        }
        assert!(deliveries.more.is_none() && !deliveries.ending, "one is left");
        connection.close(200, "bye".into()).await.unwrap();
    }

    /// Takes what comes, until nothing more does; returns how much that was.
    async fn take(deliveries: &mut Deliveries, got: &mut HashSet<Vec<u8>>) -> usize {
        const QUIET: Duration = Duration::from_millis(500);
        let mut count = 0;
        while let Ok(next) = tokio::time::timeout(QUIET, deliveries.next()).await {
            assert!(got.insert(next.unwrap().unwrap().data), "each comes once");
            count += 1;
        }
        count
    }
}
