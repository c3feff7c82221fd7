//! Decoding the framing of a response body.

use std::io::{self, BufRead, Read};

/// A chunked body as plain bytes. An end of file inside it is an error: the server died.
#[derive(Debug)]
pub(super) struct Dechunk<R> {
    inner: R,
    left: u64,
    done: bool,
}

impl<R: BufRead> Dechunk<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, left: 0, done: false }
    }

    fn next_chunk(&mut self) -> io::Result<()> {
        let line = read_line(&mut self.inner)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        self.left = u64::from_str_radix(size, 16)
            .map_err(|_| io::Error::other(format!("no chunk size: {line:?}")))?;
        if self.left == 0 {
            while !read_line(&mut self.inner)?.is_empty() {}
            self.done = true;
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Dechunk<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !self.done {
            self.next_chunk()?;
        }
        if self.done || out.is_empty() {
            return Ok(0);
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(out.len());
        let read = self.inner.read(&mut out[..most])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read as u64;
        if self.left == 0 {
            read_line(&mut self.inner)?;
        }
        Ok(read)
    }
}

/// A line without its end; an end of file before it is an error.
pub(super) fn read_line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    from.read_until(b'\n', &mut line)?;
    if line.pop() != Some(b'\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_chunks() {
        let mut text = String::new();
        let wire: &[u8] = b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nt: 1\r\n\r\nrest";
        Dechunk::new(wire).read_to_string(&mut text).expect("chunks");
        assert_eq!(text, "abcde");
    }

    #[test]
    fn a_cut_is_an_error() {
        let wire: &[u8] = b"5\r\nabc";
        let error = Dechunk::new(wire).read_to_end(&mut Vec::new()).expect_err("cut");
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
