//! Which page is where.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, Request, State},
    handler::Handler,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use ticketkit_auth::CrossSiteLayer;
use ticketkit_core::{
    ErrorLayer,
    error::{NotFound, Timeout},
};

use crate::{
    app::{Answer, App},
    assets::Assets,
    error_pages, headers,
    pages::{account, admin_events, admin_users, entry, home, orders, payments, tickets},
    visitor::Visitor,
};

/// The longest form that is read, in bytes.
const MAX_FORM: usize = 64 * 1024;

/// As many calls to services, one after another, as a page makes at most.
const CALLS: u32 = 3;

type Routes = MethodRouter<Arc<App>>;

pub(crate) fn router(app: Arc<App>) -> Router {
    let assets = app.assets.clone();
    // What another site sends is refused before anything of it is looked at. Signed out, too: a
    // form of another site could sign its reader in as somebody else.
    let cross_site = CrossSiteLayer::new(app.config.cookies.clone()).always();
    let form = |routes: Routes| routes.route_layer(cross_site.clone());
    Router::new()
        .route("/", get(home::show))
        .route("/auth/signup", form(get(entry::sign_up_form).post(entry::sign_up)))
        .route("/auth/signin", form(get(entry::sign_in_form).post(entry::sign_in)))
        .route("/auth/signout", form(get(entry::sign_out_form).post(entry::sign_out)))
        .route("/account", get(account::show))
        .route("/account/password", form(post(account::change_password)))
        .route("/account/sessions", form(post(account::end_session)))
        .route("/tickets/new", form(get(tickets::new_form).post(tickets::create)))
        .route("/tickets/mine", get(tickets::mine))
        .route("/tickets/{id}", form(get(tickets::show).post(tickets::change)))
        .route("/tickets/{id}/withdraw", form(post(tickets::withdraw)))
        .route("/orders", form(get(orders::list).post(orders::buy)))
        .route("/orders/{id}", get(orders::show))
        .route("/orders/{id}/pay", form(get(orders::back).post(payments::pay)))
        .route("/orders/{id}/confirm", form(get(orders::back).post(payments::confirm)))
        .route("/orders/{id}/cancel", form(get(orders::back).post(orders::cancel)))
        .route("/orders/{id}/refund", form(get(orders::back).post(orders::refund)))
        .route("/admin/users", get(admin_users::show))
        .route("/admin/users/{id}", get(admin_users::history))
        .route("/admin/users/{id}/ban", form(post(admin_users::ban)))
        .route("/admin/users/{id}/lift", form(post(admin_users::lift)))
        .route("/admin/events", get(admin_events::show))
        .route("/admin/events/redrive", form(post(admin_events::redrive)))
        .route("/admin/events/discard", form(post(admin_events::discard)))
        .route("/admin/events/{subscription}/{id}", get(admin_events::inspect))
        .fallback(nothing.layer(ErrorLayer::new(app.config.process)))
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .layer(from_fn_with_state(app.clone(), in_time))
        .layer(ErrorLayer::new("web"))
        .layer(from_fn_with_state(app.clone(), error_pages::serve))
        .with_state(app.clone())
        .merge(embedded(assets))
        .layer(from_fn_with_state(app, headers::secure))
}

/// Gives a request up that takes longer than the calls of a page may take together, such as one
/// whose form never ends.
async fn in_time(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let limit = app.config.timeout * CALLS;
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Timeout.into_response(),
    }
}

fn embedded(assets: Assets) -> Router {
    Router::new()
        .route("/assets/{hash}/{name}", get(serve))
        .layer(ErrorLayer::new("web"))
        .with_state(assets)
}

async fn serve(State(assets): State<Assets>, path: Path<(String, String)>) -> Answer {
    assets.serve(path)
}

/// No page here. Who asks is looked up for the header of the page that says so.
async fn nothing(_: Visitor) -> Answer {
    Err(NotFound.into())
}
