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
use ticketkit_auth::{AuthError, AuthLayer, CrossSiteLayer, User};
{% endif %}

use crate::app::App;

/// Makes the routes of the service.
{% if project.auth %}
pub(crate) fn router(app: App, auth: AuthLayer, cross_site: &CrossSiteLayer) -> Router {
{% else %}
pub(crate) fn router(app: App) -> Router {
{% endif %}
    let routes = Router::new();
{% for resource in service.resources %}
    let routes = routes.merge({{ resource.snake }}::router({% if project.auth %}cross_site{% endif %}));
{% endfor %}
    routes{% if project.auth %}.layer(auth){% endif %}.with_state(app)
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

use axum::{Router, routing::get};
use serde::Serialize;
{% if project.auth %}
use ticketkit_auth::{AuthLayer, axum::CurrentUser};
{% endif %}
use ticketkit_core::axum::Json;

/// Makes the routes of the service.
pub(crate) fn router({% if project.auth %}auth: AuthLayer{% endif %}) -> Router {
    Router::new().route("{{ service.path }}", get(about)){% if project.auth %}.layer(auth){% endif %}

}

/// What runs here.
#[derive(Debug, Serialize)]
struct About {
    service: &'static str,
    version: &'static str,
}

/// `GET {{ service.path }}`
async fn about({% if project.auth %}_: CurrentUser{% endif %}) -> Json<About> {
    Json(About { service: "{{ service.name }}", version: env!("CARGO_PKG_VERSION") })
}
{% endif %}
