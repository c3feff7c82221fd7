//! `/tickets/…`: offering a ticket, looking at one, changing and withdrawing one's own.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, Query, State},
};
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::json;
use ticketkit_core::{FieldError, error::Validation};
use uuid::Uuid;

use super::{List, id, see};
use crate::{
    api::{Items, Ticket},
    app::{Answer, App},
    error::Error,
    form::FormView,
    gateway::Call,
    price,
    render::data,
    visitor::Visitor,
};

const FIELDS: [&str; 3] = ["title", "price", "currency"];

#[derive(Debug, Deserialize)]
pub(crate) struct Offer {
    #[serde(default)]
    title: String,
    #[serde(default)]
    price: String,
    #[serde(default)]
    currency: String,
    #[serde(default)]
    version: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Version {
    #[serde(default)]
    version: String,
}

pub(crate) async fn new_form(State(app): State<Arc<App>>, visitor: Visitor) -> Answer {
    visitor.require()?;
    let form = FormView::new();
    app.page(&visitor, "ticket_new.html", "Sell a ticket", context! { form => data(form) })
}

pub(crate) async fn create(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Form(offer): Form<Offer>,
) -> Answer {
    visitor.require_for("/tickets/new")?;
    match offer.create(&visitor).await {
        Ok(ticket) => Ok(see(&path(ticket.id), "ticket-created")),
        Err(error) if error.belongs_to_the_form() => {
            let form = offer.view().of(&error, &FIELDS);
            let context = context! { form => data(form) };
            Err(app.refuse(error, &visitor, "ticket_new.html", "Sell a ticket", context))
        }
        Err(error) => Err(error),
    }
}

pub(crate) async fn mine(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Query(list): Query<List>,
) -> Answer {
    visitor.require()?;
    let found: Items<Ticket> = visitor.client.get(list.call("/api/tickets/mine")).await?;
    let context = context! {
        next => list.next("/tickets/mine", found.next.as_deref()),
        first => list.first("/tickets/mine"),
        tickets => data(found.items),
    };
    app.page(&visitor, "tickets_mine.html", "My tickets", context)
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(ticket): Path<String>,
) -> Answer {
    let ticket = find(&visitor, id(&ticket)?).await?;
    let form =
        FormView::new().value("title", &*ticket.title).value("price", price::plain(ticket.price));
    app.page(&visitor, "ticket.html", &ticket.title, context_of(&app, &visitor, &ticket, &form))
}

pub(crate) async fn change(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(ticket): Path<String>,
    Form(offer): Form<Offer>,
) -> Answer {
    let ticket = id(&ticket)?;
    visitor.require_for(&path(ticket))?;
    match offer.change(&visitor, ticket).await {
        Ok(()) => Ok(see(&path(ticket), "ticket-changed")),
        Err(error) => Err(refuse(&app, &visitor, ticket, error, offer.view()).await),
    }
}

pub(crate) async fn withdraw(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(ticket): Path<String>,
    Form(form): Form<Version>,
) -> Answer {
    let ticket = id(&ticket)?;
    visitor.require_for(&path(ticket))?;
    let call = Call::delete(format!("/api/tickets/{ticket}")).if_version(&form.version);
    match visitor.client.done(&call).await {
        Ok(_) => Ok(see(&path(ticket), "ticket-withdrawn")),
        Err(error) => Err(refuse(&app, &visitor, ticket, error, FormView::new()).await),
    }
}

/// Shows the ticket again, as it is now, with what was typed and what is wrong.
pub(crate) async fn refuse(
    app: &App,
    visitor: &Visitor,
    ticket: Uuid,
    error: Error,
    form: FormView,
) -> Error {
    if !error.belongs_to_the_form() {
        return error;
    }
    let ticket = match find(visitor, ticket).await {
        Ok(ticket) => ticket,
        Err(error) => return error,
    };
    let form = form
        .or_value("title", &*ticket.title)
        .or_value("price", price::plain(ticket.price))
        .of(&error, &FIELDS);
    let context = context_of(app, visitor, &ticket, &form);
    app.refuse(error, visitor, "ticket.html", &ticket.title, context)
}

async fn find(visitor: &Visitor, ticket: Uuid) -> Result<Ticket, Error> {
    visitor.client.get(Call::get(format!("/api/tickets/{ticket}"))).await
}

fn path(ticket: Uuid) -> String {
    format!("/tickets/{ticket}")
}

fn context_of(app: &App, visitor: &Visitor, ticket: &Ticket, form: &FormView) -> Value {
    let mine = visitor.user().is_some_and(|user| user.id == ticket.user_id);
    context! { ticket => data(ticket), mine, form => data(form), hold => app.config.hold_in_words() }
}

impl Offer {
    fn view(&self) -> FormView {
        FormView::new()
            .value("title", &*self.title)
            .value("price", &*self.price)
            .value("currency", &*self.currency)
    }

    /// Reads the price; where it is none, also tells what else the service would refuse.
    fn price(&self) -> Result<i64, Error> {
        let mut rules = Validation::default();
        let price = rules.take(price::parse(&self.price));
        if let Some(price) = price {
            return Ok(price);
        }
        let length = self.title.trim().chars().count();
        rules.check((1..=200).contains(&length), || {
            FieldError::new("must be 1 to 200 characters").field("title").code("length")
        });
        Err(rules.into())
    }

    async fn create(&self, visitor: &Visitor) -> Result<Ticket, Error> {
        let mut body = json!({ "title": self.title, "price": self.price()? });
        if !self.currency.trim().is_empty() {
            body["currency"] = self.currency.trim().into();
        }
        visitor.client.get(Call::post("/api/tickets").json(&body)).await
    }

    async fn change(&self, visitor: &Visitor, ticket: Uuid) -> Result<(), Error> {
        let body = json!({ "title": self.title, "price": self.price()? });
        let call = Call::put(format!("/api/tickets/{ticket}")).json(&body);
        visitor.client.done(&call.if_version(&self.version)).await
    }
}
