//! Sending and receiving.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use super::body::{Dechunk, read_line};
use super::{Head, Request, Response};

/// Sends a request on a connection of its own and reads the whole answer. `patience` bounds each
/// read, not the whole.
///
/// # Errors
///
/// The connection was refused, cut or silent.
pub fn exchange(addr: SocketAddr, request: &Request, patience: Duration) -> io::Result<Response> {
    let (head, mut reader) = open(addr, request, patience)?;
    let mut body = Vec::new();
    reader.read_to_end(&mut body)?;
    let question = format!("{} {}", request.method, request.target);
    Ok(Response { head, body, question })
}

/// As [`exchange`], but hands out the body as it arrives.
///
/// # Errors
///
/// The connection was refused, cut or silent.
pub fn open(
    addr: SocketAddr,
    request: &Request,
    patience: Duration,
) -> io::Result<(Head, Box<dyn Read + Send>)> {
    let mut socket = connect(addr, patience)?;
    let sent = socket.write_all(&request.to_bytes(&addr.to_string()));
    // A server that refuses without reading may close while we still write. Its answer counts.
    let mut reader = BufReader::new(socket);
    let head = match read_head(&mut reader) {
        Ok(head) => head,
        Err(error) => return Err(sent.err().unwrap_or(error)),
    };
    Ok((head.clone(), unframe(reader, &request.method, &head)?))
}

/// Sends bytes as they are, and returns all that comes back until the server closes, or is silent
/// for `quiet`.
///
/// # Errors
///
/// The connection was refused; a cut is an end.
pub fn raw(addr: SocketAddr, bytes: &[u8], quiet: Duration) -> io::Result<Vec<u8>> {
    let mut socket = connect(addr, quiet)?;
    // A server that has seen enough closes while we still write. What it said counts.
    socket.write_all(bytes).ok();
    let mut answer = Vec::new();
    match socket.read_to_end(&mut answer) {
        Err(error) if !is_end(error.kind()) => Err(error),
        _ => Ok(answer),
    }
}

fn is_end(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{ConnectionReset, TimedOut, WouldBlock};
    matches!(kind, ConnectionReset | TimedOut | WouldBlock)
}

/// Sends a request, waits `pause` and hangs up without reading a byte.
///
/// # Errors
///
/// The connection was refused or cut.
pub fn hang_up(addr: SocketAddr, request: &Request, pause: Duration) -> io::Result<()> {
    let mut socket = connect(addr, Duration::from_secs(10))?;
    socket.write_all(&request.to_bytes(&addr.to_string()))?;
    thread::sleep(pause);
    Ok(())
}

fn connect(addr: SocketAddr, patience: Duration) -> io::Result<TcpStream> {
    let socket = TcpStream::connect_timeout(&addr, patience)?;
    socket.set_read_timeout(Some(patience))?;
    socket.set_write_timeout(Some(patience))?;
    socket.set_nodelay(true)?;
    Ok(socket)
}

fn read_head(reader: &mut impl BufRead) -> io::Result<Head> {
    let mut continued = false;
    loop {
        let line = read_line(reader)?;
        let status = line
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3)?.parse().ok())
            .ok_or_else(|| io::Error::other(format!("no status line: {line:?}")))?;
        let mut headers = Vec::new();
        loop {
            let line = read_line(reader)?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| io::Error::other(format!("no header: {line:?}")))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        if status >= 200 {
            return Ok(Head { status, continued, headers });
        }
        continued |= status == 100;
    }
}

fn unframe(
    reader: BufReader<TcpStream>,
    method: &str,
    head: &Head,
) -> io::Result<Box<dyn Read + Send>> {
    if method == "HEAD" || matches!(head.status, 204 | 304) {
        // Whatever follows would be a fault: read it, so that the test sees it.
        return Ok(Box::new(reader));
    }
    if head.header("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        return Ok(Box::new(Dechunk::new(reader)));
    }
    match head.header("content-length").map(str::parse) {
        None => Ok(Box::new(reader)),
        Some(Ok(length)) => Ok(Box::new(Exactly { inner: reader, left: length })),
        Some(Err(error)) => Err(io::Error::other(error)),
    }
}

/// As many bytes as were promised; fewer are an error.
#[derive(Debug)]
struct Exactly<R> {
    inner: R,
    left: usize,
}

impl<R: Read> Read for Exactly<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = self.left.min(out.len());
        if most == 0 {
            return Ok(0);
        }
        let read = self.inner.read(&mut out[..most])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
