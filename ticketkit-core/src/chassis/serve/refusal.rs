use ::http::Response;

use crate::{ErrorLayer, ErrorStatus};

/// What a head has that hyper sends without anything behind it.
const NO_BODY: &str = "content-length: 0\r\n";

/// Puts the contract's document behind a head of 400 or above that has none.
pub(super) fn complete(head: &[u8], errors: &ErrorLayer) -> Option<Vec<u8>> {
    let head = str::from_utf8(head).ok()?;
    // The version is that of the request, as far as it was read.
    let status = head.strip_prefix("HTTP/1.")?.get(2..5)?;
    let status = status.parse().ok().and_then(ErrorStatus::new)?;
    let (before, after) = head.split_once(NO_BODY)?;
    if !head.ends_with("\r\n\r\n") {
        return None;
    }
    let cause = "it is no HTTP that can be read".to_owned();
    let answer: Response<Vec<u8>> = errors.refuse(status, cause);
    let mut bytes = before.as_bytes().to_vec();
    for (name, value) in answer.headers() {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    let length = format!("content-length: {}\r\n", answer.body().len());
    bytes.extend([length.as_bytes(), after.as_bytes(), answer.body()].concat());
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bare_head_of_an_error_is_completed() {
        let errors = ErrorLayer::new("tickets");
        let head = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\ndate: x\r\n\r\n";
        let answer = String::from_utf8(complete(head, &errors).unwrap()).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n"), "{head}");
        assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())), "{head}");
        assert!(head.ends_with("\r\ndate: x"), "{head}");
        assert!(body.contains(r#""service":"tickets""#), "{body}");
        for other in [
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 1\r\n\r\nx",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 4",
            "",
        ] {
            assert_eq!(complete(other.as_bytes(), &errors), None, "{other}");
        }
    }
}
