//! Fetching over a real connection.

use axum::{Router, http::StatusCode, routing::get};
use ticketkit_auth::remote::{Fetch, FetchError, HttpFetch, RemoteError};

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

#[tokio::test]
async fn documents_come_over_plain_http_and_nothing_but_a_200_is_one() {
    let router = Router::new()
        .route("/good", get(async || "document"))
        .route("/moved", get(async || (StatusCode::FOUND, [("location", "/good")], "")))
        .route("/broken", get(async || (StatusCode::INTERNAL_SERVER_ERROR, "canary")));
    let url = serve(router).await;
    let fetch = HttpFetch::new(&url).unwrap();
    assert_eq!(fetch.get("/good").await.unwrap(), "document");
    for (path, expected) in [("/moved", 302), ("/broken", 500), ("/none", 404)] {
        match fetch.get(path).await {
            Err(FetchError::Status { status, .. }) => assert_eq!(status, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn an_issuer_that_is_not_there_is_an_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let fetch = HttpFetch::new(&format!("http://{address}")).unwrap();
    assert!(matches!(fetch.get("/").await, Err(FetchError::Io { .. })));
}

#[test]
fn urls_are_checked_at_the_start() {
    for url in ["http://localhost:1", "http://127.0.0.1:3001/", "http://[::1]:1"] {
        assert!(HttpFetch::new(url).is_ok(), "{url}");
    }
    let off_loopback = HttpFetch::new("http://auth:3001");
    assert!(matches!(off_loopback, Err(RemoteError::PlainHttp(_))));
    assert!(HttpFetch::danger_allow_plain_http("http://auth:3001").is_ok());
    for url in ["", "auth", "https://auth", "ftp://auth", "http://a/b", "http://a?b", "http://u@a"]
    {
        let unfit = HttpFetch::danger_allow_plain_http(url);
        assert!(matches!(unfit, Err(RemoteError::Url(_))), "{url}");
    }
}
