//! Events: what a service tells the others.

use std::borrow::Cow;

use serde::{Serialize, de::DeserializeOwned};

/// Something that happened, in the words of the service that publishes it.
///
/// Derive it:
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use ticketkit_events::Event;
///
/// #[derive(Debug, Serialize, Deserialize, Event)]
/// #[event(subject = "order.created", version = 1, key = "id")]
/// #[serde(rename_all = "camelCase")]
/// pub struct OrderCreated {
///     pub id: String,
///     pub user_id: String,
/// }
///
/// assert_eq!(OrderCreated::SUBJECT, "order.created");
/// ```
///
/// or write by hand what the derive writes:
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize)]
/// # pub struct OrderCreated { pub id: String }
/// use std::borrow::Cow;
/// use ticketkit_events::Event;
///
/// impl Event for OrderCreated {
///     const SUBJECT: &'static str = "order.created";
///     const VERSION: u32 = 1;
///
///     fn key(&self) -> Cow<'_, str> {
///         Cow::Owned(self.id.to_string())
///     }
/// }
/// ```
///
/// | attribute | meaning |
/// |---|---|
/// | `subject = "order.created"` | the CloudEvents `type`: words of `a-z`, `0-9` and `_`, joined by dots |
/// | `version = 1` | the version of the data's schema, from 1 |
/// | `key = "id"` | the field whose text is the ordering key; `ticket.id` reaches into it |
/// | `constant_key = "revocations"` | instead of `key`: all events of all such types are in one order |
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "this type does not implement `Event`",
    note = "add `#[derive(serde::Serialize, serde::Deserialize, ticketkit_events::Event)]` and `#[event(subject = \"…\", version = 1, key = \"…\")]` to it",
    note = "the first argument of a handler is the event, by value; extractors come after it"
)]
pub trait Event: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The CloudEvents `type`, such as `order.created`.
    const SUBJECT: &'static str;

    /// The version of the data's schema, from 1.
    ///
    /// A change that an older reader cannot read is a new version.
    const VERSION: u32;

    /// Returns the ordering key: events with the same key are handled in the
    /// order in which they were published, where a subscription asks for order.
    fn key(&self) -> Cow<'_, str>;
}
