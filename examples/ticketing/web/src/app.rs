//! What all pages share, and how a page is made.

use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, header};
use minijinja::{Value, context};

use crate::{
    assets::Assets, config::WebConfig, error::Error, events::Events, gateway::Gateway,
    render::Templates, visitor::Visitor,
};

/// The state of the router.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) config: WebConfig,
    pub(crate) gateway: Gateway,
    pub(crate) templates: Templates,
    pub(crate) assets: Assets,
    pub(crate) events: Option<Events>,
}

/// What a handler hands out: a page or a redirect, or why there is none.
pub(crate) type Answer = Result<Response, Error>;

impl App {
    /// Renders a page to text; `context` is what its own template needs.
    pub(crate) fn html(
        &self,
        visitor: &Visitor,
        template: &str,
        title: &str,
        context: Value,
    ) -> Result<String, minijinja::Error> {
        let page = visitor.page(title);
        self.templates.render(template, context! { page, ..context })
    }

    /// Renders a page.
    pub(crate) fn page(
        &self,
        visitor: &Visitor,
        template: &str,
        title: &str,
        context: Value,
    ) -> Answer {
        let mut response = Html(self.html(visitor, template, title, context)?).into_response();
        // Nobody's page may come out of a cache after they have signed out.
        let caching = if visitor.user().is_some() { "no-store" } else { "private, no-cache" };
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        Ok(response)
    }

    /// Answers a refused form: with the form again for a browser, else with the problem.
    pub(crate) fn refuse(
        &self,
        error: Error,
        visitor: &Visitor,
        template: &str,
        title: &str,
        context: Value,
    ) -> Error {
        match self.html(visitor, template, title, context) {
            Ok(page) => Error::Form(Box::new(error), page),
            Err(broken) => broken.into(),
        }
    }
}
