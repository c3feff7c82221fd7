//! Signing up, in and out; the account.

use http::Method;
use serde_json::json;

use crate::{
    browser::{get, post, send},
    canned::{id, problem},
    fake::Fake,
};

#[tokio::test]
async fn signing_in_leads_to_where_one_wanted_to_go_and_never_elsewhere() {
    let fake = Fake::default();
    let pages = fake.pages();
    for (path, next) in [("/orders", "%2Forders"), ("/tickets/mine", "%2Ftickets%2Fmine")] {
        assert_eq!(get(&pages, path, "").await.location(), format!("/auth/signin?next={next}"));
    }
    let form = "email=buyer%40example.com&password=correct+horse&next=";
    for (next, to) in [
        ("%2Forders", "/orders"),
        ("", "/"),
        ("//evil.example", "/"),
        ("/%5Cevil.example", "/"),
        ("https://evil.example", "/"),
    ] {
        let answer = post(&pages, "/auth/signin", "", &format!("{form}{next}")).await;
        assert_eq!(answer.location(), to);
        assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 2);
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let call = &fake.calls(&Method::POST, "/api/users/signin")[0];
    assert_eq!(call.body, json!({ "email": "buyer@example.com", "password": "correct horse" }));
    assert_eq!(get(&pages, "/auth/signin?next=/orders", "buyer").await.location(), "/orders");
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field() {
    let fake = Fake::default();
    let errors = [("email", "must be an e-mail address"), ("password", "must have 8 characters")];
    let body = problem(422, "validation_failed", &errors);
    fake.on(Method::POST, "/api/users/signup", 422, body);
    let pages = fake.pages();
    let form = "email=no%22pe&password=hunter22";
    let page = post(&pages, "/auth/signup", "", form).await;
    assert_eq!(page.status, 422);
    page.has("<p class=\"error\" id=\"field-email-error\">Must be an e-mail address.</p>")
        .has("<p class=\"error\" id=\"field-password-error\">Must have 8 characters.</p>")
        .has("aria-describedby=\"field-email-error\"")
        .has("aria-describedby=\"field-password-error field-password-hint\"")
        .has("value=\"no&quot;pe\"")
        .lacks("hunter22");
    assert_eq!(page.between("aria-invalid=\"true\"", ">").len(), 2);

    fake.refuse(Method::POST, "/api/users/signup", 409, "email_in_use");
    let page = post(&pages, "/auth/signup", "", form).await;
    assert_eq!(page.status, 409);
    page.has("id=\"field-email-error\"");

    let json = send(&pages, "POST", "/auth/signup", "", form, &[("accept", "*/*")]).await;
    assert_eq!(json.status, 409);
    assert_eq!(json.header("content-type"), "application/problem+json");
    json.has("\"code\":\"email_in_use\"").has("\"service\":\"fake\"");
}

#[tokio::test]
async fn a_refused_sign_in_keeps_the_way_back() {
    let fake = Fake::default();
    fake.refuse(Method::POST, "/api/users/signin", 401, "invalid_credentials");
    let pages = fake.pages();
    let page =
        post(&pages, "/auth/signin", "", "email=a%40b.c&password=wrong-one&next=/orders").await;
    assert_eq!(page.status, 401);
    page.has("The e-mail address or the password is not right.")
        .has("name=\"next\" value=\"/orders\"")
        .has("value=\"a@b.c\"")
        .lacks("wrong-one");
    fake.refuse(Method::POST, "/api/users/signin", 429, "rate_limited");
    assert_eq!(post(&pages, "/auth/signin", "", "email=a&password=b").await.status, 429);
}

#[tokio::test]
async fn signing_out_is_asked_for_and_then_done() {
    let fake = Fake::default();
    let pages = fake.pages();
    get(&pages, "/auth/signout", "buyer").await.has("action=\"/auth/signout\"");
    assert!(fake.calls(&Method::POST, "/api/users/signout").is_empty());
    let answer = post(&pages, "/auth/signout", "buyer", "").await;
    assert_eq!(answer.location(), "/?done=signed-out");
    assert_eq!(fake.calls(&Method::POST, "/api/users/signout").len(), 1);
}

#[tokio::test]
async fn a_wrong_present_password_is_told_beside_it() {
    let fake = Fake::default();
    fake.refuse(Method::PUT, "/api/users/password", 401, "invalid_credentials");
    let form = "current=wrong-one&new=another-one";
    let page = post(&fake.pages(), "/account/password", "buyer", form).await;
    assert_eq!(page.status, 401);
    page.has("id=\"field-current-error\"").lacks("wrong-one").lacks("another-one");
}

#[tokio::test]
async fn a_session_is_ended_by_its_id() {
    let fake = Fake::default();
    let pages = fake.pages();
    let page = get(&pages, "/account", "buyer").await;
    page.has("Safari on iPhone").has("This one");
    let answer = post(&pages, "/account/sessions", "buyer", &format!("sid={}", id(401))).await;
    assert_eq!(answer.location(), "/account?done=session-ended");
    let path = format!("/api/users/sessions/{}", id(401));
    assert_eq!(fake.calls(&Method::DELETE, &path).len(), 1);
    assert_eq!(post(&pages, "/account/sessions", "buyer", "sid=../../x").await.status, 404);
}
