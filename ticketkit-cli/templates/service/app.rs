{% if service.resources %}
use ticketkit_core::RequestId;
use ticketkit_events::{
    Causation,
    sql::{Database, Tx},
};

{% endif %}
{% if service.events %}
use crate::News;

{% endif %}
{% if service.resources and service.handlers %}
/// What routes and handlers work with.
{% elif service.resources %}
/// What routes work with.
{% elif service.handlers %}
/// What handlers work with.
{% else %}
/// What the service works with.
{% endif %}
#[derive(Debug, Clone)]
pub(crate) struct App {
{% if service.resources %}
    pub(crate) database: Database,
{% endif %}
{% if service.events %}
    pub(crate) news: News,
{% endif %}
}
{% if service.resources %}

impl App {
    /// Begins the transaction of a request, which its events name as what began the chain.
    pub(crate) async fn begin(&self, request: RequestId) -> Result<Tx, sqlx::Error> {
        let mut tx = self.database.begin().await?;
        tx.set_causation(Causation::correlated(request.to_string()));
        Ok(tx)
    }
}
{% endif %}
