//! The attack kit against the layers, against a router, over a connection, and against a service
//! that is careless.

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, StatusCode},
    routing::get,
};
use ticketkit_auth::{
    axum::CurrentUser,
    testing::{
        TestAuth,
        attack::{AttackKit, UrlTarget},
    },
};

fn router(auth: &TestAuth) -> Router {
    Router::new().route("/mine", get(async |_: CurrentUser| "mine")).layer(auth.layer())
}

fn kit(auth: &TestAuth) -> AttackKit {
    AttackKit::new(auth.token("ada@example.com"), auth.cookies()).signed_by(auth)
}

#[tokio::test]
async fn nothing_gets_through_the_layers() {
    let auth = TestAuth::new();
    let report = kit(&auth).run(&router(&auth), "/mine").await;
    assert!(report.is_clean(), "{report}");
    for id in ["T1", "T2", "T4", "T5", "T6", "T7", "T8", "T9", "T10", "T11", "T12", "T13", "T14"] {
        assert!(report.attempts().iter().any(|attempt| attempt.id == id), "{id}");
    }
    assert!(report.attempts().len() > 200);
}

#[tokio::test]
async fn a_url_is_attacked_without_its_key() {
    let auth = TestAuth::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = router(&auth);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let target = UrlTarget::new(&url).expect("a URL");
    let kit = AttackKit::new(auth.token("ada@example.com"), auth.cookies());
    let report = kit.run(&target, "/mine").await;
    assert!(report.is_clean(), "{report}");
}

/// A service that decodes claims and looks at nothing else.
#[tokio::test]
async fn a_careless_service_is_found_out() {
    async fn careless(headers: HeaderMap, _: Request) -> StatusCode {
        let token = headers.get("cookie").and_then(|cookie| cookie.to_str().ok());
        let token = token.and_then(|cookie| cookie.strip_prefix("ticketkit="));
        match token.and_then(|token| {
            jsonwebtoken::dangerous::insecure_decode::<serde_json::Value>(token).ok()
        }) {
            Some(_) => StatusCode::OK,
            None => StatusCode::UNAUTHORIZED,
        }
    }
    let auth = TestAuth::new();
    let report = kit(&auth).run(&Router::new().route("/mine", get(careless)), "/mine").await;
    let found: Vec<_> = report.failures().map(|attempt| attempt.id).collect();
    for id in ["T5", "T9", "T10", "T11", "T15", "T20"] {
        assert!(found.contains(&id), "{id} is not among {found:?}");
    }
    assert!(report.to_string().contains("T9    FAILED"), "{report}");
}

#[tokio::test]
async fn an_honest_token_that_is_refused_says_so() {
    let (auth, stranger) = (TestAuth::new(), TestAuth::new());
    let report = kit(&stranger).run(&router(&auth), "/mine").await;
    assert!(!report.is_clean());
    assert!(report.to_string().contains("the honest token was answered with 401"), "{report}");
}
