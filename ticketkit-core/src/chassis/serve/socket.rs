//! The socket of a connection, below hyper.
//!
//! What hyper can't parse it answers by itself, with a head and nothing else (400, 414, 431), and
//! tells the service nothing. So its answer is completed here, where it passes.

use std::{
    convert::Infallible,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::oneshot::{self, error::TryRecvError},
    time::Sleep,
};

use super::{connection::Connection, linger, refusal};

pub(super) struct Socket {
    stream: TcpStream,
    connection: Arc<Connection>,
    /// Ends with whoever drives the connection, who in turn waits for the end of this.
    driver: oneshot::Receiver<Infallible>,
    /// What of a completed answer is still to be sent.
    refusal: Vec<u8>,
    /// After such an answer: what the client is still sending.
    rest: Option<Rest>,
}

/// How much of it is read, and until when.
struct Rest {
    bytes: usize,
    time: Pin<Box<Sleep>>,
}

impl Socket {
    pub(super) fn new(
        stream: TcpStream,
        connection: Arc<Connection>,
        driver: oneshot::Receiver<Infallible>,
    ) -> Self {
        Self { stream, connection, driver, refusal: Vec::new(), rest: None }
    }

    /// Tells whether hyper answers by itself; then what the contract says will be sent instead.
    fn refuses(&mut self, bytes: &[u8]) -> bool {
        let refusal = refusal::complete(bytes, &self.connection.errors);
        let Some(refusal) = refusal else { return false };
        self.refusal = refusal;
        let (bytes, time) = linger::LIMIT;
        self.rest = Some(Rest { bytes, time: Box::pin(tokio::time::sleep(time)) });
        true
    }

    /// Tells whether the connection was cut under whoever has it since it was upgraded.
    fn is_cut(&mut self) -> bool {
        self.connection.is_upgraded() && matches!(self.driver.try_recv(), Err(TryRecvError::Closed))
    }

    fn poll_refusal(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.refusal.is_empty() {
            let sent = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.refusal))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.refusal.drain(..sent);
        }
        Poll::Ready(Ok(()))
    }

    /// Throws away what the client was sending: else the system resets the connection, and the
    /// client may lose the answer.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(rest) = &mut self.rest else { return Poll::Ready(()) };
        let mut buffer = [0; 4096];
        while rest.bytes > 0 && rest.time.as_mut().poll(cx).is_pending() {
            let mut buffer = ReadBuf::new(&mut buffer);
            let read = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                break;
            }
            rest.bytes = rest.bytes.saturating_sub(buffer.filled().len());
        }
        self.rest = None;
        Poll::Ready(())
    }
}

fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "the service has shut down")
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Who waits here for a client that says nothing must be woken by the cut.
        if self.is_cut() {
            return Poll::Ready(Err(cut()));
        }
        if self.connection.is_upgraded() && Pin::new(&mut self.driver).poll(cx).is_ready() {
            return Poll::Ready(Err(cut()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.connection.is_idle() && self.refuses(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        if self.is_cut() {
            return Poll::Ready(Err(cut()));
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.connection.is_idle() {
            let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
            if self.refuses(&bytes) {
                return Poll::Ready(Ok(bytes.len()));
            }
        }
        if self.is_cut() {
            return Poll::Ready(Err(cut()));
        }
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_refusal(cx))?;
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.connection.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_refusal(cx))?;
        ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        self.poll_rest(cx).map(Ok)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.connection.closed();
    }
}
