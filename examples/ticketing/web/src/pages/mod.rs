//! The pages, a module for each subject.

pub(crate) mod account;
pub(crate) mod admin_events;
pub(crate) mod admin_users;
pub(crate) mod entry;
pub(crate) mod home;
pub(crate) mod orders;
pub(crate) mod payments;
pub(crate) mod tickets;

use std::time::Duration;

use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use ticketkit_core::error::NotFound;
use uuid::Uuid;

use crate::{
    error::Error,
    gateway::{Call, Client, Reply},
};

/// How many entries a list shows at once.
const PAGE_SIZE: &str = "24";

/// The query of a list.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct List {
    #[serde(default)]
    pub(crate) q: String,
    #[serde(default)]
    pub(crate) after: String,
}

impl List {
    /// Asks an API for this part of its list.
    fn call(&self, path: &str) -> Call {
        Call::get(path).query(&[("q", self.q.trim()), ("after", &self.after), ("limit", PAGE_SIZE)])
    }

    /// The address of the part that begins after a cursor.
    fn next(&self, path: &str, cursor: Option<&str>) -> Option<String> {
        cursor.map(|cursor| address(path, &[("q", self.q.trim()), ("after", cursor)]))
    }

    /// The address of the first part, unless this is it.
    fn first(&self, path: &str) -> Option<String> {
        (!self.after.is_empty()).then(|| address(path, &[("q", self.q.trim())]))
    }
}

/// A path with those parameters that are not empty.
fn address(path: &str, pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<_> = pairs.iter().filter(|(_, value)| !value.is_empty()).collect();
    match serde_urlencoded::to_string(pairs) {
        Ok(query) if !query.is_empty() => format!("{path}?{query}"),
        _ => path.to_owned(),
    }
}

/// Sends the browser on after a form was accepted; `done` says what was done.
fn see(path: &str, done: &str) -> Response {
    Redirect::to(&address(path, &[("done", done)])).into_response()
}

/// Reads an id of a path: one that is malformed is that of nothing.
fn id(text: &str) -> Result<Uuid, Error> {
    Uuid::try_parse(text).map_err(|_| NotFound.into())
}

/// Sends a call that another service's news may not have reached yet, a few times if need be.
///
/// Services learn of one another by events, within milliseconds; until then they answer as if
/// nothing had happened. A refused call has no effect, so it can be sent again.
async fn send_until_known(client: &Client, call: &Call, news: &[&str]) -> Result<Reply, Error> {
    const PAUSES: [u64; 5] = [30, 70, 150, 250, 500];
    for pause in PAUSES {
        let answer = client.send(call).await?;
        let problem = answer.problem();
        if problem.is_none_or(|problem| !news.contains(&problem.code.as_str())) {
            return Ok(answer);
        }
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    client.send(call).await
}
