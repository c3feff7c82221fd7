//! The web part as the process sees it.

use std::sync::Arc;

use axum::Router;

use crate::{
    app::App, assets::Assets, config::WebConfig, events::Events, gateway::Gateway,
    render::Templates, router,
};

/// The pages.
///
/// ```
/// use axum::Router;
/// use ticketkit_auth::CookiePolicy;
/// use ticketing_web::{Gateway, WebConfig, WebService};
///
/// let services = Router::new(); // everything below `/api`
/// let config = WebConfig::new(CookiePolicy::for_url("http://127.0.0.1:3000")?);
/// let pages: Router = WebService::new(config, Gateway::new(services))?.router();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct WebService {
    config: WebConfig,
    gateway: Gateway,
    assets: Assets,
    templates: Templates,
    events: Option<Events>,
}

/// A template does not compile.
#[derive(Debug, thiserror::Error)]
#[error("a page's template does not compile")]
pub struct TemplateError(#[from] minijinja::Error);

impl WebService {
    /// Makes the pages in front of services.
    ///
    /// # Errors
    ///
    /// If a template does not compile.
    pub fn new(config: WebConfig, gateway: Gateway) -> Result<Self, TemplateError> {
        let assets = Assets::new();
        let templates = Templates::new(&assets)?;
        Ok(Self { config, gateway, assets, templates, events: None })
    }

    /// Lets administrators look into the event engine.
    #[must_use]
    pub fn with_events(mut self, events: Events) -> Self {
        self.events = Some(events);
        self
    }

    /// The router of all pages: complete with error pages, session upkeep and security headers.
    ///
    /// It answers every path, so it is the fallback of a router that also has the APIs.
    pub fn router(self) -> Router {
        let Self { config, gateway, assets, templates, events } = self;
        router::router(Arc::new(App { config, gateway, templates, assets, events }))
    }
}
