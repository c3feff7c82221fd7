//! The service with a database of its own and a bus in memory.

{% set bus = service.events or service.handlers %}
{% if bus %}
use std::time::{Duration, Instant};

{% endif %}
use axum::{
    Router,
    body::{Body, to_bytes},
    http::«|{% if service.resources %}HeaderMap¦{% endif %}Request¦StatusCode»,
};
use {{ service.krate }}::«|{{ service.pascal }}Service¦Setup»;
use serde_json::{Value, json};
use tempfile::TempDir;
{% if project.auth and service.resources %}
use ticketkit_auth::{CrossSiteLayer, testing::TestAuth};
{% elif project.auth %}
use ticketkit_auth::testing::TestAuth;
{% endif %}
use ticketkit_core::chassis::{Health, HttpMetrics, Metrics, Shutdown};
use ticketkit_events::{Bus, {% if service.events %}Clock, {% endif %}sql::Database};
use tower::ServiceExt;
{% if project.postgres %}
use uuid::Uuid;
{% endif %}

pub(crate) struct World {
{% if project.auth %}
    pub(crate) auth: TestAuth,
{% endif %}
    pub(crate) health: Health,
{% if service.events or service.handlers %}
    pub(crate) bus: Bus,
{% endif %}
{% if service.events %}
    pub(crate) database: Database,
    pub(crate) news: {{ service.krate }}::News,
{% endif %}
    router: Router,
    shutdown: Shutdown,
    _dir: TempDir,
}

/// An answer that was read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
{% if service.resources %}
    pub(crate) headers: HeaderMap,
{% endif %}
    pub(crate) body: Value,
}

impl World {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
{% if project.postgres %}
        let file = dir.path().join("{{ service.name }}.db");
        let database = match std::env::var("{{ project.shouted }}_TEST_DATABASE_URL") {
            // One of its own for each test.
            Ok(url) => Database::open(&format!("{url}_{}", Uuid::now_v7().simple())).await.unwrap(),
            Err(_) => Database::open_file(file).await.unwrap(),
        };
{% else %}
        let database =↵ Database::open_file(dir.path().join("{{ service.name }}.db")).await.unwrap();
{% endif %}
        let (bus, health, shutdown) = (Bus::memory(), Health::default(), Shutdown::new());
{% if project.auth %}
        let auth = TestAuth::new();
{% endif %}
        let service = {{ service.pascal }}Service::new(Setup {
            database{% if service.events %}: database.clone(){% endif %},
            bus{% if bus %}: bus.clone(){% endif %},
{% if project.auth %}
            auth: auth.layer(),
{% if service.resources %}
            cross_site: CrossSiteLayer::new(auth.cookies()),
{% endif %}
{% endif %}
            health: health.clone(),
            http_metrics: HttpMetrics::new(&Metrics::default()),
            shutdown: shutdown.clone(),
{% if service.events %}
            clock: Clock::system(),
{% endif %}
        })
        .await
        .unwrap();
        let router = service.router();
{% if service.events %}
        let news = service.news().clone();
{% endif %}
        tokio::spawn(service.run());
        Self «{ {% if project.auth %}auth¦{% endif %}health{% if bus %}¦bus{% endif %}{% if service.events %}¦database¦news{% endif %}¦router¦shutdown¦_dir: dir»
    }

{% if project.auth %}
    /// Sends a request as somebody, or as nobody.
    pub(crate) async fn send(&self, who: &str, method: &str, path: &str, body: Value) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !who.is_empty() {
            request = request.header("cookie", self.auth.cookie(who));
        }
{% else %}
    /// Sends a request.
    pub(crate) async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
{% endif %}
        let body = if body.is_null() {
            Body::empty()
        } else {
            request = request.header("content-type", "application/json");
            Body::from(body.to_string())
        };
        self.exchange(request.body(body).unwrap()).await
    }

    pub(crate) async fn exchange(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        let body =
            if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status: parts.status, {% if service.resources %}headers: parts.headers, {% endif %}body }
    }
{% if bus %}

    /// Waits for what events bring about.
    pub(crate) async fn eventually(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !holds().await {
            assert!(Instant::now() < deadline, "it never came to be that {what}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
{% endif %}
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.request();
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
        assert_eq!(self.body["service"], "{{ service.name }}");
    }
}
