//! What follows `{{ item.subject }}`, which {{ item.event.source }} tells.

use {{ project.snake }}_contracts::{{ item.event.pascal }};
{% if service.resources or service.events %}
use ticketkit_events::{HandlerError, Meta, State, sql::Tx};

use crate::app::App;
{% else %}
use ticketkit_events::{HandlerError, Meta, sql::Tx};
{% endif %}

/// Handles it once: what is done in `_tx` commits with the inbox row, or not at all.
///
/// An error that may pass is returned with `?`: the event comes again later. One that trying again
/// cannot mend is `HandlerError::permanent`: the event is parked.
pub(super) async fn handle(«event: {{ item.event.pascal }}¦{% if service.resources or service.events %}State(_app): State<App>¦{% endif %}_tx: Tx¦meta: Meta») -> Result<(), HandlerError> {
    tracing::info!(event.id = %meta.id, attempt = meta.attempt, "heard {event:?}");
    Ok(())
}
