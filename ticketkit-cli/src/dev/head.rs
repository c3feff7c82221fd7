//! The head of a request of HTTP/1.1.

use std::io::{self, Read};

/// The longest that is read, in bytes.
const LONGEST: usize = 64 * 1024;

const END: &[u8] = b"\r\n\r\n";

/// A head, and what came with it of the body.
#[derive(Debug)]
pub(super) struct Head {
    bytes: Vec<u8>,
    /// Where the empty line begins.
    end: usize,
}

impl Head {
    /// Reads a head; none if the client is gone before its end.
    pub(super) fn read(client: &mut impl Read) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        let mut more = [0; 4096];
        while bytes.len() < LONGEST {
            let count = client.read(&mut more)?;
            if count == 0 {
                return Ok(None);
            }
            // The end may have come in two parts.
            let looked = bytes.len().saturating_sub(END.len());
            bytes.extend_from_slice(&more[..count]);
            let found = bytes[looked..].windows(END.len()).position(|part| part == END);
            if let Some(at) = found {
                return Ok(Some(Self { bytes, end: looked + at }));
            }
        }
        Err(io::Error::other("the head of the request is too long"))
    }

    /// The path that is asked for, without the query.
    pub(super) fn path(&self) -> String {
        let line = self.lines().next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        let target = line.split(' ').nth(1).unwrap_or("/");
        // As a proxy is asked: the whole URL.
        let path = target
            .split_once("://")
            .map_or(target, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
        path.split(['?', '#']).next().unwrap_or_default().to_owned()
    }

    /// Whether the request changes nothing and is here as a whole.
    pub(super) fn only_reads(&self) -> bool {
        let is_whole = self.bytes.len() == self.end + END.len();
        is_whole && (self.bytes.starts_with(b"GET ") || self.bytes.starts_with(b"HEAD "))
    }

    /// The bytes, with one header changed: nothing comes after the answer. What asks for another
    /// protocol, such as a WebSocket, is as it was.
    pub(super) fn with_close(&self) -> Vec<u8> {
        let is = |line: &[u8], name: &str| {
            line.split(|byte| *byte == b':')
                .next()
                .is_some_and(|start| start.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
        };
        if self.lines().any(|line| is(line, "upgrade")) {
            return self.bytes.clone();
        }
        let mut bytes = Vec::with_capacity(self.bytes.len() + 32);
        for line in self.lines().filter(|line| !is(line, "connection")) {
            bytes.extend_from_slice(line);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"connection: close\r\n\r\n");
        bytes.extend_from_slice(&self.bytes[self.end + END.len()..]);
        bytes
    }

    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let head = &self.bytes[..self.end];
        head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Head {
        // In two parts, of which the first ends within the empty line.
        let at = text.find("\r\n\r\n").unwrap() + 2;
        let (one, other) = text.as_bytes().split_at(at);
        Head::read(&mut one.chain(other)).unwrap().unwrap()
    }

    #[test]
    fn paths_are_read() {
        for (line, path) in [
            ("GET /a/b?c=/d HTTP/1.1", "/a/b"),
            ("GET http://x:1/a?b HTTP/1.1", "/a"),
            ("GET http://x HTTP/1.1", "/"),
            ("nonsense", "/"),
        ] {
            assert_eq!(head(&format!("{line}\r\nhost: x\r\n\r\n")).path(), path);
        }
    }

    #[test]
    fn a_connection_is_closed_after_the_answer_unless_it_is_upgraded() {
        let kept = head("POST / HTTP/1.1\r\nCONNECTION: keep-alive\r\na: b\r\n\r\nbody\r\n\r\n");
        let closed = "POST / HTTP/1.1\r\na: b\r\nconnection: close\r\n\r\nbody\r\n\r\n";
        assert_eq!(String::from_utf8(kept.with_close()).unwrap(), closed);
        let socket = "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
        assert_eq!(head(socket).with_close(), socket.as_bytes());
    }

    #[test]
    fn what_never_ends_is_refused() {
        assert!(Head::read(&mut io::repeat(b'a')).is_err());
        assert!(Head::read(&mut &b"GET / HTTP/1.1\r\n"[..]).unwrap().is_none());
    }
}
