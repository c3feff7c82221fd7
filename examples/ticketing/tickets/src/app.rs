use sqlx::Error;
use ticketing_contracts::ticket::{
    TicketCreated, TicketReleased, TicketReserved, TicketSold, TicketUpdated, TicketWithdrawn,
};
use ticketkit_core::RequestId;
use ticketkit_events::{
    Causation, Clock, PublishError, Publisher,
    sql::{Database, Tx},
};

use crate::{
    Settings,
    domain::{News, Ticket},
    store,
};

/// What routes and handlers work with.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) database: Database,
    pub(crate) publisher: Publisher,
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
}

/// Why a change was not recorded; nothing of its transaction must be committed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("the store failed")]
    Store(#[from] Error),
    #[error("the event was not published")]
    Publish(#[from] PublishError),
}

impl App {
    /// Begins the transaction of a request.
    pub(crate) async fn begin(&self, request: RequestId) -> Result<Tx, Error> {
        let mut tx = self.database.begin().await?;
        tx.set_causation(Causation::correlated(request.to_string()));
        Ok(tx)
    }

    /// Writes a change and publishes its event, in one transaction.
    ///
    /// Nothing else writes a ticket, so that no version comes without its event.
    pub(crate) async fn record(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        news: News,
    ) -> Result<(), RecordError> {
        match news {
            News::Created => store::tickets::insert(tx, ticket).await?,
            _ => store::tickets::update(tx, ticket).await?,
        }
        let to = &self.publisher;
        let ticket = ticket.to_contract();
        match news {
            News::Created => to.publish(tx, &TicketCreated { ticket }).await,
            News::Updated => to.publish(tx, &TicketUpdated { ticket }).await,
            News::Withdrawn => to.publish(tx, &TicketWithdrawn { ticket }).await,
            News::Reserved => to.publish(tx, &TicketReserved { ticket }).await,
            News::Sold => to.publish(tx, &TicketSold { ticket }).await,
            News::Released { from } => {
                to.publish(tx, &TicketReleased { ticket, released_order_id: from }).await
            }
        }?;
        Ok(())
    }
}

impl From<RecordError> for crate::Error {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Store(error) => Self::Store(error),
            RecordError::Publish(error) => Self::Publish(error),
        }
    }
}
