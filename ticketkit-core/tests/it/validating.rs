//! `Valid` around each extractor: the order of the refusals, and every broken rule at once.

use axum::{
    Router,
    body::Body,
    extract::FromRef,
    routing::{get, post},
};
use garde::Validate;
use http::Request;
use serde::Deserialize;
use ticketkit_core::{
    ErrorLayer, FieldError,
    axum::{Form, Json, MaybeJson, Path, Query, Valid, ValidWith},
    validation::{self, rule},
};

use crate::support::{Answer, send};

#[derive(Debug, Default, Deserialize, Validate)]
#[serde(rename_all = "camelCase", default)]
struct Order {
    #[garde(length(min = 1))]
    buyer_name: String,
    #[garde(dive)]
    order_lines: Vec<Line>,
    #[garde(custom(no_shouting), ascii)]
    note: String,
}

#[derive(Debug, Default, Deserialize, Validate)]
#[serde(rename_all = "camelCase")]
struct Line {
    #[garde(range(min = 1, max = 10))]
    seat_count: u32,
}

fn no_shouting(note: &str, _: &()) -> garde::Result {
    if note.is_empty() || note.chars().any(char::is_lowercase) {
        return Ok(());
    }
    Err(rule("shouting", "must not shout"))
}

#[derive(Debug, Deserialize, Validate)]
#[serde(rename_all = "camelCase")]
struct Search {
    #[garde(range(min = 1, max = 100))]
    page_size: u32,
    #[garde(length(max = 3))]
    text: String,
}

#[derive(Debug, Deserialize, Validate)]
struct Seat {
    #[garde(range(max = 50))]
    row: u32,
}

#[derive(Clone)]
struct State {
    venue: Venue,
}

#[derive(Clone)]
struct Venue {
    seats: u32,
}

impl FromRef<State> for Venue {
    fn from_ref(state: &State) -> Self {
        state.venue.clone()
    }
}

#[derive(Debug, Deserialize, Validate)]
#[garde(context(Venue))]
struct Sale {
    #[garde(custom(fits))]
    tickets: u32,
}

fn fits(tickets: &u32, venue: &Venue) -> garde::Result {
    if *tickets <= venue.seats { Ok(()) } else { Err(rule("seats", "must fit into the venue")) }
}

fn app() -> Router {
    Router::new()
        .route("/json", post(|Valid(Json(o)): Valid<Json<Order>>| async { o.buyer_name }))
        .route("/maybe", post(|Valid(MaybeJson(o)): Valid<MaybeJson<Order>>| async { o.note }))
        .route("/form", post(|Valid(Form(s)): Valid<Form<Search>>| async { s.text }))
        .route("/query", get(|Valid(Query(s)): Valid<Query<Search>>| async { s.text }))
        .route("/rows/{row}", get(|Valid(Path(s)): Valid<Path<Seat>>| async move { format!("{}", s.row) }))
        .route("/sales", post(|ValidWith(Json(s)): ValidWith<Json<Sale>>| async move { format!("{}", s.tickets) }))
        .route("/sales", get(|ValidWith(Query(s)): ValidWith<Query<Sale>>| async move { format!("{}", s.tickets) }))
        .with_state(State { venue: Venue { seats: 4 } })
        .layer(ErrorLayer::new("tickets"))
}

async fn post_as(path: &str, kind: &str, body: &str) -> Answer {
    let body = body.to_owned();
    send(&app(), Request::post(path).header("content-type", kind), body).await
}

fn told(errors: &[FieldError]) -> Vec<[&str; 4]> {
    fn text<'a>(text: &'a Option<std::borrow::Cow<'static, str>>) -> &'a str {
        text.as_deref().unwrap_or_default()
    }
    let all = errors.iter();
    all.map(|e| [text(&e.field), text(&e.pointer), &*e.message, text(&e.code)]).collect()
}

#[tokio::test]
async fn every_broken_rule_is_told_at_once_with_the_names_of_the_body() {
    let body = r#"{"orderLines": [{"seatCount": 1}, {"seatCount": 11}], "note": "HÄ"}"#;
    let answer = post_as("/json", "application/json", body).await;
    let problem = answer.problem();
    assert_eq!((problem.status, problem.code.as_str()), (422, "validation_failed"));
    assert_eq!(
        told(&problem.errors),
        [
            ["buyerName", "/buyerName", "must not be empty", "length"],
            ["note", "/note", "must not shout", "shouting"],
            ["note", "/note", "must be ASCII text", "ascii"],
            ["orderLines.1.seatCount", "/orderLines/1/seatCount", "must be at most 10", "range"],
        ]
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_before_any_rule() {
    for (path, kind, body, status, code) in [
        ("/json", "text/plain", "{", 415, "unsupported_media_type"),
        ("/json", "application/json", "{", 400, "malformed_json"),
        ("/json", "application/json", r#"{"orderLines": 5}"#, 400, "malformed_body"),
        ("/json", "application/json", "{}", 422, "validation_failed"),
        ("/maybe", "application/json", "{}", 422, "validation_failed"),
        ("/form", "application/json", "pageSize=1", 415, "unsupported_media_type"),
        ("/form", "application/x-www-form-urlencoded", "pageSize=x", 422, "validation_failed"),
    ] {
        let problem = post_as(path, kind, body).await.problem();
        assert_eq!((problem.status, problem.code.as_str()), (status, code), "{path} {body}");
    }
    let long = "a".repeat(ticketkit_core::axum::BODY_LIMIT + 1);
    for (path, kind) in
        [("/json", "application/json"), ("/form", "application/x-www-form-urlencoded")]
    {
        assert_eq!(post_as(path, kind, &long).await.problem().status, 413, "{path}");
    }
    let good = r#"{"buyerName": "Ada"}"#;
    assert_eq!(post_as("/json", "application/json", good).await.text(), "Ada");
    let form = "pageSize=5&text=a%20b";
    let kind = "application/x-www-form-urlencoded; charset=utf-8";
    assert_eq!(post_as("/form", kind, form).await.text(), "a b");
}

#[tokio::test]
async fn a_form_and_a_query_name_their_parameters_without_a_pointer() {
    let expected = [
        ["pageSize", "", "must be at most 100", "range"],
        ["text", "", "must have a length of at most 3", "length"],
    ];
    let values = "pageSize=101&text=long";
    let form = post_as("/form", "application/x-www-form-urlencoded", values).await.problem();
    assert_eq!(told(&form.errors), expected);
    let query = Request::get(format!("/query?{values}"));
    let query = send(&app(), query, Body::empty()).await.problem();
    assert_eq!(told(&query.errors), expected);
    assert_eq!(query.status, 422);
}

#[tokio::test]
async fn a_path_that_breaks_a_rule_leads_nowhere() {
    for (path, status) in
        [("/rows/50", 200), ("/rows/51", 404), ("/rows/x", 404), ("/rows/%ff", 404)]
    {
        let answer = send(&app(), Request::get(path), Body::empty()).await;
        assert_eq!(answer.status, status, "{path}");
        if status != 200 {
            assert_eq!(answer.problem().code.as_str(), "not_found", "{path}");
        }
    }
}

#[tokio::test]
async fn a_rule_can_ask_the_state() {
    assert_eq!(post_as("/sales", "application/json", r#"{"tickets": 4}"#).await.text(), "4");
    let problem = post_as("/sales", "application/json", r#"{"tickets": 5}"#).await.problem();
    assert_eq!(
        told(&problem.errors),
        [["tickets", "/tickets", "must fit into the venue", "seats"]]
    );
    let query = send(&app(), Request::get("/sales?tickets=5"), Body::empty()).await.problem();
    assert_eq!(told(&query.errors), [["tickets", "", "must fit into the venue", "seats"]]);
}

#[test]
fn a_value_that_was_not_read_has_the_names_of_its_fields() {
    let order = Order { order_lines: vec![Line { seat_count: 0 }], ..Order::default() };
    let broken = validation::check(&order).unwrap_err();
    let fields: Vec<_> = broken.errors().iter().map(|e| e.field.as_deref().unwrap()).collect();
    assert_eq!(fields, ["buyer_name", "order_lines.0.seat_count"]);
}

#[test]
fn the_names_in_a_map_are_kept_whatever_they_are_made_of() {
    #[derive(Deserialize, Validate)]
    struct ByDay {
        #[garde(dive)]
        days: std::collections::BTreeMap<String, Line>,
    }
    let days = [("a.b/c~[1]".to_owned(), Line { seat_count: 0 })].into();
    let broken = validation::check_input(&ByDay { days }).unwrap_err();
    assert_eq!(broken.errors()[0].pointer.as_deref(), Some("/days/a.b~1c~0[1]/seatCount"));
}
