//! A server on a port of its own, and clients that speak to it byte by byte.

use std::{net::SocketAddr, time::Duration};

use axum::Router;
use ticketkit_core::{
    ErrorLayer,
    chassis::{
        Shutdown,
        serve::{Drained, serve},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) shutdown: Shutdown,
    pub(super) served: JoinHandle<Drained>,
}

impl Server {
    pub(super) async fn start(app: Router, shutdown: Shutdown, deadline: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let handle = shutdown.clone();
        let errors = ErrorLayer::new("tickets");
        let served =
            tokio::spawn(async move { serve(listener, app, &errors, &handle, deadline).await });
        Self { address, shutdown, served }
    }

    pub(super) async fn ask(&self, path: &str) -> TcpStream {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes()).await
    }

    pub(super) async fn send(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    }
}

/// Reads as far as this.
pub(super) async fn until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = Vec::new();
    while !String::from_utf8_lossy(&text).contains(end) {
        assert_ne!(stream.read_buf(&mut text).await.unwrap(), 0, "{text:?}");
    }
    String::from_utf8(text).unwrap()
}

/// Reads to the end.
pub(super) async fn rest(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}
