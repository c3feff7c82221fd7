//! People get pages where programs get documents.

use axum::{Router, body::Body, routing::get};
use http::{Request, StatusCode};
use ticketkit_core::{ErrorLayer, layer::Rendered};

use crate::support::send;

fn app() -> Router {
    let form = || async {
        let mut response = axum::response::Html("<form>try again</form>");
        response.0 = "<form>price: too low</form>";
        (StatusCode::UNPROCESSABLE_ENTITY, axum::Extension(Rendered), response)
    };
    Router::new().route("/form", get(form)).layer(
        ErrorLayer::new("web").pages(["/api"], |p| format!("<h1>{} {}</h1>", p.status, p.title)),
    )
}

#[tokio::test]
async fn a_browser_gets_a_page_of_the_same_status() {
    let html = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8";
    let answer = send(&app(), Request::get("/nowhere").header("accept", html), Body::empty()).await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
    assert_eq!(answer.text(), "<h1>404 Not found</h1>");
    assert!(answer.headers.contains_key("x-request-id"));
}

#[tokio::test]
async fn programs_and_the_api_get_the_document() {
    for (path, accept) in [("/nowhere", "*/*"), ("/api", "text/html"), ("/api/x", "text/html")] {
        let request = Request::get(path).header("accept", accept);
        let problem = send(&app(), request, Body::empty()).await.problem();
        assert_eq!(problem.code.as_str(), "not_found", "{path} {accept}");
    }
    let request = Request::get("/apiary").header("accept", "text/html");
    assert!(send(&app(), request, Body::empty()).await.text().starts_with("<h1>"));
}

#[tokio::test]
async fn a_form_that_shows_its_errors_itself_is_left_alone() {
    let answer = send(&app(), Request::get("/form"), Body::empty()).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (422, "<form>price: too low</form>"));
}
