//! `/account`: the sessions and the password.

use std::sync::Arc;

use axum::{Form, extract::State};
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::json;

use super::{id, see};
use crate::{
    api::{Items, Session},
    app::{Answer, App},
    error::Error,
    form::FormView,
    gateway::Call,
    render::data,
    visitor::Visitor,
    words,
};

const TITLE: &str = "Account";
const FIELDS: [&str; 2] = ["current", "new"];

#[derive(Deserialize)]
pub(crate) struct Password {
    #[serde(default)]
    current: String,
    #[serde(default)]
    new: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Ended {
    #[serde(default)]
    sid: String,
}

pub(crate) async fn show(State(app): State<Arc<App>>, visitor: Visitor) -> Answer {
    visitor.require()?;
    let context = context_of(&visitor, &FormView::new()).await?;
    app.page(&visitor, "account.html", TITLE, context)
}

pub(crate) async fn change_password(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Form(form): Form<Password>,
) -> Answer {
    visitor.require_for("/account")?;
    let body = json!({ "current": form.current, "new": form.new });
    let sent = visitor.client.done(&Call::put("/api/users/password").json(&body)).await;
    match sent {
        Ok(_) => Ok(see("/account", "password-changed")),
        Err(error) if error.belongs_to_the_form() => {
            let view = if error.has_code("invalid_credentials") {
                FormView::new().wrong("current", "This is not your present password.")
            } else {
                FormView::new().of(&error, &FIELDS)
            };
            let context = context_of(&visitor, &view).await?;
            Err(app.refuse(error, &visitor, "account.html", TITLE, context))
        }
        Err(error) => Err(error),
    }
}

pub(crate) async fn end_session(visitor: Visitor, Form(form): Form<Ended>) -> Answer {
    visitor.require_for("/account")?;
    let sid = id(&form.sid)?;
    let call = Call::delete(format!("/api/users/sessions/{sid}"));
    match visitor.client.done(&call).await {
        // It has ended meanwhile, which is what was asked for.
        Err(error) if !error.has_code("not_found") => Err(error),
        _ => Ok(see("/account", "session-ended")),
    }
}

async fn context_of(visitor: &Visitor, form: &FormView) -> Result<Value, Error> {
    let call = Call::get("/api/users/sessions").query(&[("limit", "100")]);
    let found: Items<Session> = visitor.client.get(call).await?;
    let sessions: Vec<Value> = found
        .items
        .into_iter()
        .map(|session| {
            let device = words::device(session.user_agent.as_deref());
            context! { device, ..data(session) }
        })
        .collect();
    Ok(context! { sessions, form => data(form) })
}
