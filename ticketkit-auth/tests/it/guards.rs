//! A3, E2, T21: what a route answers to whom.

use std::{collections::HashMap, convert::Infallible, time::Duration};

use axum::{Router, body::Body, routing::get};
use http::{Request, Response};
use serde_json::{Value, json};
use ticketkit_auth::{
    AuthLayer, Grant, GuardLayer, ManualClock, RevocationView, StalePolicy,
    axum::{AdminUser, CurrentUser, OptionalUser},
    revocation::{Ban, Revocation},
    testing::{TestAuth, user_id},
};
use tower::{Layer as _, ServiceExt as _, service_fn};

use crate::forge::Forge;

const LIFETIME: Duration = Duration::from_secs(910);

fn router(layer: AuthLayer) -> Router {
    Router::new()
        .route("/mine", get(async |user: CurrentUser| user.email().to_owned()))
        .route(
            "/open",
            get(async |OptionalUser(user): OptionalUser| {
                user.map_or("nobody".to_owned(), |user| user.email().to_owned())
            }),
        )
        .route("/admin", get(async |user: AdminUser| user.email().to_owned()))
        .route(
            "/reading",
            get(async |user: CurrentUser| user.email().to_owned())
                .route_layer(StalePolicy::WaitForExpiry),
        )
        .layer(layer)
}

async fn ask(router: &Router, path: &str, cookie: &str) -> Response<Body> {
    let request = Request::get(path).header("cookie", cookie).body(Body::empty());
    router.clone().oneshot(request.expect("a request")).await.expect("a router never fails")
}

async fn text(response: Response<Body>) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 100_000).await.expect("a body");
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// The status and the code of a refusal.
async fn refusal(router: &Router, path: &str, cookie: &str) -> (u16, String) {
    let response = ask(router, path, cookie).await;
    let status = response.status().as_u16();
    let problem: Value = serde_json::from_str(&text(response).await).expect("a problem");
    (status, problem["code"].as_str().expect("a code").to_owned())
}

fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn a3_guards_answer_as_the_contract_says() {
    let auth = TestAuth::new();
    let router = router(auth.layer());
    let ada = auth.cookie("ada@example.com");
    let root = auth.cookie_for(&auth.grant("root@example.com").role("admin"));

    assert_eq!(refusal(&router, "/mine", "").await, is(401, "unauthenticated"));
    assert_eq!(refusal(&router, "/mine", "ticketkit=x").await, is(401, "unauthenticated"));
    assert_eq!(text(ask(&router, "/mine", &ada).await).await, "ada@example.com");

    assert_eq!(refusal(&router, "/admin", "").await, is(401, "unauthenticated"));
    assert_eq!(refusal(&router, "/admin", &ada).await, is(403, "forbidden"));
    assert_eq!(text(ask(&router, "/admin", &root).await).await, "root@example.com");

    assert_eq!(text(ask(&router, "/open", &ada).await).await, "ada@example.com");
    let doubled = format!("{ada}; {ada}");
    for cookie in ["", "ticketkit=x", doubled.as_str()] {
        assert_eq!(text(ask(&router, "/open", cookie).await).await, "nobody", "{cookie}");
    }
}

#[tokio::test]
async fn a3_an_expired_session_is_told_from_none() {
    let time = ManualClock::default();
    let auth = TestAuth::with_clock(time.clock());
    let router = router(auth.layer());
    let ada = auth.cookie("ada@example.com");
    time.advance(Duration::from_secs(303));
    assert_eq!(refusal(&router, "/mine", &ada).await, is(401, "session_expired"));
    assert_eq!(text(ask(&router, "/open", &ada).await).await, "nobody");
}

#[tokio::test]
async fn t21_every_invalid_token_gets_the_same_bytes() {
    let forge = Forge::new();
    let auth = TestAuth::new();
    let router = router(AuthLayer::new(forge.verifier.clone(), auth.cookies()));
    let good = forge.token();
    let mut answers = Vec::new();
    for cookie in [
        String::new(),
        "ticketkit=".to_owned(),
        "ticketkit=a.b.c".to_owned(),
        format!("ticketkit={good}; ticketkit={good}"),
        format!("ticketkit={}", forge.claim("iss", Some(json!("evil")))),
        format!("ticketkit={}", forge.claim("exp", Some(json!(1)))),
        format!("ticketkit={}", forge.member("alg", Some(json!("none")))),
        format!("ticketkit={}", forge.member("kid", Some(json!("other")))),
        format!("ticketkit={}", "a".repeat(5000)),
    ] {
        let response = ask(&router, "/mine", &cookie).await;
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        let headers = format!("{:?}", response.headers());
        answers.push((response.status(), headers, text(response).await));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
}

#[tokio::test]
async fn a_ban_goes_before_an_ended_session_and_both_before_the_cache() {
    let time = ManualClock::default();
    let auth = TestAuth::with_clock(time.clock());
    let view = RevocationView::without_heartbeat(LIFETIME, time.clock());
    let router = router(auth.layer().revocations(view.clone()));
    let (ada, bob) = (auth.grant("ada@example.com"), auth.cookie("bob@example.com"));
    let cookie = auth.cookie_for(&ada);
    assert_eq!(ask(&router, "/mine", &cookie).await.status(), 200, "and now in the cache");

    let at = time.clock().unix_millis();
    view.apply(&Revocation::Session { session: ada.session.clone(), at });
    assert_eq!(refusal(&router, "/mine", &cookie).await, is(401, "session_revoked"));
    assert_eq!(text(ask(&router, "/open", &cookie).await).await, "nobody");

    let user = user_id("ada@example.com");
    let ban = Some(Ban { version: 1, banned: true, until: Some(at + 60_000) });
    view.apply(&Revocation::User { user: user.clone(), min_epoch: 1, ban, at });
    assert_eq!(refusal(&router, "/mine", &cookie).await, is(403, "account_banned"));
    let fresh = auth.cookie_for(&auth.grant("ada@example.com").epoch(1));
    assert_eq!(refusal(&router, "/mine", &fresh).await, is(403, "account_banned"));
    assert_eq!(ask(&router, "/mine", &bob).await.status(), 200, "nobody else is");

    time.advance(Duration::from_secs(60));
    assert_eq!(refusal(&router, "/mine", &cookie).await, is(401, "session_revoked"));
    assert_eq!(ask(&router, "/mine", &fresh).await.status(), 200, "a new session after the ban");
}

#[tokio::test]
async fn e2_without_heartbeats_routes_do_what_their_policy_says() {
    let time = ManualClock::default();
    let auth = TestAuth::with_clock(time.clock());
    let view = RevocationView::new(LIFETIME, Duration::from_secs(5), time.clock());
    let router = router(auth.layer().revocations(view.clone()));
    let ada = auth.cookie("ada@example.com");

    let response = ask(&router, "/mine", &ada).await;
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(refusal(&router, "/mine", &ada).await, is(503, "auth_stale"), "no news yet");
    assert_eq!(text(ask(&router, "/reading", &ada).await).await, "ada@example.com");
    assert_eq!(text(ask(&router, "/open", &ada).await).await, "nobody");
    assert_eq!(refusal(&router, "/mine", "").await, is(401, "unauthenticated"));

    view.heartbeat(time.clock().unix_millis());
    assert_eq!(ask(&router, "/mine", &ada).await.status(), 200);
    time.advance(Duration::from_secs(5));
    assert_eq!(ask(&router, "/mine", &ada).await.status(), 200);
    time.advance(Duration::from_millis(1));
    assert_eq!(refusal(&router, "/mine", &ada).await, is(503, "auth_stale"));
    let at = time.clock().unix_millis();
    view.apply(&Revocation::Session { session: "other".to_owned(), at });
    assert_eq!(
        refusal(&router, "/mine", &ada).await,
        is(503, "auth_stale"),
        "news is no heartbeat"
    );
    view.heartbeat(at);
    assert_eq!(ask(&router, "/mine", &ada).await.status(), 200);
}

#[tokio::test]
async fn l3_a_guard_without_the_layer_serves_nobody() {
    let router: Router = Router::new()
        .route("/mine", get(async |_: CurrentUser| ""))
        .route("/open", get(async |_: OptionalUser| ""));
    assert_eq!(refusal(&router, "/mine", "").await, is(500, "internal"));
    assert_eq!(refusal(&router, "/open", "").await, is(500, "internal"));
}

#[tokio::test]
async fn plain_tower_services_are_guarded_the_same_way() {
    let auth = TestAuth::new();
    let inner =
        service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(b"served".to_vec())));
    let ask = async |guard: GuardLayer, cookie: String| {
        let service = auth.layer().layer(guard.layer(inner));
        let request = Request::builder().header("cookie", cookie).body(()).expect("a request");
        service.oneshot(request).await.expect("infallible")
    };
    let root = auth.cookie_for(&auth.grant("root@example.com").role("admin"));
    let ada = auth.cookie("ada@example.com");
    assert_eq!(ask(GuardLayer::signed_in(), String::new()).await.status(), 401);
    assert_eq!(ask(GuardLayer::signed_in(), ada.clone()).await.body(), b"served");
    assert_eq!(ask(GuardLayer::role("admin"), ada).await.status(), 403);
    assert_eq!(ask(GuardLayer::role("admin"), root).await.status(), 200);
}

/// A permission is a claim of the service's own, and a fresh sign-in a session that began a moment ago.
#[tokio::test]
async fn a3_a_guard_can_have_a_condition() {
    let time = ManualClock::default();
    let auth = TestAuth::with_clock(time.clock());
    let clock = time.clock();
    let may_refund = GuardLayer::role("support").when(|user| {
        let permissions = user.claims().custom::<HashMap<String, Vec<String>>>();
        permissions.is_ok_and(|mine| {
            mine.get("permissions").is_some_and(|own| own.contains(&"refund".to_owned()))
        })
    });
    let fresh = GuardLayer::signed_in()
        .when(move |user| user.signed_in_at().is_some_and(|at| clock.unix_millis() - at < 300_000));
    let router = Router::new()
        .route("/refund", get(async || "refunded").route_layer(may_refund))
        .route("/account", get(async || "deleted").route_layer(fresh))
        .layer(auth.layer());

    let permissions = json!({"permissions": ["refund"]});
    let allowed = auth.grant("ada").role("support").custom(&permissions).expect("an object");
    assert_eq!(ask(&router, "/refund", &auth.cookie_for(&allowed)).await.status(), 200);
    let none = auth.grant("ada").role("support").custom(&json!({"permissions": []}));
    let without = [
        auth.grant("ada").role("support"),
        none.expect("an object"),
        auth.grant("ada").custom(&permissions).expect("an object"),
    ];
    for grant in without {
        assert_eq!(
            refusal(&router, "/refund", &auth.cookie_for(&grant)).await,
            is(403, "forbidden")
        );
    }
    assert_eq!(refusal(&router, "/refund", "").await, is(401, "unauthenticated"));

    let session = |began: Duration| {
        let at = uuid::Timestamp::from_unix(uuid::NoContext, began.as_secs(), 0);
        Grant::new("ada", uuid::Uuid::new_v7(at).to_string())
    };
    let now = Duration::from_millis(time.now().as_millis().unsigned_abs());
    let fresh = auth.cookie_for(&session(now - Duration::from_secs(60)));
    assert_eq!(ask(&router, "/account", &fresh).await.status(), 200);
    let old = session(now - Duration::from_secs(301));
    for grant in [old, Grant::new("ada", "no time in it")] {
        let refused = refusal(&router, "/account", &auth.cookie_for(&grant)).await;
        assert_eq!(refused, is(403, "forbidden"));
    }
}
