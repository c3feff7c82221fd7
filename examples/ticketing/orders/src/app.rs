use ticketing_contracts::{
    PaymentId, UserId,
    order::{
        OrderAwaitingPayment, OrderCancelled, OrderCompleted, OrderExpired, OrderRefundRequested,
        OrderRefunded,
    },
};
use ticketkit_auth::AuthLayer;
use ticketkit_core::{RequestId, chassis::Shutdown};
use ticketkit_events::{
    Causation, Clock, PublishError, Publisher,
    sql::{Database, Tx},
};

use crate::{
    Settings,
    domain::{News, Order},
    placing::Placing,
    store::{self, history::Entry},
    streams::Streams,
};

/// What routes, handlers and the sweep work with.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) database: Database,
    pub(crate) publisher: Publisher,
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
    pub(crate) placing: Placing,
    pub(crate) streams: Streams,
    /// To judge the caller of a stream again while it goes on.
    pub(crate) auth: AuthLayer,
    pub(crate) shutdown: Shutdown,
}

/// Why a change was not recorded; nothing of its transaction must be committed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("the store failed")]
    Store(#[from] sqlx::Error),
    #[error("the event was not published")]
    Publish(#[from] PublishError),
}

impl App {
    /// Begins the transaction of a request.
    pub(crate) async fn begin(&self, request: RequestId) -> Result<Tx, sqlx::Error> {
        let mut tx = self.database.begin().await?;
        tx.set_causation(Causation::correlated(request.to_string()));
        Ok(tx)
    }

    /// Writes a change and publishes its event, in one transaction.
    ///
    /// Nothing else changes an order that exists, so that no version comes without its event.
    pub(crate) async fn record(
        &self,
        tx: &mut Tx,
        order: &Order,
        news: News,
    ) -> Result<(), RecordError> {
        store::orders::update(tx, order).await?;
        store::history::insert(tx, order.id, Entry::of(order, self.clock.now())).await?;
        self.publish(tx, order, news).await?;
        Ok(())
    }

    /// Asks for a payment to be given back, unless it was asked before; `by` is the administrator
    /// who wants it, if one does.
    pub(crate) async fn request_refund(
        &self,
        tx: &mut Tx,
        order: &Order,
        payment_id: PaymentId,
        reason: &str,
        by: Option<UserId>,
    ) -> Result<(), RecordError> {
        let now = self.clock.now();
        if store::refunds::note(tx, payment_id, order.id, reason, now).await? {
            let entry = Entry {
                kind: "refund_requested".to_owned(),
                reason: Some(reason.to_owned()),
                payment: Some(payment_id),
                actor: by,
                ..Entry::of(order, now)
            };
            store::history::insert(tx, order.id, entry).await?;
            let (id, version, reason) = (order.id, order.version, reason.to_owned());
            let event = OrderRefundRequested { id, version, payment_id, reason };
            self.publisher.publish(tx, &event).await?;
        }
        Ok(())
    }

    async fn publish(&self, tx: &mut Tx, order: &Order, news: News) -> Result<(), PublishError> {
        let to = &self.publisher;
        let order = order.to_contract();
        match news {
            News::AwaitingPayment => to.publish(tx, &OrderAwaitingPayment { order }).await,
            News::Cancelled => to.publish(tx, &OrderCancelled { order }).await,
            News::Expired => to.publish(tx, &OrderExpired { order }).await,
            News::Completed => to.publish(tx, &OrderCompleted { order }).await,
            News::Refunded => to.publish(tx, &OrderRefunded { order }).await,
        }
        .map(drop)
    }
}
