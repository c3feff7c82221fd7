//! The refusals that every route has, as far as its description names them.

use serde_json::{Value, json};
use ticketing_tests::{Client, Person, Request, described::Operation, http::Content};

use super::judge::Judge;
use crate::shared::Shared;

const NOTHING: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// What the error table says of every route.
pub(super) fn general(shared: &Shared, judge: &Judge) {
    let admin = shared.admin();
    let anyone = shared.server.client();
    let caller = Person::sign_up(&shared.server, "caller");
    let gone = Person::sign_up(&shared.server, "gone");
    let former = gone.client.twin();
    gone.post("/api/users/signout", &json!({})).expect(200);
    let banned = Person::sign_up(&shared.server, "banned");
    let ban = format!("/api/users/{}/ban", banned.id);
    judge.ask(&admin.client, "PUT", &ban, &json!({"reason": "forged tickets"})).expect(200);

    for operation in judge.described.operations() {
        let codes = judge.described.refusals(&operation);
        let named = |code: &str| codes.iter().any(|(_, named)| named == code);
        let (method, path) = (operation.method.as_str(), target(&operation));
        let for_admins = named("forbidden") && path.contains("/ban")
            || path.ends_with("/refund")
            || path.ends_with("/history")
            || path == "/api/users";
        let asks = if for_admins { &admin } else { &caller };
        let ask = |client: &Client| judge.ask(client, method, &path, &good(&operation));
        if named("unauthenticated") {
            ask(&anyone).problem(401, "unauthenticated");
        }
        if named("session_revoked") {
            ask(&former).problem(401, "session_revoked");
        }
        // Signing in is for those who have no session: there the password tells who is banned.
        if named("account_banned") && named("unauthenticated") {
            ask(&banned.client).problem(403, "account_banned");
        }
        if for_admins {
            ask(&caller.client).problem(403, "forbidden");
        }
        if named("cross_site_request") {
            let from_afar = |client: &Client| {
                judge.ask_with(client, method, &path, |r| r.header("sec-fetch-site", "cross-site"))
            };
            from_afar(&caller.client).problem(403, "cross_site_request");
        }
        if named("not_found") {
            ask(&asks.client).problem(404, "not_found");
        }
        if judge.described.body(&operation).is_some() {
            let json = |body: &'static [u8]| {
                judge.ask_with(&asks.client.twin(), method, &path, |r| r.json_bytes(body))
            };
            json(b"{").problem(400, "malformed_json");
            json(b"1").problem(400, "malformed_body");
            let plain = |body: Vec<u8>| {
                let shape = |r: Request| r.content(Content::Sized(body));
                judge.ask_with(&asks.client.twin(), method, &path, shape)
            };
            plain(b"{}".to_vec()).problem(415, "unsupported_media_type");
            let large = vec![b' '; 64 * 1024 + 1];
            let shape = |r: Request| r.json_bytes(large);
            judge
                .ask_with(&asks.client.twin(), method, &path, shape)
                .problem(413, "payload_too_large");
        }
        if method == "GET" && named("validation_failed") {
            let wrong = format!("{path}?limit=0");
            judge.ask(&asks.client, method, &wrong, &Value::Null).problem(422, "validation_failed");
        }
    }
}

/// Where an operation is about nothing that exists.
fn target(operation: &Operation<'_>) -> String {
    operation.path.replace("{id}", NOTHING).replace("{sid}", NOTHING)
}

/// A body that breaks no rule.
fn good(operation: &Operation<'_>) -> Value {
    match operation.value["operationId"].as_str().unwrap_or_default() {
        "signUp" | "signIn" => {
            json!({"email": "nobody@example.org", "password": "canary-password"})
        }
        "changePassword" => json!({"current": "canary-password", "new": "canary-password-2"}),
        "ban" | "refundOrder" => json!({"reason": "a reason"}),
        "createTicket" | "changeTicket" => json!({"title": "A title", "price": 1}),
        "placeOrder" => json!({"ticketId": NOTHING}),
        "pay" => json!({"orderId": NOTHING, "token": "pm_card_visa"}),
        "confirmPayment" => json!({}),
        _ => Value::Null,
    }
}
