//! `/auth/…`: signing up, in and out.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Query, State},
    response::{IntoResponse, Redirect},
};
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::json;

use super::see;
use crate::{
    app::{Answer, App},
    form::FormView,
    gateway::Call,
    local_path::LocalPath,
    render::data,
    visitor::Visitor,
};

const FIELDS: [&str; 2] = ["email", "password"];

#[derive(Debug, Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(crate) struct Credentials {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// Signing up and signing in differ in their words alone.
struct Entry {
    template: &'static str,
    title: &'static str,
    api: &'static str,
}

const SIGN_UP: Entry =
    Entry { template: "signup.html", title: "Sign up", api: "/api/users/signup" };
const SIGN_IN: Entry =
    Entry { template: "signin.html", title: "Sign in", api: "/api/users/signin" };

pub(crate) async fn sign_up_form(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Query(query): Query<Next>,
) -> Answer {
    SIGN_UP.ask(&app, &visitor, &query.next)
}

pub(crate) async fn sign_in_form(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Query(query): Query<Next>,
) -> Answer {
    SIGN_IN.ask(&app, &visitor, &query.next)
}

pub(crate) async fn sign_up(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Form(form): Form<Credentials>,
) -> Answer {
    SIGN_UP.send(&app, &visitor, &form).await
}

pub(crate) async fn sign_in(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Form(form): Form<Credentials>,
) -> Answer {
    SIGN_IN.send(&app, &visitor, &form).await
}

impl Entry {
    fn ask(&self, app: &App, visitor: &Visitor, next: &str) -> Answer {
        let next = LocalPath::or_home(next);
        if visitor.user().is_some() {
            return Ok(Redirect::to(next.as_str()).into_response());
        }
        app.page(visitor, self.template, self.title, context_of(&next, &FormView::new()))
    }

    async fn send(&self, app: &App, visitor: &Visitor, form: &Credentials) -> Answer {
        let next = LocalPath::or_home(&form.next);
        let body = json!({ "email": form.email, "password": form.password });
        let sent = visitor.client.done(&Call::post(self.api).json(&body)).await;
        match sent {
            Ok(_) => Ok(Redirect::to(next.as_str()).into_response()),
            Err(error) if error.belongs_to_the_form() => {
                let view = FormView::new().value("email", &form.email).of(&error, &FIELDS);
                let context = context_of(&next, &view);
                Err(app.refuse(error, visitor, self.template, self.title, context))
            }
            Err(error) => Err(error),
        }
    }
}

fn context_of(next: &LocalPath, form: &FormView) -> Value {
    context! { next => next.as_str(), next_query => next.query(), form => data(form) }
}

pub(crate) async fn sign_out_form(State(app): State<Arc<App>>, visitor: Visitor) -> Answer {
    app.page(&visitor, "signout.html", "Sign out", context! {})
}

pub(crate) async fn sign_out(visitor: Visitor) -> Answer {
    visitor.client.done(&Call::post("/api/users/signout")).await?;
    Ok(see("/", "signed-out"))
}
