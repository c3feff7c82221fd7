//! The judge can fail: a good answer passes, and each damaged one does not.

use serde_json::{Value, json};

use super::faults;
use crate::http::{Head, Request, Response};

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn headers() -> Vec<(&'static str, &'static str)> {
    vec![
        ("content-type", "application/problem+json"),
        ("cache-control", "no-store"),
        ("x-request-id", ID),
    ]
}

fn document() -> Value {
    json!({
        "type": "https://ticketkit.dev/problems/not-found", "title": "Not found", "status": 404,
        "code": "not_found", "service": "tickets", "instance": format!("urn:uuid:{ID}"),
        "errors": [{"message": "no such ticket"}],
    })
}

fn judge(status: u16, headers: &[(&str, &str)], body: &Value) -> Vec<String> {
    let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let head = Head { status, continued: false, headers };
    let response = Response { head, body: body.to_string().into(), question: String::new() };
    faults(&Request::get("/api/tickets/x"), &response, &["canary".to_owned()])
}

#[test]
fn a_good_answer_passes() {
    assert_eq!(judge(404, &headers(), &document()), Vec::<String>::new());
}

#[test]
fn each_damaged_member_is_found() {
    let damage = [
        ("type", json!("https://ticketkit.dev/problems/not_found")),
        ("title", json!("")),
        ("status", json!(400)),
        ("code", json!("Not-Found")),
        ("service", json!("broker")),
        ("instance", json!(ID)),
        ("detail", json!(null)),
        ("detail", json!("canary")),
        ("detail", json!("at store/mod.rs:12")),
        ("trace_id", json!(7)),
        ("errors", json!([])),
        ("errors", json!([{"field": "title"}])),
        ("errors", json!([{"message": ""}])),
        ("errors", json!([{"message": "m", "pointer": "title"}])),
        ("errors", json!([{"message": "m", "source": "s"}])),
        ("stack", json!("…")),
    ];
    for (name, value) in damage {
        let mut body = document();
        body[name] = value.clone();
        assert!(!judge(404, &headers(), &body).is_empty(), "{name} = {value} passed");
    }
}

#[test]
fn each_missing_member_is_found() {
    for name in ["type", "title", "status", "code", "service", "instance", "errors"] {
        let mut body = document();
        body.as_object_mut().and_then(|body| body.remove(name)).expect("a member");
        assert!(!judge(404, &headers(), &body).is_empty(), "passed without {name}");
    }
}

#[test]
fn headers_are_judged() {
    for name in ["content-type", "cache-control", "x-request-id"] {
        let mut headers = headers();
        headers.retain(|(own, _)| *own != name);
        assert!(!judge(404, &headers, &document()).is_empty(), "passed without {name}");
    }
    let twice = [headers(), vec![("x-request-id", ID)]].concat();
    assert!(!judge(404, &twice, &document()).is_empty(), "two request ids passed");
    let cookie = [("x-request-id", ID), ("set-cookie", "a=b")];
    assert!(!judge(200, &cookie, &json!({})).is_empty(), "a cookie without no-store passed");
    let mut body = document();
    body["status"] = json!(405);
    assert!(!judge(405, &headers(), &body).is_empty(), "405 without Allow passed");
}
