use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ticketing_contracts::{OrderId, order::Order};
use tokio::sync::broadcast;

/// An order changes at most four times, so nobody falls behind.
const CAPACITY: usize = 8;

type Senders = HashMap<OrderId, broadcast::Sender<Order>>;

/// Who listens to which order in this process. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Streams(Arc<Mutex<Senders>>);

/// Hears of the changes of one order.
#[derive(Debug)]
pub(crate) struct Listener {
    streams: Streams,
    id: OrderId,
    receiver: broadcast::Receiver<Order>,
}

impl Streams {
    /// Listens to an order, from now on.
    pub(crate) fn listen(&self, id: OrderId) -> Listener {
        let mut senders = self.senders();
        let sender = senders.entry(id).or_insert_with(|| broadcast::Sender::new(CAPACITY));
        Listener { streams: self.clone(), id, receiver: sender.subscribe() }
    }

    /// Tells an order's listeners of a change.
    pub(crate) fn tell(&self, order: Order) {
        if let Some(sender) = self.senders().get(&order.id) {
            // An error means that the last one is just leaving.
            let _ = sender.send(order);
        }
    }

    fn senders(&self) -> MutexGuard<'_, Senders> {
        // The map is whole between any two statements, also where a thread panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    /// Waits for the next change; `None` if some were missed. Can be dropped at any time.
    pub(crate) async fn next(&mut self) -> Option<Order> {
        self.receiver.recv().await.ok()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut senders = self.streams.senders();
        // Its own receiver still counts; a new one cannot come while the map is locked.
        if senders.get(&self.id).is_some_and(|sender| sender.receiver_count() <= 1) {
            senders.remove(&self.id);
        }
    }
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams").field("orders", &self.senders().len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_who_has_left() {
        let streams = Streams::default();
        let id = OrderId::new();
        let (first, second) = (streams.listen(id), streams.listen(id));
        drop(first);
        assert_eq!(streams.senders().len(), 1);
        drop(second);
        assert_eq!(streams.senders().len(), 0);
    }
}
