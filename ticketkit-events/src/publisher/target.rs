use super::PublishError;
use crate::{Bus, Causation, Envelope};

/// Where a [`Publisher`](super::Publisher) publishes to: `&mut Tx` or `&Bus`.
///
/// Sealed: these are all there are.
pub trait Target: sealed::Target {}

impl<T: sealed::Target> Target for T {}

pub(crate) mod sealed {
    use super::{Causation, Envelope, PublishError};

    // Here, for the compiler reports the trait whose impl is missing.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is nothing to publish to",
        label = "must be `&mut tx`, a transaction, or `&bus`",
        note = "`publish(&mut tx, &event)` publishes with the transaction, `publish(&bus, &event)` at once"
    )]
    pub trait Target: Send {
        fn causation(&self) -> Option<&Causation>;

        fn accept(
            self,
            envelopes: &[Envelope],
        ) -> impl Future<Output = Result<(), PublishError>> + Send;
    }
}

impl sealed::Target for &Bus {
    fn causation(&self) -> Option<&Causation> {
        None
    }

    async fn accept(self, envelopes: &[Envelope]) -> Result<(), PublishError> {
        PublishError::of_results(self.publish_envelopes(envelopes).await)
    }
}

#[cfg(feature = "sql")]
impl sealed::Target for &mut crate::sql::Tx {
    fn causation(&self) -> Option<&Causation> {
        crate::sql::Tx::causation(self)
    }

    async fn accept(self, envelopes: &[Envelope]) -> Result<(), PublishError> {
        self.enqueue_all(envelopes).await.map_err(PublishError::database)
    }
}

#[cfg(feature = "sql")]
impl sealed::Target for &mut &mut crate::sql::Tx {
    fn causation(&self) -> Option<&Causation> {
        crate::sql::Tx::causation(self)
    }

    async fn accept(self, envelopes: &[Envelope]) -> Result<(), PublishError> {
        self.enqueue_all(envelopes).await.map_err(PublishError::database)
    }
}
