//! The outermost layer: gives each request its client, and browsers pages in place of problems.

use std::sync::Arc;

use axum::{
    body::to_bytes,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use minijinja::context;
use ticketkit_core::{Problem, RequestId, layer::Rendered, problem};

use crate::{
    app::App, error::FormPage, gateway::Client, local_path::LocalPath, visitor::Visitor, words,
};

/// Runs the pages; sets the cookies that the services set meanwhile.
pub(crate) async fn serve(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = RequestId::of(&request);
    request.extensions_mut().insert(id);
    let client =
        Client::new(app.gateway.clone(), app.config.cookies.clone(), app.config.timeout, &request);
    request.extensions_mut().insert(client.clone());
    let asked = Asked {
        html: is_for_people(request.uri().path()) && accepts_html(request.headers()),
        safe: request.method() == Method::GET || request.method() == Method::HEAD,
        path: request.uri().path().to_owned(),
        whole: request.uri().path_and_query().map(ToString::to_string).unwrap_or_default(),
    };

    let mut response = next.run(request).await;
    if asked.html && response.status().as_u16() >= 400 {
        response = page_of(&app, &client, &asked, response).await;
    }
    let cookies = client.fresh_cookies();
    let headers = response.headers_mut();
    if !cookies.is_empty()
        || (client.known_user().is_some() && !headers.contains_key(header::CACHE_CONTROL))
    {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    for cookie in cookies {
        headers.append(header::SET_COOKIE, cookie);
    }
    response
}

struct Asked {
    html: bool,
    safe: bool,
    path: String,
    whole: String,
}

/// Puts a page in the place of a problem document; all else of the response stays.
async fn page_of(app: &App, client: &Client, asked: &Asked, response: Response) -> Response {
    let is_problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(problem::CONTENT_TYPE.as_bytes()));
    if !is_problem {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, problem::MAX_DOCUMENT).await.unwrap_or_default();
    let page = match parts.extensions.remove::<FormPage>() {
        Some(FormPage(page)) => Some(page),
        None if parts.status == StatusCode::UNAUTHORIZED => {
            // The session ended between two calls of one page.
            let back = LocalPath::or_home(if asked.safe { &asked.whole } else { "/" });
            return Redirect::to(&back.sign_in()).into_response();
        }
        None => Problem::parse(&body).ok().and_then(|problem| render(app, client, asked, &problem)),
    };
    let Some(page) = page else {
        return Response::from_parts(parts, body.into());
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    parts.headers.insert(header::CONTENT_TYPE, html);
    // The body is meant as it is, also by a layer of the process around these pages.
    parts.extensions.insert(Rendered);
    Response::from_parts(parts, page.into())
}

fn render(app: &App, client: &Client, asked: &Asked, problem: &Problem) -> Option<String> {
    let title = match problem.status {
        403 if problem.code.as_str() == "account_banned" => "Account suspended",
        403 => "Not allowed",
        404 => "Not found",
        405 => "Not possible",
        429 => "Too many attempts",
        502..=504 => "Not available at the moment",
        500.. => "Something went wrong",
        _ => &problem.title,
    };
    let reference = problem.instance.as_deref().filter(|_| problem.status >= 500);
    let context = context! {
        status => problem.status,
        text => words::of_problem(problem),
        reference => reference.map(|text| text.trim_start_matches("urn:uuid:")),
    };
    let visitor = Visitor::known(client.clone(), &asked.path);
    app.html(&visitor, "error.html", title, context)
        .inspect_err(|error| tracing::error!(%error, "the error page does not render"))
        .ok()
}

/// Tells whether a path is one of pages: programs read the others, whatever they accept.
fn is_for_people(path: &str) -> bool {
    const PREFIXES: [&str; 2] = ["/api", "/.well-known"];
    const OPERATORS: [&str; 5] =
        ["/livez", "/readyz", "/metrics", "/openapi.json", "/asyncapi.json"];
    let below = |prefix: &&str| {
        path.strip_prefix(*prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    !PREFIXES.iter().any(below) && !OPERATORS.contains(&path)
}

/// Tells whether `Accept` names HTML, and does not exclude it. `*/*` alone is no browser.
fn accepts_html(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let html = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("text/html"));
        let excluded = parts
            .filter_map(|part| part.strip_prefix("q="))
            .any(|weight| weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0));
        html && !excluded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_asks_for_html_gets_it() {
        let accepts = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(value));
            accepts_html(&headers)
        };
        assert!(accepts("text/html,application/xhtml+xml,*/*;q=0.8"));
        assert!(accepts("application/json, Text/HTML;q=0.5"));
        for not in ["*/*", "application/json", "text/html;q=0", "text/html; q=0.0", "text/htmlx"] {
            assert!(!accepts(not), "{not}");
        }
        assert!(!accepts_html(&HeaderMap::new()));
    }
}
