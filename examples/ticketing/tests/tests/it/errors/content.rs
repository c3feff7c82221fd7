//! 415 and 413: what kind of body, and how large.

use ticketing_tests::http::Content;

use super::matrix::Matrix;
use super::routes::{Cast, with_body};
use crate::shared::shared;

const LIMIT: usize = 64 * 1024;

/// A JSON object of this many bytes, with the members of `good` and spaces.
fn padded(good: &str, length: usize) -> Vec<u8> {
    let mut bytes = good.as_bytes().to_vec();
    bytes.resize(length, b' ');
    bytes
}

#[test]
fn a_body_that_does_not_say_it_is_json_is_an_unsupported_media_type() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    for route in with_body() {
        let client = cast.caller(&route);
        let body = || Content::Sized(route.good().to_string().into_bytes());
        matrix.case(format!("{}: none", route.name()), || {
            let request = route.bare().content(body());
            client.send(request).problem(415, "unsupported_media_type");
        });
        for kind in [
            "",
            "text/plain",
            "text/plain; charset=application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonp",
            "application/xml",
            "text/json",
            "json",
            "application/",
            ";;;",
            "*/*",
        ] {
            matrix.case(format!("{}: {kind:?}", route.name()), || {
                let request = route.bare().header("content-type", kind).content(body());
                client.send(request).problem(415, "unsupported_media_type");
            });
        }
    }
    matrix.finish();
}

#[test]
fn json_by_any_of_its_spellings_is_read() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    for route in with_body() {
        let client = cast.caller(&route);
        for kind in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
            matrix.case(format!("{}: {kind}", route.name()), || {
                let request = route.bare().header("content-type", kind);
                let answer = client.send(request.content(Content::Sized(b"{".to_vec())));
                answer.problem(400, "malformed_json");
            });
        }
    }
    matrix.finish();
}

#[test]
fn a_body_over_64_kib_is_too_large_however_it_comes() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    for route in with_body() {
        let client = cast.caller(&route);
        let good = route.good().to_string();
        for (name, content) in [
            ("one byte more", Content::Sized(padded(&good, LIMIT + 1))),
            ("one byte more, chunked", Content::Chunked(padded(&good, LIMIT + 1))),
            ("no JSON at all", Content::Sized(vec![b'x'; LIMIT + 1])),
            ("1 MiB, chunked", Content::Chunked(vec![b'['; 1024 * 1024])),
            ("announced only", Content::Announced(1 << 40)),
        ] {
            matrix.case(format!("{}: {name}", route.name()), || {
                let request = route.bare().header("content-type", "application/json");
                client.send(request.content(content)).problem(413, "payload_too_large");
            });
        }
    }
    matrix.finish();
}

#[test]
fn a_body_of_exactly_64_kib_is_read() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    for route in with_body() {
        let client = cast.caller(&route);
        let body = padded("{", LIMIT);
        for content in [Content::Sized(body.clone()), Content::Chunked(body)] {
            matrix.case(route.name(), || {
                let request = route.bare().header("content-type", "application/json");
                client.send(request.content(content)).problem(400, "malformed_json");
            });
        }
    }
    matrix.finish();
}

/// The order among the checks of a body: its type, its size, its form, its rules.
#[test]
fn the_type_is_judged_before_the_size_and_the_size_before_the_form() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    for route in with_body() {
        let client = cast.caller(&route);
        matrix.case(route.name(), || {
            let large = Content::Sized(vec![b'{'; LIMIT + 1]);
            let plain = route.bare().header("content-type", "text/plain").content(large);
            client.send(plain).problem(415, "unsupported_media_type");
        });
    }
    matrix.finish();
}
