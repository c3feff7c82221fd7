//! The routes of the contract as data: what they are called, who may call them, what they take.

use serde_json::{Value, json};
use ticketing_tests::{Client, Person, Request};

use crate::shared::Shared;

/// A well-formed id that belongs to nothing.
pub(super) const NOTHING: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Anyone,
    SignedIn,
    Admin,
}

/// The JSON type of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Id,
}

/// A member of a request body.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
    /// A value that breaks no rule.
    pub(super) good: Value,
    /// Values of the right type that break a rule.
    pub(super) broken: Vec<Value>,
}

/// A route of the contract.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) who: Who,
    /// The members of the body; nothing where the route takes none.
    pub(super) body: Option<Vec<Member>>,
}

impl Route {
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The path with this in the place of an id.
    pub(super) fn at(&self, id: &str) -> String {
        self.path.replace("{id}", id)
    }

    /// The request without a body, about something that does not exist.
    pub(super) fn bare(&self) -> Request {
        Request::new(self.method, self.at(NOTHING))
    }

    pub(super) fn members(&self) -> &[Member] {
        self.body.as_deref().unwrap_or_default()
    }

    /// A body that breaks no rule.
    pub(super) fn good(&self) -> Value {
        let members = self.members().iter();
        members.map(|member| (member.name.to_owned(), member.good.clone())).collect()
    }

    /// The good body with one member replaced.
    pub(super) fn with(&self, name: &str, value: Value) -> Value {
        let mut body = self.good();
        body[name] = value;
        body
    }
}

/// Someone for each kind of route.
#[derive(Debug)]
pub(super) struct Cast {
    anyone: Client,
    user: Person,
    admin: Person,
}

impl Cast {
    pub(super) fn of(shared: &Shared) -> Self {
        Self {
            anyone: shared.server.client(),
            user: Person::sign_up(&shared.server, "caller"),
            admin: shared.admin(),
        }
    }

    /// A caller whom the route lets in. Without a cookie where anyone may: nobody's session ends
    /// by a test of sign-out.
    pub(super) fn caller(&self, route: &Route) -> Client {
        match route.who {
            Who::Anyone => self.anyone.twin(),
            Who::SignedIn => self.user.client.twin(),
            Who::Admin => self.admin.client.twin(),
        }
    }

    /// Signed in, and nothing more.
    pub(super) fn user(&self) -> &Client {
        &self.user.client
    }
}

/// Every route of the contract that answers with JSON.
pub(super) fn all() -> Vec<Route> {
    use Who::{Admin, Anyone, SignedIn};
    vec![
        route("POST", "/api/users/signup", Anyone).takes([email(), password("password")]),
        route("POST", "/api/users/signin", Anyone).takes([
            text("email", json!("nobody@example.org"), vec![]),
            text("password", json!("canary-password"), vec![]),
        ]),
        route("POST", "/api/users/refresh", Anyone),
        route("POST", "/api/users/signout", Anyone),
        route("GET", "/api/users/currentuser", Anyone),
        route("PUT", "/api/users/password", SignedIn)
            .takes([text("current", json!("canary-password"), vec![]), password("new")]),
        route("GET", "/api/users/sessions", SignedIn),
        route("DELETE", "/api/users/sessions/{id}", SignedIn),
        route("GET", "/api/users", Admin),
        route("PUT", "/api/users/{id}/ban", Admin).takes([
            text("reason", json!("a reason"), vec![]),
            optional(text(
                "until",
                json!("2999-01-01T00:00:00Z"),
                vec![json!("2001-01-01T00:00:00Z")],
            )),
        ]),
        route("DELETE", "/api/users/{id}/ban", Admin),
        route("GET", "/api/users/{id}/history", Admin),
        route("GET", "/api/tickets", Anyone),
        route("GET", "/api/tickets/mine", SignedIn),
        route("GET", "/api/tickets/{id}", Anyone),
        route("POST", "/api/tickets", SignedIn).takes([title(), price(), currency()]),
        route("PUT", "/api/tickets/{id}", SignedIn).takes([title(), price()]),
        route("DELETE", "/api/tickets/{id}", SignedIn),
        route("POST", "/api/orders", SignedIn).takes([id("ticketId")]),
        route("GET", "/api/orders", SignedIn),
        route("GET", "/api/orders/{id}", SignedIn),
        route("GET", "/api/orders/{id}/events", SignedIn),
        route("GET", "/api/orders/{id}/history", Admin),
        route("DELETE", "/api/orders/{id}", SignedIn),
        route("POST", "/api/orders/{id}/refund", Admin).takes([text(
            "reason",
            json!("a reason"),
            vec![],
        )]),
        route("POST", "/api/payments", SignedIn).takes([
            id("orderId"),
            text("token", json!("pm_card_visa"), vec![json!("pm_card_unheard_of"), json!("")]),
        ]),
        route("POST", "/api/payments/{id}/confirm", SignedIn).takes([]),
        route("GET", "/api/payments", SignedIn),
    ]
}

/// Those with a body.
pub(super) fn with_body() -> Vec<Route> {
    all().into_iter().filter(|route| route.body.is_some()).collect()
}

/// Those for somebody.
pub(super) fn guarded() -> Vec<Route> {
    all().into_iter().filter(|route| route.who != Who::Anyone).collect()
}

fn route(method: &'static str, path: &'static str, who: Who) -> Route {
    Route { method, path, who, body: None }
}

impl Route {
    fn takes<const N: usize>(self, members: [Member; N]) -> Self {
        Self { body: Some(members.into()), ..self }
    }
}

fn member(name: &'static str, kind: Kind, good: Value, broken: Vec<Value>) -> Member {
    Member { name, kind, required: true, good, broken }
}

fn text(name: &'static str, good: Value, broken: Vec<Value>) -> Member {
    member(name, Kind::Text, good, broken)
}

fn optional(member: Member) -> Member {
    Member { required: false, ..member }
}

fn id(name: &'static str) -> Member {
    member(name, Kind::Id, json!(NOTHING), vec![])
}

fn email() -> Member {
    let broken =
        ["", "nobody", "nobody@", "@example.org", "a b@example.org", "a@b@c.org", "a@\0.org"];
    text("email", json!("matrix@example.org"), broken.map(Value::from).into())
}

fn password(name: &'static str) -> Member {
    let broken = [0, 7, 129, 5_000].map(|length| json!("x".repeat(length)));
    text(name, json!("canary-password"), broken.into())
}

fn title() -> Member {
    let broken = [String::new(), "   ".into(), "x".repeat(201), "🎟".repeat(201)];
    text("title", json!("A title"), broken.map(Value::from).into())
}

fn price() -> Member {
    let broken = [0, -1, 100_000_001, i64::MAX, i64::MIN].map(Value::from);
    member("price", Kind::Integer, json!(100), broken.into())
}

fn currency() -> Member {
    optional(text("currency", json!("EUR"), ["", "EURO", "E1R", "??"].map(Value::from).into()))
}
