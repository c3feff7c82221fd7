use std::{hint::black_box, time::Duration};

use axum_08::{Router, body::Body, routing::get};
use http::Request;
use jsonwebtoken::{DecodingKey, jwk::JwkSet};
use ticketkit_auth::{Clock, RevocationView, axum::CurrentUser, testing::TestAuth};
use ticketkit_bench::{Figure, compare, ready};
use tower::ServiceExt as _;

/// What a request with a valid cookie may cost more, in nanoseconds.
const ADDED: f64 = 1200.0;

/// A signature that was not seen before, beside the bare check of it.
const MISS: f64 = 1.15;

pub(crate) fn run() {
    hit();
    miss();
}

/// Cookie parsing, a hit in the cache, and the view.
fn hit() {
    let auth = TestAuth::new();
    let clock = Clock::system();
    let view =
        RevocationView::new(Duration::from_secs(900), Duration::from_secs(60), clock.clone());
    view.heartbeat(clock.unix_millis());
    let bare: Router = Router::new().route("/mine", get(async || "mine"));
    let guarded: Router = Router::new()
        .route("/mine", get(async |_: CurrentUser| "mine"))
        .layer(auth.layer().revocations(view));
    let cookie = auth.cookie("ada@example.com");
    let send = |router: &Router| {
        let request = Request::get("/mine").header("cookie", &cookie).body(Body::empty());
        let request = request.unwrap_or_default();
        let response = ready(router.clone().oneshot(request));
        let Ok(response) = response;
        assert!(response.status().is_success());
    };
    let (ours, bare) = compare(|| send(&guarded), || send(&bare));
    println!("{}", Figure::new("request-with-cookie", ours, bare, "ns"));
    println!("{}", Figure::at_most("request-with-cookie-added", ours - bare, ADDED, "ns"));
}

/// All of a token beside its signature alone, by the same provider.
fn miss() {
    let auth = TestAuth::new();
    let verifier = auth.verifier().cache(0);
    let token = auth.token("ada@example.com");
    let set = serde_json::to_string(&auth.ring().jwks()).unwrap_or_default();
    let set: JwkSet = serde_json::from_str(&set).unwrap_or(JwkSet { keys: Vec::new() });
    let Some(key) = set.keys.first().and_then(|jwk| DecodingKey::from_jwk(jwk).ok()) else {
        return;
    };
    let (message, signature) = token.rsplit_once('.').unwrap_or_default();
    let check = || {
        jsonwebtoken::crypto::verify(
            signature,
            message.as_bytes(),
            &key,
            jsonwebtoken::Algorithm::EdDSA,
        )
    };
    assert!(check().is_ok_and(|good| good), "the reference verifies");
    let (ours, bare) = compare(
        || black_box(verifier.verify(&token)).is_ok(),
        || black_box(check()).is_ok_and(|good| good),
    );
    println!("{}", Figure::at_most_ratio("verify-without-a-hit", ours, bare, MISS, "ns"));
}
