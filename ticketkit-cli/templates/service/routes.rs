{% if service.resources %}
//! `{{ service.path }}`{% if project.auth %}: for those who are signed in; who made a thing may change it{% endif %}.
//!
//! The order of a handler's arguments is the order of the checks: {% if project.auth %}who is asking, then {% endif %}the body, then
//! the object, {% if project.auth %}whose it is, {% endif %}its version.

{% for resource in service.resources %}
mod {{ resource.snake }};
{% endfor %}

use axum::Router;
use serde::Deserialize;
{% if project.auth %}
use {{ project.snake }}_contracts::UserId;
use ticketkit_auth::{AuthError, CrossSiteLayer, User, axum::Routes};
{% endif %}

use crate::app::App;

/// Makes the routes of the service, {% if project.auth %}each with whom it serves{% else %}without their layers{% endif %}.
{% if project.auth %}
pub(crate) fn router(app: App, cross_site: &CrossSiteLayer) -> Router {
{% else %}
pub(crate) fn router(app: App) -> Router {
{% endif %}
{% if project.auth %}
    let routes = Routes::new();
{% for resource in service.resources %}
    let routes =↵ routes.merge({{ resource.snake }}::routes(cross_site));
{% endfor %}
    routes.into_router().with_state(app)
{% else %}
    let routes = Router::new();
{% for resource in service.resources %}
    let routes =↵ routes.merge({{ resource.snake }}::router());
{% endfor %}
    routes.with_state(app)
{% endif %}
}

/// Which part of a list is asked for.
#[derive(Debug, Deserialize)]
struct PageQuery {
    after: Option<String>,
    limit: Option<String>,
}
{% if project.auth %}

/// Returns the id of a user, which tokens carry as text.
fn id_of(user: &User) -> Result<UserId, AuthError> {
    user.id().parse().map_err(|_| AuthError::Unauthenticated)
}
{% endif %}
{% else %}
//! `{{ service.path }}`: there is nothing to ask for yet but what runs here.

{% if project.auth %}
use axum::Router;
{% else %}
use axum::{Router, routing::get};
{% endif %}
use serde::Serialize;
{% if project.auth %}
use ticketkit_auth::axum::{Access, Routes};
{% endif %}
use ticketkit_core::axum::Json;

/// Makes the routes of the service, {% if project.auth %}each with whom it serves{% else %}without their layers{% endif %}.
{% if project.auth %}
pub(crate) fn router() -> Router {
    let routes =↵ Routes::new().get("{{ service.path }}", Access::SignedIn, about);
    routes.into_router()
}
{% else %}
pub(crate) fn router() -> Router {
    Router::new().route("{{ service.path }}", get(about))
}
{% endif %}

/// What runs here.
#[derive(Debug, Serialize)]
struct About {
    service: &'static str,
    version: &'static str,
}

/// `GET {{ service.path }}`
async fn about() -> Json<About> {
    Json(About { service: "{{ service.name }}", version: env!("CARGO_PKG_VERSION") })
}
{% endif %}
