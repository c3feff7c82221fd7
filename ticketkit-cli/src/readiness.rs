//! Asks a process whether it is ready: `GET /readyz`.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    time::Duration,
};

/// For one answer.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The most that is read of an answer, in bytes.
const LONGEST: u64 = 64 * 1024;

/// What it says: 200 if it is ready, 503 if not.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

/// Asks what listens at a host and port.
///
/// # Errors
///
/// If nothing does, or what does speaks no HTTP.
pub(crate) fn ask(authority: &str) -> io::Result<Answer> {
    let address: SocketAddr = authority
        .to_socket_addrs()?
        .next()
        .ok_or_else(|| io::Error::other(format!("{authority} is no address")))?;
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    // In one piece, as every server likes it.
    let request = format!("GET /readyz HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer)?;
    parse(&String::from_utf8_lossy(&answer))
        .ok_or_else(|| io::Error::other("what answers speaks no HTTP"))
}

fn parse(answer: &str) -> Option<Answer> {
    let rest = answer.strip_prefix("HTTP/1.")?;
    let status = rest.split(' ').nth(1)?.parse().ok()?;
    let text = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).trim().to_owned();
    Some(Answer { status, text })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn answers_are_read() {
        let answer = parse("HTTP/1.1 503 Service Unavailable\r\na: b\r\n\r\nnot yet\n").unwrap();
        assert_eq!((answer.status, answer.text.as_str()), (503, "not yet"));
        assert!(parse("SSH-2.0").is_none());
    }
}
