//! Fetching over a real connection.

use std::sync::Arc;

use axum::{Router, http::StatusCode, routing::get};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use ticketkit_auth::remote::{Fetch, FetchError, HttpFetch, RemoteError};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

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
    assert!(HttpFetch::new("HTTPS://auth.example").is_ok());
    for url in ["https://a/b", "https://u@a", "https://"] {
        assert!(matches!(HttpFetch::new(url), Err(RemoteError::Url(_))), "{url}");
    }
    for url in ["", "auth", "https://auth", "ftp://auth", "http://a/b", "http://a?b", "http://u@a"]
    {
        let unfit = HttpFetch::danger_allow_plain_http(url);
        assert!(matches!(unfit, Err(RemoteError::Url(_))), "{url}");
    }
}

fn certificate(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate")
}

/// Serves `/good` on localhost, with a certificate of the tests' own authority.
async fn serve_tls() -> String {
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../data/server.key")).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .with_no_client_auth()
        .with_single_cert(vec![certificate(include_str!("../data/server.pem"))], key)
        .expect("they belong together");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let router = Router::new().route("/good", get(async || "document"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not trust the server ends the handshake.
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            let router = router.clone();
            let service =
                hyper::service::service_fn(move |request| router.clone().oneshot(request));
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        }
    });
    format!("https://localhost:{port}")
}

#[tokio::test]
async fn documents_come_over_tls_from_whom_an_authority_vouches_for() {
    let url = serve_tls().await;
    let mut roots = RootCertStore::empty();
    roots.add(certificate(include_str!("../data/ca.pem"))).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = Arc::new(config);
    let fetch = HttpFetch::with_tls(&url, config.clone()).unwrap();
    assert_eq!(fetch.get("/good").await.unwrap(), "document");

    // The authority vouches for another name; and the machine does not know the authority.
    let port = url.rsplit(':').next().unwrap();
    let other_name = HttpFetch::with_tls(&format!("https://127.0.0.1:{port}"), config).unwrap();
    let stranger = HttpFetch::new(&url).unwrap();
    for fetch in [other_name, stranger] {
        match fetch.get("/good").await {
            Err(FetchError::Io { source, .. }) => {
                assert!(source.to_string().contains("certificate"), "{source}");
            }
            other => panic!("{other:?}"),
        }
    }
}
