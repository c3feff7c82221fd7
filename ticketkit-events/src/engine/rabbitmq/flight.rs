//! One publish on its way, and what became of it.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use lapin::{
    BasicProperties, Channel, Confirmation, options::BasicPublishOptions, types::ShortString,
};

use super::confirm::{Identity, Verdict};
use crate::{engine::EngineError, handler::describe};

/// A message to publish: persistent, mandatory and confirmed.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) exchange: ShortString,
    pub(super) routing_key: ShortString,
    pub(super) properties: BasicProperties,
    pub(super) body: Vec<u8>,
}

pub(super) type Landed = Result<(bool, Option<(Identity, String)>), String>;

/// What is on its way.
///
/// A flight is a large future, and one is made for each message: those that have landed leave their
/// place in memory to the next.
pub(super) struct Flights<F> {
    under_way: FuturesUnordered<Flight<F>>,
    free: Vec<Place<F>>,
}

type Place<F> = Pin<Box<Option<F>>>;

struct Flight<F> {
    /// Until it has landed.
    place: Option<Place<F>>,
}

impl<F> Default for Flights<F> {
    fn default() -> Self {
        Self { under_way: FuturesUnordered::new(), free: Vec::new() }
    }
}

impl<F: Future> Flights<F> {
    pub(super) fn push(&mut self, flight: F) {
        let mut place = self.free.pop().unwrap_or_else(|| Box::pin(None));
        place.set(Some(flight));
        self.under_way.push(Flight { place: Some(place) });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.under_way.is_empty()
    }

    /// Waits for one to land; returns none at once where none is under way. Can be dropped at any time.
    pub(super) async fn next(&mut self) -> Option<F::Output> {
        let (place, landed) = self.under_way.next().await?;
        self.free.push(place);
        Some(landed)
    }
}

impl<F: Future> Future for Flight<F> {
    type Output = (Place<F>, F::Output);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(mut place) = self.place.take() else { return Poll::Pending };
        let Some(flight) = place.as_mut().as_pin_mut() else { return Poll::Pending };
        let Poll::Ready(landed) = flight.poll(cx) else {
            self.place = Some(place);
            return Poll::Pending;
        };
        place.set(None);
        Poll::Ready((place, landed))
    }
}

pub(super) async fn fly(channel: &Channel, number: u64, message: Message) -> (u64, Landed) {
    let options = BasicPublishOptions { mandatory: true, immediate: false };
    let Message { exchange, routing_key, properties, body } = message;
    let publish = async {
        let confirm =
            channel.basic_publish(exchange, routing_key, options, &body, properties).await?;
        confirm.await
    };
    let landed = match publish.await {
        Ok(Confirmation::Ack(returned)) => Ok((true, returned.as_ref().map(identify))),
        Ok(Confirmation::Nack(returned)) => Ok((false, returned.as_ref().map(identify))),
        Ok(Confirmation::NotRequested) => Err("the channel gives no confirms".to_owned()),
        Err(error) => Err(describe(&error)),
    };
    (number, landed)
}

fn identify(returned: &lapin::message::BasicReturnMessage) -> (Identity, String) {
    let (exchange, routing_key) = (returned.exchange.as_str(), returned.routing_key.as_str());
    let identity = Identity::of(id_of(&returned.properties), exchange, routing_key);
    (identity, returned.reply_text.to_string())
}

fn id_of(properties: &BasicProperties) -> &str {
    properties.message_id().as_ref().map_or("", ShortString::as_str)
}

impl Message {
    pub(super) fn identity(&self) -> Identity {
        Identity::of(id_of(&self.properties), self.exchange.as_str(), self.routing_key.as_str())
    }
}

pub(super) fn answer(verdict: Verdict) -> Result<(), EngineError> {
    match verdict {
        Verdict::Accepted => Ok(()),
        Verdict::Refused => Err(EngineError::failed(
            "the broker of the rabbitmq engine has refused the event",
            "basic.nack: a queue is full or has no leader",
        )),
        Verdict::Returned(text) => Err(EngineError::failed(
            "the rabbitmq engine finds no queue that takes the event",
            text,
        )),
    }
}
