//! The examples of services without axum, as servers on a port of their own.

use std::net::SocketAddr;

use http_body_util::{BodyExt as _, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::Value;
use ticketkit_auth::testing::TestAuth;
use tokio::net::TcpListener;
use tonic::{Code, transport::Channel};

#[path = "../../examples/hyper.rs"]
#[expect(dead_code, reason = "its `main` is for people")]
mod hyper;

#[path = "../../examples/tonic.rs"]
#[expect(dead_code, reason = "its `main` is for people")]
mod tonic_example;

const ADA: &str = "ada@example.com";

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

/// A3, and the guard answers a client of gRPC in its own words.
#[tokio::test]
async fn a3_a_call_of_grpc_is_refused_with_a_status_of_grpc() {
    let auth = TestAuth::new();
    let (listener, address) = listener().await;
    tokio::spawn(tonic_example::serve(listener, auth.layer()));
    let channel = Channel::from_shared(format!("http://{address}")).expect("a URL");
    let channel = channel.connect().await.expect("the server listens");

    for forged in [None, Some("a.b.c"), Some("")] {
        let refused = tonic_example::mine(channel.clone(), forged).await;
        let status = refused.expect_err("it is refused");
        assert_eq!(status.code(), Code::Unauthenticated, "{forged:?}: {status:?}");
        assert_eq!(status.message(), "unauthenticated", "{forged:?}");
        assert!(status.metadata().contains_key("x-request-id"));
    }
    let served = tonic_example::mine(channel, Some(&auth.token(ADA))).await;
    assert_eq!(served.expect("the user is served").owner, ADA);
}

#[tokio::test]
async fn a3_a_service_of_hyper_alone_refuses_as_the_contract_says() {
    let auth = TestAuth::new();
    let (listener, address) = listener().await;
    tokio::spawn(hyper::serve(listener, auth.layer()));
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<bytes::Bytes>>();
    let ask = async |path: &str, cookie: &str| {
        let request = http::Request::get(format!("http://{address}{path}"));
        let request = request.header("cookie", cookie).body(Full::default()).expect("a request");
        let response = client.request(request).await.expect("an answer");
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        (status, String::from_utf8(body.into()).expect("text"))
    };
    let code = |body: &str| serde_json::from_str::<Value>(body).expect("a problem")["code"].clone();

    let (status, body) = ask("/", "ticketkit=a.b.c").await;
    assert_eq!((status, code(&body)), (401, "unauthenticated".into()));
    let cookie = auth.cookie(ADA);
    assert_eq!(ask("/", &cookie).await, (200, format!("hello, {ADA}\n")));
    let (status, body) = ask("/secret", &cookie).await;
    assert_eq!((status, code(&body)), (403, "forbidden".into()));
}
