//! People with accounts.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::client::Client;
use crate::http::{Request, Response};
use crate::server::Server;
use crate::wait::{SOON, eventually};

/// Begins every password of the tests. No answer may ever hold it.
pub const PASSWORD_CANARY: &str = "canary-password";
/// The access cookie where the public URL is plain HTTP.
pub const ACCESS: &str = "ticketkit";
/// The refresh cookie where the public URL is plain HTTP.
pub const REFRESH: &str = "ticketkit-refresh";

/// Someone with an account and a session.
#[derive(Debug)]
pub struct Person {
    /// The session.
    pub client: Client,
    /// The user's id.
    pub id: String,
    /// The address at sign-up.
    pub email: String,
    /// The password at sign-up.
    pub password: String,
}

impl Person {
    /// Creates an account with an address of its own.
    #[track_caller]
    #[must_use]
    pub fn sign_up(server: &Server, name: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self::sign_up_as(server, &format!("{name}-{number}@example.org"))
    }

    /// Creates an account with this address.
    #[track_caller]
    #[must_use]
    pub fn sign_up_as(server: &Server, email: &str) -> Self {
        let client = server.client();
        let password = format!("{PASSWORD_CANARY}-{email}");
        let body = json!({"email": email, "password": password});
        let user = eventually("sign-up, which may be at its limit", SOON, || {
            let response = client.post("/api/users/signup", &body);
            if response.status() == 503 { Err(response) } else { Ok(response) }
        })
        .expect(201)
        .json();
        let id = text(&user, "id");
        Self { client, id, email: email.to_owned(), password }
    }

    /// A new session of the same account.
    #[track_caller]
    #[must_use]
    pub fn sign_in_again(&self) -> Self {
        let client = Client::new(self.client.site());
        let body = json!({"email": self.email, "password": self.password});
        client.post("/api/users/signin", &body).expect(200);
        let (id, email, password) = (self.id.clone(), self.email.clone(), self.password.clone());
        Self { client, id, email, password }
    }

    /// The access token.
    #[track_caller]
    #[must_use]
    pub fn token(&self) -> String {
        self.client.cookie(ACCESS).expect("an access cookie in the jar")
    }

    /// See [`Client::send`].
    #[track_caller]
    pub fn send(&self, request: Request) -> Response {
        self.client.send(request)
    }

    /// See [`Client::get`].
    #[track_caller]
    pub fn get(&self, target: impl Into<String>) -> Response {
        self.client.get(target)
    }

    /// See [`Client::post`].
    #[track_caller]
    pub fn post(&self, target: impl Into<String>, document: &Value) -> Response {
        self.client.post(target, document)
    }

    /// See [`Client::put`].
    #[track_caller]
    pub fn put(&self, target: impl Into<String>, document: &Value) -> Response {
        self.client.put(target, document)
    }

    /// See [`Client::delete`].
    #[track_caller]
    pub fn delete(&self, target: impl Into<String>) -> Response {
        self.client.delete(target)
    }
}

/// A member that has to be text.
#[track_caller]
#[must_use]
pub fn text(document: &Value, name: &str) -> String {
    document[name].as_str().unwrap_or_else(|| panic!("no text {name:?} in {document}")).to_owned()
}
