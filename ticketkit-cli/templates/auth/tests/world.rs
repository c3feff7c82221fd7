//! The service with a database of its own, a bus in memory and a clock that stands still; and browsers
//! in front of it.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
    routing::get,
};
use {{ project.snake }}_auth::{AuthService, Keys, Settings, Setup};
use serde_json::{Value, json};
use tempfile::TempDir;
use ticketkit_auth::{
    CookiePolicy, CrossSiteLayer, ManualClock,
    axum::{CurrentUser, Rule},
    password::Cost,
};
use ticketkit_core::{
    ErrorLayer,
    chassis::{Health, HttpMetrics, Metrics, Shutdown},
};
use ticketkit_events::{Bus, sql::Database};
use tower::ServiceExt;
{% if project.postgres %}
use uuid::Uuid;
{% endif %}

/// What everybody signs up with.
pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) rules: Vec<Rule>,
    router: Router,
    other: Router,
    shutdown: Shutdown,
    _dir: TempDir,
}

/// Sends requests and keeps the cookies.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) address: SocketAddr,
    /// The site whose page sends the requests, where it is another one.
    pub(crate) origin: Option<&'static str>,
    router: Router,
    other: Router,
}

/// An answer that was read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl World {
    /// Starts it; `root@example.com` is the administrator. It ends access tokens after 5 minutes.
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (clock, shutdown) = (ManualClock::default(), Shutdown::new());
{% if project.postgres %}
        let database = match std::env::var("{{ project.shouted }}_TEST_DATABASE_URL") {
            // One of its own for each test.
            Ok(url) => Database::open(&format!("{url}_{}", Uuid::now_v7().simple())).await.unwrap(),
            Err(_) => Database::open_file(dir.path().join("auth.db")).await.unwrap(),
        };
{% else %}
        let database = Database::open_file(dir.path().join("auth.db")).await.unwrap();
{% endif %}
        let cookies = CookiePolicy::for_url("http://localhost:3000").unwrap();
        let auth = AuthService::new(Setup {
            database,
            bus: Bus::memory(),
            keys: Keys::open(dir.path().join("keys")).unwrap(),
            cross_site: CrossSiteLayer::new(cookies.clone()),
            cookies,
            issuer: "{{ project.name }}".to_owned(),
            health: Health::default(),
            http_metrics: HttpMetrics::new(&Metrics::default()),
            shutdown: shutdown.clone(),
            settings: Settings {
                admin_email: Some("Root@example.com".to_owned()),
                // The real cost would make minutes of the tests, and proves nothing more.
                password_cost: Cost { memory: 8, passes: 1, lanes: 1 },
                ..Settings::default()
            },
            clock: clock.clock(),
        })
        .await
        .unwrap();
        // What another service of the process does with the layer.
        let other = Router::new()
            .route("/other", get(async |user: CurrentUser| user.email().to_owned()))
            .layer(auth.layer())
            .layer(ErrorLayer::new("other"));
        let (router, rules) = (auth.router(), auth.rules());
        tokio::spawn(auth.run());
        Self { clock, rules, router, other, shutdown, _dir: dir }
    }

    pub(crate) fn browser(&self) -> Browser {
        let address = SocketAddr::from(([192, 0, 2, 1], 50_000));
        let (router, other) = (self.router.clone(), self.other.clone());
        Browser { cookies: BTreeMap::new(), address, origin: None, router, other }
    }

    pub(crate) async fn sign_up(&self, email: &str) -> Browser {
        let mut browser = self.browser();
        browser.sign_up(email).await.expect(201);
        browser
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.request();
    }
}

impl Browser {
    pub(crate) async fn sign_up(&mut self, email: &str) -> Answer {
        self.send("POST", "/api/users/signup", json!({"email": email, "password": PASSWORD})).await
    }

    pub(crate) async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        self.send("POST", "/api/users/signin", json!({"email": email, "password": password})).await
    }

    pub(crate) async fn refresh(&mut self) -> Answer {
        self.send("POST", "/api/users/refresh", Value::Null).await
    }

    /// The document of the current user; null for nobody.
    pub(crate) async fn me(&mut self) -> Value {
        let answer = self.send("GET", "/api/users/currentuser", Value::Null).await;
        answer.expect(200)["currentUser"].clone()
    }

    /// Asks another service for what needs a session.
    pub(crate) async fn other(&mut self) -> Answer {
        self.send("GET", "/other", Value::Null).await
    }

    pub(crate) async fn send(&mut self, method: &str, path: &str, body: Value) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !self.cookies.is_empty() {
            let pairs: Vec<_> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
            request = request.header(header::COOKIE, pairs.join("; "));
        }
        if let Some(origin) = self.origin {
            request = request.header(header::ORIGIN, origin);
        }
        let body = if body.is_null() {
            Body::empty()
        } else {
            request = request.header(header::CONTENT_TYPE, "application/json");
            Body::from(body.to_string())
        };
        let mut request = request.body(body).unwrap();
        request.extensions_mut().insert(ConnectInfo(self.address));
        let router = if path == "/other" { &self.other } else { &self.router };
        let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer { status: parts.status, body }
    }

    fn keep(&mut self, cookie: &str) {
        let (name, rest) = cookie.split_once('=').unwrap();
        let value = rest.split(';').next().unwrap();
        if cookie.ends_with("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// Fails unless it is this problem.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), &self.body["code"]), (status, &json!(code)), "{self:?}");
    }

    /// The fields that the problem names.
    pub(crate) fn fields(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().into_iter().flatten();
        errors.filter_map(|error| error["field"].as_str()).collect()
    }
}
