//! A service without a web framework: hyper, tower, and the layers of this crate.
//!
//! ```sh
//! cargo run -p ticketkit-auth --example hyper --features testing
//! ```
//!
//! It prints a cookie and the commands to try. The tokens are of an issuer of its own; a real service
//! verifies those of another one with `RemoteAuth`.

use std::{convert::Infallible, error::Error, io};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::rt::TokioIo;
use ticketkit_auth::{AuthLayer, guard, guard::GuardLayer, testing::TestAuth};
use tokio::net::TcpListener;
use tower::{ServiceBuilder, ServiceExt as _, service_fn};

type Body = Full<Bytes>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let auth = TestAuth::new();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    println!("curl -i http://{address}/");
    println!("curl -i http://{address}/ -H 'cookie: {}'", auth.cookie("ada@example.com"));
    Ok(serve(listener, auth.layer()).await?)
}

/// Serves until the listener fails.
pub(crate) async fn serve(listener: TcpListener, auth: AuthLayer) -> io::Result<()> {
    // The layer finds out who is asking; the guard refuses everybody who is not signed in, with the
    // errors of the contract.
    let service = ServiceBuilder::new()
        .layer(auth)
        .layer(GuardLayer::signed_in())
        .service(service_fn(answer));

    loop {
        let (stream, _) = listener.accept().await?;
        let service = service.clone();
        let service = hyper::service::service_fn(move |request| service.clone().oneshot(request));
        tokio::spawn(async move {
            let served =
                http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            if let Err(error) = served {
                eprintln!("a connection failed: {error}");
            }
        });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    // A condition of one's own, such as who owns the object, goes the same way.
    let user = guard::require(request.extensions())
        .and_then(|user| user.require(request.uri().path() != "/secret").map(|()| user));
    Ok(match user {
        Ok(user) => Response::new(Body::from(format!("hello, {}\n", user.email()))),
        Err(error) => ticketkit_core::respond::<Vec<u8>>(&error).map(Body::from),
    })
}
