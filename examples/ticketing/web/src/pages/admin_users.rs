//! `/admin/users`: finding, banning, lifting; and what happened to one user.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, Query, State},
};
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::json;

use super::{List, address, id};
use crate::{
    api::{Account, AccountHistory, Items},
    app::{Answer, App},
    error::Error,
    form::FormView,
    gateway::Call,
    render::data,
    visitor::Visitor,
};
use axum::response::{IntoResponse, Redirect};

const HERE: &str = "/admin/users";
const TITLE: &str = "Users";

#[derive(Debug, Deserialize)]
pub(crate) struct Ban {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    until: String,
    /// What was searched for, to come back to it.
    #[serde(default)]
    q: String,
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Query(list): Query<List>,
) -> Answer {
    visitor.require_admin()?;
    let context = context_of(&visitor, &list, &FormView::new()).await?;
    app.page(&visitor, "admin/users.html", TITLE, context)
}

pub(crate) async fn history(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(user): Path<String>,
    Query(list): Query<List>,
) -> Answer {
    visitor.require_admin()?;
    let (user, list) = (id(&user)?, List { q: String::new(), ..list });
    let call = list.call(&format!("/api/users/{user}/history"));
    let AccountHistory { user, lines } = visitor.client.get(call).await?;
    let here = format!("{HERE}/{}", user.id);
    let context = context! {
        next => list.next(&here, lines.next.as_deref()),
        first => list.first(&here),
        lines => data(lines.items),
        user => data(&user),
    };
    app.page(&visitor, "admin/user.html", &user.email, context)
}

pub(crate) async fn ban(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(user): Path<String>,
    Form(form): Form<Ban>,
) -> Answer {
    visitor.require_admin()?;
    let user = id(&user)?;
    let mut body = json!({ "reason": form.reason });
    if let Some(until) = in_utc(&form.until) {
        body["until"] = until.into();
    }
    let call = Call::put(format!("/api/users/{user}/ban")).json(&body);
    match visitor.client.done(&call).await {
        Ok(_) => Ok(done(&form.q, "user-banned")),
        Err(error) if error.belongs_to_the_form() => {
            let view = FormView::new()
                .about(user)
                .value("reason", &*form.reason)
                .value("until", &*form.until)
                .of(&error, &["reason", "until"]);
            let list = List { q: form.q, ..List::default() };
            let context = context_of(&visitor, &list, &view).await?;
            Err(app.refuse(error, &visitor, "admin/users.html", TITLE, context))
        }
        Err(error) => Err(error),
    }
}

pub(crate) async fn lift(
    visitor: Visitor,
    Path(user): Path<String>,
    Form(list): Form<List>,
) -> Answer {
    visitor.require_admin()?;
    let call = Call::delete(format!("/api/users/{}/ban", id(&user)?));
    visitor.client.done(&call).await?;
    Ok(done(&list.q, "user-lifted"))
}

fn done(query: &str, code: &str) -> axum::response::Response {
    Redirect::to(&address(HERE, &[("q", query), ("done", code)])).into_response()
}

/// Completes what a date field of a browser sends: `2026-11-30T12:00`, meant in UTC.
fn in_utc(until: &str) -> Option<String> {
    let until = until.trim();
    match until.len() {
        0 => None,
        16 => Some(format!("{until}:00Z")),
        19 => Some(format!("{until}Z")),
        _ => Some(until.to_owned()),
    }
}

async fn context_of(visitor: &Visitor, list: &List, form: &FormView) -> Result<Value, Error> {
    let found: Items<Account> = visitor.client.get(list.call("/api/users")).await?;
    Ok(context! {
        query => list.q.trim(),
        next => list.next(HERE, found.next.as_deref()),
        first => list.first(HERE),
        users => data(found.items),
        form => data(form),
    })
}
