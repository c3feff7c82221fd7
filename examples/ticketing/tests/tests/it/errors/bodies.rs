//! 400: `malformed_json` and `malformed_body`.

use serde_json::{Value, json};
use ticketing_tests::{Client, Request, Response};

use super::matrix::Matrix;
use super::routes::{Cast, Kind, Route, with_body};
use crate::shared::shared;

fn send(client: &Client, route: &Route, bytes: impl Into<Vec<u8>>) -> Response {
    client.send(route.bare().json_bytes(bytes))
}

#[test]
fn what_is_no_json_is_malformed_json() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    for route in with_body() {
        let client = cast.caller(&route);
        let good = route.good().to_string();
        let cut = &good[..good.len() - 1];
        let deep = ["[".repeat(20_000), "{\"a\":".repeat(10_000)];
        let texts =
            ["", " ", "{", "nonsense", "{'a':1}", "{a:1}", "[1,]", "{\"a\":01}", "NaN", cut]
                .map(str::to_owned)
                .into_iter()
                .chain([format!("{good}x"), format!("{good}{good}"), format!("/**/{good}")])
                .chain([good.replacen('{', "{\"unknown\": \u{1}, ", 1)])
                .chain(deep);
        let bytes = [
            b"\xff\xfe{}".to_vec(),
            b"{\"unknown\":\"\xff\"".to_vec(),
            b"{\"unknown\":\"\\ud800\"".to_vec(),
            b"{\"unknown\":\"\\x\"}".to_vec(),
            b"{\"unknown\":\"\0\"}".to_vec(),
        ];
        for bytes in texts.map(String::into_bytes).chain(bytes) {
            let shown: String = String::from_utf8_lossy(&bytes).chars().take(60).collect();
            matrix.case(format!("{}: {shown:?}", route.name()), || {
                send(&client, &route, bytes).problem(400, "malformed_json");
            });
        }
    }
    matrix.finish();
}

#[test]
fn what_is_no_object_is_a_malformed_body() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    for route in with_body() {
        let client = cast.caller(&route);
        for body in ["null", "true", "5", "\"text\"", "[]", "[{}]", "[1,2,3]"] {
            matrix.case(format!("{}: {body}", route.name()), || {
                send(&client, &route, body).problem(400, "malformed_body");
            });
        }
    }
    matrix.finish();
}

#[test]
fn a_member_of_another_type_is_a_malformed_body_with_field_and_pointer() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    for route in with_body() {
        let client = cast.caller(&route);
        for member in route.members() {
            let field = member.name;
            let case = |what: &str, body: String, matrix: &mut Matrix| {
                matrix.case(format!("{}: {field} {what}", route.name()), || {
                    send(&client, &route, body).problem(400, "malformed_body").about(field);
                });
            };
            if member.required {
                let mut body = route.good();
                body.as_object_mut().and_then(|body| body.remove(field)).expect("a member");
                case("missing", body.to_string(), &mut matrix);
                case("null", route.with(field, Value::Null).to_string(), &mut matrix);
            }
            for wrong in wrong_types(member.kind) {
                let body = route.with(field, json!("PLACE")).to_string();
                let body = body.replace("\"PLACE\"", wrong);
                case(wrong, body, &mut matrix);
            }
        }
    }
    matrix.finish();
}

/// JSON texts, since not all of them survive a parser of ours.
fn wrong_types(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Text => &["5", "-0.5", "true", "[]", "{}", "[\"text\"]"],
        Kind::Integer => &[
            "\"5\"",
            "true",
            "[]",
            "{}",
            "[5]",
            "19.99",
            "5.0",
            "1e2",
            "18446744073709551616",
            "-9223372036854775809",
            "1e300",
            "123456789012345678901234567890123456789012345678901234567890",
        ],
        Kind::Id => &[
            "5",
            "true",
            "[]",
            "{}",
            "\"\"",
            "\"abc\"",
            "\"01890a5d-ac96-774b-bcce-b302099a805\"",
            "\"01890a5d-ac96-774b-bcce-b302099a8057 \"",
            "\"01890a5d-ac96-774b-bcce-b302099a805g\"",
            "\"' or 1=1 --\"",
        ],
    }
}

/// Odd, and not named by the contract: refused as malformed or taken, but never a crash.
#[test]
fn odd_documents_are_taken_or_refused_in_form() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    for route in with_body() {
        let client = cast.caller(&route);
        let good = route.good().to_string();
        let inner = good.trim_start_matches('{').trim_end_matches('}');
        let join = |extra: &str| {
            let comma = if inner.is_empty() { "" } else { "," };
            format!("{{{inner}{comma}{extra}}}")
        };
        let odd = [
            join("\"unknown\":1e999"),
            join(&format!("\"unknown\":{}{}", "[".repeat(500), "]".repeat(500))),
            join("\"unknown\":1,\"unknown\":2"),
            format!("{{{inner}{}{inner}}}", if inner.is_empty() { "" } else { "," }),
            format!("\u{feff}{good}"),
        ];
        for body in odd {
            let shown: String = body.chars().take(80).collect();
            matrix.case(format!("{}: {shown:?}", route.name()), || {
                let answer = send(&client, &route, body);
                assert!(answer.status() < 500, "{answer:?}");
                if answer.status() == 400 {
                    let code = ticketing_tests::Problem::of(&answer).code;
                    assert!(code.starts_with("malformed_"), "{answer:?}");
                }
            });
        }
    }
    matrix.finish();
}

#[test]
fn unknown_members_are_ignored() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    for route in with_body() {
        let client = cast.caller(&route);
        let mut body = route.good();
        for (name, value) in [
            ("unknown", json!({"deep": [[[[1]]]]})),
            ("__proto__", json!({"roles": ["admin"]})),
            ("roles", json!(["admin"])),
            ("userId", json!(5)),
            ("", json!(null)),
        ] {
            body[name] = value;
        }
        matrix.case(route.name(), || {
            // Twice without, so that what a first success changes (an account) is done before.
            let answers = [route.good(), route.good(), body].map(|body| {
                let answer = client.twin().send(route.bare().json(&body));
                (answer.status(), answer.json()["code"].clone())
            });
            assert_eq!(answers[1], answers[2]);
            assert!(!matches!(answers[2].0, 400 | 413 | 415 | 422), "{answers:?}");
        });
    }
    matrix.finish();
}

/// Text is text: what it holds comes back, or is refused by a rule, and breaks nothing.
#[test]
fn strange_titles_come_back_or_are_refused() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    for title in [
        "a\0b",
        "a\u{1}\u{1f}b",
        "a\r\nb",
        "\u{202e}desrever\u{200f}",
        "e\u{301} \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
        "\u{10ffff}\u{fffd}\u{feff}",
        "'; drop table tickets; --",
        "<script>alert(1)</script>",
        "{{ 7 * 7 }} ${x} %s %n",
        "../../etc/passwd",
    ] {
        matrix.case(format!("{title:?}"), || {
            let body = json!({"title": title, "price": 1});
            let answer = cast.user().send(Request::post("/api/tickets").json(&body));
            if answer.status() == 422 {
                answer.problem(422, "validation_failed").about("title");
            } else {
                assert_eq!(answer.expect(201).json()["title"], title.trim());
            }
        });
    }
    matrix.finish();
}
