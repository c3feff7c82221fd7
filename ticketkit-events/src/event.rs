//! Events: what a service tells the others, and their versions.
//!
//! A change of the data that an older reader cannot read is a new version. The old type stays, and
//! the new one says what it is made from:
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use ticketkit_events::Event;
//!
//! #[derive(Serialize, Deserialize, Event)]
//! #[event(subject = "ticket.created", version = 1, key = "id")]
//! pub struct TicketCreatedV1 {
//!     pub id: String,
//!     /// In dollars, which was a mistake.
//!     pub price: f64,
//! }
//!
//! #[derive(Serialize, Deserialize, Event)]
//! #[event(subject = "ticket.created", version = 2, key = "id", upcast_from = TicketCreatedV1)]
//! pub struct TicketCreated {
//!     pub id: String,
//!     /// In cents.
//!     pub price: i64,
//! }
//!
//! impl From<TicketCreatedV1> for TicketCreated {
//!     fn from(old: TicketCreatedV1) -> Self {
//!         Self { id: old.id, price: (old.price * 100.0).round() as i64 }
//!     }
//! }
//!
//! # fn main() -> Result<(), serde_json::Error> {
//! // What was published before the change, and is still in an outbox, a queue or parked:
//! let event = TicketCreated::read(1, r#"{"id": "7", "price": 19.99}"#)?;
//! assert_eq!(event.price, 1999);
//! # Ok(()) }
//! ```
//!
//! The compiler checks that the chain has no gap and that each `From` is there. A handler takes the
//! newest type alone. A version that is newer than the program is parked, with a sentence that says
//! so: deploy the newer program, then redrive. So readers are deployed before writers.

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
/// | `upcast_from = OrderCreatedV1` | the type of the version before, which `From` makes this type of |
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

    /// The oldest version that [`read`](Self::read) can read.
    const OLDEST: u32 = Self::VERSION;

    /// Reads the data of a version between [`OLDEST`](Self::OLDEST) and [`VERSION`](Self::VERSION).
    ///
    /// By hand, `upcast_from` is:
    ///
    /// ```
    /// # use std::borrow::Cow;
    /// # use serde::{Deserialize, Serialize};
    /// # use ticketkit_events::{Event, event::{ReadError, from_json}};
    /// # #[derive(Serialize, Deserialize, Event)]
    /// # #[event(subject = "ticket.created", version = 1, key = "id")]
    /// # struct TicketCreatedV1 { id: String }
    /// # #[derive(Serialize, Deserialize)]
    /// # struct TicketCreated { id: String }
    /// # impl From<TicketCreatedV1> for TicketCreated {
    /// #     fn from(old: TicketCreatedV1) -> Self { Self { id: old.id } }
    /// # }
    /// impl Event for TicketCreated {
    ///     const SUBJECT: &'static str = "ticket.created";
    ///     const VERSION: u32 = 2;
    ///     const OLDEST: u32 = TicketCreatedV1::OLDEST;
    ///
    ///     fn read(version: u32, data: &str) -> Result<Self, ReadError> {
    ///         match version {
    ///             Self::VERSION => from_json(data),
    ///             older => TicketCreatedV1::read(older, data).map(Self::from),
    ///         }
    ///     }
    /// #   fn key(&self) -> Cow<'_, str> { Cow::Borrowed(&self.id) }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If the data is not of that version's form.
    fn read(version: u32, data: &str) -> Result<Self, ReadError> {
        let _ = version;
        from_json(data)
    }
}

/// Why data could not be read: what is wrong, and where.
pub type ReadError = serde_json::Error;

/// Reads data as it is, as [`Event::read`] does with its own version.
///
/// # Errors
///
/// If the data is not of the form of `E`.
pub fn from_json<E: DeserializeOwned>(data: &str) -> Result<E, ReadError> {
    serde_json::from_str(data)
}

/// Tells whether `Old` is the version before `New` of the same event; the derive asserts it.
#[must_use]
pub const fn is_before<Old: Event, New: Event>() -> bool {
    same(Old::SUBJECT.as_bytes(), New::SUBJECT.as_bytes()) && Old::VERSION + 1 == New::VERSION
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}
