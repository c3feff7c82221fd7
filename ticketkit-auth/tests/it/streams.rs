//! S3, E2: a stream that was let through ends with the right to read it, in a service that has
//! nothing in common with the issuer but the engine of events.

use std::{
    convert::Infallible,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, Request},
    response::{
        IntoResponse,
        sse::{Event, Sse},
    },
    routing::get,
};
use futures_util::{StreamExt as _, stream};
use http_body_util::BodyExt as _;
use ticketkit_auth::{
    AuthLayer, Grant, StalePolicy,
    axum::CurrentUser,
    revocation::{Ban, Revocation},
    testing::user_id,
};
use ticketkit_events::Bus;
use tower::ServiceExt as _;

use crate::{
    issuer::{Issuer, RunningService},
    place::{Place, on_each_database},
};

on_each_database!(s3_a_ban_cuts_streams_in_another_service_over_sql);

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";

/// In health a service refuses within a second; the rest is for a machine that is busy.
const SOON: Duration = Duration::from_millis(2_500);

/// The service tells something ten times a second, for as long as its caller may listen.
async fn tell(
    _: CurrentUser,
    State(auth): State<AuthLayer>,
    headers: HeaderMap,
) -> impl IntoResponse {
    let news = stream::repeat(()).then(async |()| {
        tokio::time::sleep(Duration::from_millis(100)).await;
        Ok::<_, Infallible>(Event::default().data("news"))
    });
    let news = Box::pin(news);
    Sse::new(news.take_until(auth.refused(&headers, StalePolicy::Refuse)))
}

struct Listener(Body);

impl Listener {
    async fn open(service: &RunningService, cookie: &str) -> Result<Self, u16> {
        let auth = service.layer.clone();
        let router = Router::new().route("/news", get(tell)).layer(auth.clone()).with_state(auth);
        let request = Request::get("/news").header("cookie", cookie).body(Body::empty());
        let response = router.oneshot(request.expect("a request")).await.expect("an answer");
        match response.status().as_u16() {
            200 => Ok(Self(response.into_body())),
            refused => Err(refused),
        }
    }

    /// Tells whether something comes; nothing does behind the end.
    async fn hears(&mut self) -> bool {
        let frame = tokio::time::timeout(Duration::from_secs(10), self.0.frame()).await;
        frame.expect("news, or the end").is_some()
    }

    /// Listens to the end, and returns after how long it came.
    async fn end(&mut self) -> Duration {
        let begun = Instant::now();
        while self.hears().await {
            assert!(begun.elapsed() < Duration::from_secs(10), "the stream goes on");
        }
        begun.elapsed()
    }
}

async fn s3_a_ban_cuts_streams_in_another_service_over_sql(place: Place) {
    cuts(place.url()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: run cargo xtask test"]
async fn s3_a_ban_cuts_streams_in_another_service_over_rabbitmq() {
    let url = std::env::var("TICKETKIT_TEST_AMQP_URL");
    cuts(&url.expect("TICKETKIT_TEST_AMQP_URL names a broker")).await;
}

/// Two connections: what one service knows comes to the other by the engine alone.
async fn cuts(engine: &str) {
    let open = || Bus::open(engine);
    let issuer = Issuer::on(open().await.expect("the engine is there"));
    let service = issuer.service_on("news", &open().await.expect("the engine is there")).await;
    service.ready().await;
    let ada = issuer.auth.cookie(ADA);
    let bob_token = issuer.auth.token_for(&Grant::new(user_id(BOB), "bobs-session"));
    let bob = format!("ticketkit={bob_token}");
    let mut banned = Listener::open(&service, &ada).await.expect("ada may listen");
    let mut ended = Listener::open(&service, &bob).await.expect("bob may listen");
    let mut other = Listener::open(&service, &issuer.auth.cookie(BOB)).await.expect("so may he");
    assert!(banned.hears().await && ended.hears().await && other.hears().await);

    let ban = Some(Ban { version: 1, banned: true, until: None });
    let at = issuer.now();
    let news = Revocation::User { user: user_id(ADA), min_epoch: 1, ban, at };
    issuer.revoke(&news).await;
    let after = banned.end().await;
    assert!(after < SOON, "only after {after:?}");
    assert_eq!(Listener::open(&service, &ada).await.err(), Some(403));

    let session = "bobs-session".to_owned();
    issuer.revoke(&Revocation::Session { session, at }).await;
    let after = ended.end().await;
    assert!(after < SOON, "only after {after:?}");
    assert!(other.hears().await, "another session of the same user goes on");

    // And who cannot hear of bans goes on with nobody.
    issuer.time.advance(Duration::from_secs(6));
    let after = other.end().await;
    assert!(after < SOON, "only after {after:?}");
}
