//! A judge of answers that keeps in mind what it has seen.

use std::collections::BTreeSet;
use std::sync::Mutex;

use serde_json::Value;
use ticketing_tests::{Client, Request, Response, described::Described};

/// An operation, a status, and the code of a refusal.
pub(super) type Outcome = (String, u16, String);

/// Holds every answer against the description.
pub(super) struct Judge {
    pub(super) described: Described,
    seen: Mutex<BTreeSet<Outcome>>,
}

impl Judge {
    pub(super) fn new(described: Described) -> Self {
        Self { described, seen: Mutex::default() }
    }

    /// Asks with a JSON body, or with none.
    #[track_caller]
    pub(super) fn ask(
        &self,
        client: &Client,
        method: &str,
        target: &str,
        body: &Value,
    ) -> Response {
        self.ask_with(client, method, target, |request| {
            if body.is_null() { request } else { request.json(body) }
        })
    }

    #[track_caller]
    pub(super) fn ask_with(
        &self,
        client: &Client,
        method: &str,
        target: &str,
        shape: impl FnOnce(Request) -> Request,
    ) -> Response {
        let answer = client.send(shape(Request::new(method, target)));
        self.judge(method, target, &answer);
        answer
    }

    /// Fails unless the answer is as described.
    #[track_caller]
    fn judge(&self, method: &str, target: &str, answer: &Response) {
        let faults = self.described.faults(method, target, answer);
        assert!(faults.is_empty(), "not as described: {faults:#?}\n{answer:?}");
        let operation = self.described.operation(method, target).expect("described");
        let code = match answer.status() {
            400.. => answer.json()["code"].as_str().unwrap_or_default().to_owned(),
            _ => String::new(),
        };
        let outcome = (format!("{method} {}", operation.path), answer.status(), code);
        self.seen.lock().expect("no panic before").insert(outcome);
    }

    /// What is described and was never answered.
    pub(super) fn unseen(&self) -> BTreeSet<Outcome> {
        let mut unseen = BTreeSet::new();
        for operation in self.described.operations() {
            let name = format!("{} {}", operation.method, operation.path);
            for status in operation.value["responses"].as_object().expect("responses").keys() {
                let status: u16 = status.parse().expect("a status");
                if status < 400 {
                    unseen.insert((name.clone(), status, String::new()));
                }
            }
            for (status, code) in self.described.refusals(&operation) {
                unseen.insert((name.clone(), status, code));
            }
        }
        let seen = self.seen.lock().expect("no panic before");
        unseen.retain(|outcome| !seen.contains(outcome));
        unseen
    }
}
