//! `{{ item.path }}`

{% if project.auth %}
use axum::{
    Extension,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
{% else %}
use axum::{
    Extension, Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
{% endif %}
use {{ project.snake }}_contracts::{{ item.pascal }}Id;
{% if project.auth %}
use ticketkit_auth::{
    CrossSiteLayer, User,
    axum::{Access, CurrentUser, Routes},
};
{% endif %}
use ticketkit_core::{
    RequestId,
    axum::{IfMatch, Json, Page, Paging, PathId, Query, etag},
    error::{NotFound, StaleVersion, Validation},
};
use ticketkit_events::sql::Tx;

{% if project.auth %}
use super::{PageQuery, id_of};
{% else %}
use super::PageQuery;
{% endif %}
use crate::{
    Error,
    app::App,
    domain::«|{{ item.pascal }}¦{{ item.pascal }}Fields»,
    store::{{ item.plural.snake }},
};

{% if project.auth %}
pub(super) fn routes(cross_site: &CrossSiteLayer) -> Routes<App> {
    // The check goes around what changes something; reading is harmless in whoever's name.
    Routes::new()
        .post("{{ item.path }}", Access::SignedIn, create)
        .put("{{ item.path }}/{id}", Access::SignedIn, update)
        .delete("{{ item.path }}/{id}", Access::SignedIn, delete)
        .route_layer(cross_site.clone())
        .get("{{ item.path }}", Access::SignedIn, list)
        .get("{{ item.path }}/{id}", Access::SignedIn, show)
}
{% else %}
pub(super) fn router() -> Router<App> {
    let all = get(list).post(create);
    let one = get(show).put(update).delete(delete);
    let routes = Router::new().route("{{ item.path }}", all);
    routes.route("{{ item.path }}/{id}", one)
}
{% endif %}

/// `GET {{ item.path }}`
async fn list(«State(app): State<App>¦Query(query): Query<PageQuery>») -> Result<Json<Page<{{ item.pascal }}>>, Error> {
    let mut rules = Validation::default();
    let paging = Paging::check(query.after.as_deref(), query.limit.as_deref(), &mut rules);
    rules.finish()?;
    Ok(Json({{ item.plural.snake }}::page(&app.database, &paging).await?))
}

/// `POST {{ item.path }}`
async fn create(
{% if project.auth %}
    user: CurrentUser,
{% endif %}
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    Json(fields): Json<{{ item.pascal }}Fields>,
) -> Result<impl IntoResponse, Error> {
    let item =↵ {{ item.pascal }}::new({% if project.auth %}id_of(&user)?, {% endif %}fields{% if item.has.rules %}.checked()?{% endif %});
    let mut tx = app.begin(request).await?;
    {{ item.plural.snake }}::insert(&mut tx, &item).await?;
    tx.commit().await?;
    let location =↵ [(header::LOCATION, format!("{{ item.path }}/{}", item.id))];
    Ok((StatusCode::CREATED, location, answer(item)))
}

/// `GET {{ item.path }}/{id}`
async fn show(«State(app): State<App>¦id: PathId<{{ item.pascal }}Id>») -> Result<impl IntoResponse, Error> {
    let item =↵ {{ item.plural.snake }}::find(app.database.reader(), id.parse()?).await?.ok_or(NotFound)?;
    Ok(answer(item))
}

/// `PUT {{ item.path }}/{id}`
async fn update(
{% if project.auth %}
    user: CurrentUser,
{% endif %}
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    id: PathId<{{ item.pascal }}Id>,
    versions: IfMatch,
    Json(fields): Json<{{ item.pascal }}Fields>,
) -> Result<impl IntoResponse, Error> {
{% if item.has.rules %}
    let fields = fields.checked()?;
{% endif %}
    let id = id.parse()?;
    let mut tx = app.begin(request).await?;
    let mut item = wanted(&mut tx, id{% if project.auth %}, &user{% endif %}).await?;
    versions.check(item.version)?;
    item.change(fields);
    if !{{ item.plural.snake }}::update(&mut tx, &item).await? {
        return Err(StaleVersion.into());
    }
    tx.commit().await?;
    Ok(answer(item))
}

/// `DELETE {{ item.path }}/{id}`
async fn delete(
{% if project.auth %}
    user: CurrentUser,
{% endif %}
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    id: PathId<{{ item.pascal }}Id>,
    versions: IfMatch,
) -> Result<StatusCode, Error> {
    let id = id.parse()?;
    let mut tx = app.begin(request).await?;
    let item = wanted(&mut tx, id{% if project.auth %}, &user{% endif %}).await?;
    versions.check(item.version)?;
    if !{{ item.plural.snake }}::delete(&mut tx, &item).await? {
        return Err(StaleVersion.into());
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Finds what {% if project.auth %}its maker{% else %}somebody{% endif %} wants to change.
async fn wanted(«tx: &mut Tx¦id: {{ item.pascal }}Id{% if project.auth %}¦user: &User{% endif %}») -> Result<{{ item.pascal }}, Error> {
    let item =↵ {{ item.plural.snake }}::find(tx.conn(), id).await?.ok_or(NotFound)?;
{% if project.auth %}
    user.require(item.user_id == id_of(user)?)?;
{% endif %}
    Ok(item)
}

/// A single one, with its version as the `ETag`.
fn answer(item: {{ item.pascal }}) -> impl IntoResponse {
    ([etag(item.version)], Json(item))
}
