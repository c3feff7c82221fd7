//! One request on a connection of its own, and the question whether a process is ready.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use axum::{body::Body, response::Response};
use http::{Request, StatusCode};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};
use tower::BoxError;

const CONNECT: Duration = Duration::from_secs(1);

/// How long a process may take to say whether it is ready.
const ANSWER: Duration = Duration::from_secs(3);

/// Asks a process whether it is ready.
///
/// # Errors
///
/// If it is not, or does not answer within 3 s.
pub(crate) async fn is_ready(address: SocketAddr) -> Result<(), BoxError> {
    let address = reached(address);
    let asking = async {
        let stream = connect(address).await?;
        let request = Request::get("/readyz").header("host", address.to_string());
        match exchange(stream, request.body(Body::empty())?).await?.status() {
            StatusCode::OK => Ok(()),
            status => Err(BoxError::from(format!("not ready: {status} from {address}"))),
        }
    };
    timeout(ANSWER, asking).await?
}

/// Returns an address that reaches what listens at one: what listens everywhere listens on loopback.
pub(crate) fn reached(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Connects within a second.
pub(crate) async fn connect(address: SocketAddr) -> Result<TcpStream, BoxError> {
    let stream = timeout(CONNECT, TcpStream::connect(address)).await??;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Sends one request; the connection ends with its answer.
pub(crate) async fn exchange(
    stream: TcpStream,
    request: Request<Body>,
) -> Result<Response, BoxError> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection broke");
        }
    });
    Ok(sender.send_request(request).await?.map(Body::new))
}
