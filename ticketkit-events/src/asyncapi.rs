//! The AsyncAPI 3 document of a service, made from its types and its subscriptions.
//!
//! What a service sends it says with the types; what it receives, its subscriptions know. The form
//! of each event comes from its type, so that the document cannot say something else than the code:
//!
//! ```
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//! use ticketkit_events::{Event, Subscription, asyncapi::Document, schema::Schemas};
//!
//! /// A buyer ordered a ticket.
//! #[derive(Serialize, Deserialize, JsonSchema, Event)]
//! #[event(subject = "order.created", version = 1, key = "id")]
//! struct OrderCreated { id: String }
//!
//! /// The ticket is locked for the order.
//! #[derive(Serialize, Deserialize, JsonSchema, Event)]
//! #[event(subject = "ticket.reserved", version = 1, key = "id")]
//! struct TicketReserved { id: String }
//!
//! let subscription = Subscription::new("tickets").handle(async |_: OrderCreated| Ok(()));
//! let document = Document::new("tickets", "0.1.0")
//!     .sends::<TicketReserved>()
//!     .receives(&subscription.spec())
//!     .to_json(&Schemas::new().with::<OrderCreated>().with::<TicketReserved>());
//! assert_eq!(document["operations"]["tickets.receive.order.created"]["action"], "receive");
//! assert_eq!(
//!     document["components"]["messages"]["TicketReserved"]["summary"],
//!     "The ticket is locked for the order."
//! );
//! ```
//!
//! The channels are the types of the events. The headers are the attributes of CloudEvents, as
//! brokers carry them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{
    Event,
    engine::{Lifetime, SubscriptionSpec},
    schema::Schemas,
};

/// An AsyncAPI document that is being made.
#[derive(Clone, Debug)]
#[must_use = "it is a document when `to_json` makes one of it"]
pub struct Document {
    service: String,
    version: String,
    description: Option<String>,
    operations: BTreeMap<String, Operation>,
}

#[derive(Clone, Debug)]
struct Operation {
    action: &'static str,
    subject: String,
    description: Option<String>,
}

impl Document {
    /// Begins the document of a service, with the version of its interface.
    pub fn new(service: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            version: version.into(),
            description: None,
            operations: BTreeMap::new(),
        }
    }

    /// Says what the service is there for.
    pub fn described(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Adds an event that the service publishes.
    pub fn sends<E: Event>(mut self) -> Self {
        self.add("send", E::SUBJECT, None);
        self
    }

    /// Adds the events that a subscription gets.
    pub fn receives(mut self, subscription: &SubscriptionSpec) -> Self {
        let whose = match subscription.lifetime {
            Lifetime::Durable => "once for all instances",
            Lifetime::Instance => "in every instance",
        };
        let order = if subscription.ordered { ", in the order of each key" } else { "" };
        let how = format!("By the subscription `{}`, {whose}{order}.", subscription.name);
        for subject in &subscription.types {
            self.add("receive", subject, Some(how.clone()));
        }
        self
    }

    fn add(&mut self, action: &'static str, subject: &str, how: Option<String>) {
        let name = format!("{}.{action}.{subject}", self.service);
        let operation = self.operations.entry(name).or_insert_with(|| Operation {
            action,
            subject: subject.to_owned(),
            description: None,
        });
        // Two subscriptions may get the same events.
        operation.description = match (operation.description.take(), how) {
            (Some(one), Some(other)) => Some(format!("{one} {other}")),
            (one, other) => one.or(other),
        };
    }

    /// Returns subject and action (`send`, `receive`) of each operation, sorted.
    pub fn operations(&self) -> impl Iterator<Item = (&str, &str)> {
        self.operations.values().map(|operation| (operation.subject.as_str(), operation.action))
    }

    /// Makes the document; an event that is not among the schemas is a channel without a message.
    #[must_use]
    pub fn to_json(&self, schemas: &Schemas) -> Value {
        let (mut channels, mut operations) = (Map::new(), Map::new());
        let mut messages = Map::new();
        for (name, operation) in &self.operations {
            let subject = operation.subject.as_str();
            let mut channel = json!({"address": subject, "messages": {}});
            if let Some((title, message)) = message(schemas, subject) {
                let target = format!("#/components/messages/{title}");
                channel["messages"][&title] = json!({"$ref": target});
                messages.insert(title, message);
            }
            channels.insert(subject.to_owned(), channel);
            let target = format!("#/channels/{subject}");
            let mut written = json!({"action": operation.action, "channel": {"$ref": target}});
            if let Some(description) = &operation.description {
                written["description"] = description.as_str().into();
            }
            operations.insert(name.clone(), written);
        }
        let mut info = json!({"title": self.service, "version": self.version});
        if let Some(description) = &self.description {
            info["description"] = description.as_str().into();
        }
        json!({
            "asyncapi": "3.0.0",
            "info": info,
            "defaultContentType": "application/json",
            "channels": channels,
            "operations": operations,
            "components": {
                "messages": messages,
                "schemas": {"CloudEvent": cloud_event()},
                "correlationIds": {"chain": {
                    "description": "The request or event that began the chain.",
                    "location": "$message.header#/correlationid",
                }},
            },
        })
    }
}

/// The message of the newest version of an event, under the name of its type.
fn message(schemas: &Schemas, subject: &str) -> Option<(String, Value)> {
    let (version, form) = schemas.newest(subject)?;
    let mut payload = form.written.clone();
    let summary = payload.as_object_mut().and_then(|members| members.remove("description"));
    let mut message = json!({
        "name": subject,
        "title": form.name,
        "contentType": "application/json",
        "correlationId": {"$ref": "#/components/correlationIds/chain"},
        "headers": {
            "allOf": [{"$ref": "#/components/schemas/CloudEvent"}],
            "properties": {"type": {"const": subject}, "dataversion": {"const": version}},
        },
        "payload": payload,
    });
    if let Some(summary) = summary {
        message["summary"] = summary;
    }
    Some((form.name.clone(), message))
}

fn cloud_event() -> Value {
    let text = json!({"type": "string"});
    json!({
        "description": "The attributes of CloudEvents 1.0; on RabbitMQ behind `cloudEvents:`.",
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "subject", "dataversion"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "format": "uuid"},
            "source": {"type": "string", "format": "uri-reference"},
            "type": text,
            "time": {"type": "string", "format": "date-time"},
            "subject": {"type": "string", "description": "The ordering key."},
            "dataversion": {"type": "integer", "minimum": 1},
            "datacontenttype": {"const": "application/json"},
            "correlationid": text,
            "causationid": text,
            "traceparent": text,
            "tracestate": text,
        },
    })
}
