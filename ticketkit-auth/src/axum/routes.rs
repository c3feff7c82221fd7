use std::{borrow::Cow, convert::Infallible};

use axum::{
    Router,
    extract::Request,
    handler::Handler,
    response::IntoResponse,
    routing::{MethodFilter, MethodRouter, Route, on},
};
use http::Method;
use tower_layer::Layer;
use tower_service::Service;

use crate::guard::GuardLayer;

/// Whom a route serves.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Everybody, signed in or not.
    Anyone,
    /// Users who are signed in. What of theirs they may touch is for the handler.
    SignedIn,
    /// Users with a role.
    Role(Cow<'static, str>),
}

impl Access {
    /// Users with this role.
    pub fn role(role: impl Into<Cow<'static, str>>) -> Self {
        Self::Role(role.into())
    }
}

/// A route and whom it serves: a row of the matrix of roles and routes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The method.
    pub method: Method,
    /// The template of the path.
    pub path: &'static str,
    /// Whom it serves.
    pub access: Access,
}

/// A router whose routes all say whom they serve: one that says nothing does not compile.
///
/// The guard of a route goes before everything that its handler extracts.
///
/// ```
/// use axum::Router;
/// use ticketkit_auth::{axum::{Access, CurrentUser, Routes}, testing::TestAuth};
///
/// async fn home() -> &'static str { "welcome" }
/// async fn mine(user: CurrentUser) -> String { user.id().to_owned() }
/// async fn all() -> &'static str { "everybody" }
///
/// let routes = Routes::new()
///     .get("/", Access::Anyone, home)
///     .get("/mine", Access::SignedIn, mine)
///     .delete("/users", Access::role("admin"), all);
/// // For a test that asks every route as everybody.
/// assert_eq!(routes.rules().len(), 3);
///
/// let router: Router = routes.into_router().layer(TestAuth::new().layer());
/// ```
///
/// ```compile_fail
/// # async fn home() -> &'static str { "welcome" }
/// ticketkit_auth::axum::Routes::<()>::new().get("/", home);
/// ```
#[derive(Debug)]
#[must_use]
pub struct Routes<S = ()> {
    rules: Vec<Rule>,
    routes: Vec<(&'static str, MethodRouter<S>)>,
}

macro_rules! methods {
    ($($name:ident $method:ident),* $(,)?) => {$(
        #[doc = concat!("Adds a route for `", stringify!($method), "`.")]
        pub fn $name<H, T>(self, path: &'static str, access: Access, handler: H) -> Self
        where
            H: Handler<T, S>,
            T: 'static,
        {
            self.on(Method::$method, MethodFilter::$method, path, access, handler)
        }
    )*};
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// Makes a router without routes.
    pub const fn new() -> Self {
        Self { rules: Vec::new(), routes: Vec::new() }
    }

    methods! {
        get GET,
        post POST,
        put PUT,
        patch PATCH,
        delete DELETE,
    }

    /// Puts a layer around the routes that were added so far, such as
    /// [`CrossSiteLayer`](crate::CrossSiteLayer): outside their guards, and not around answers to
    /// wrong methods.
    pub fn route_layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        for (_, route) in &mut self.routes {
            *route = std::mem::take(route).route_layer(layer.clone());
        }
        self
    }

    /// Adds the routes of another one.
    pub fn merge(mut self, other: Self) -> Self {
        self.rules.extend(other.rules);
        self.routes.extend(other.routes);
        self
    }

    /// Returns whom each route serves.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Returns the router, for an [`AuthLayer`](crate::AuthLayer) around it.
    ///
    /// # Panics
    ///
    /// As axum's: if a path is malformed, or a path and method are there twice.
    pub fn into_router(self) -> Router<S> {
        self.routes
            .into_iter()
            .fold(Router::new(), |router, (path, route)| router.route(path, route))
    }

    fn on<H, T>(
        mut self,
        method: Method,
        filter: MethodFilter,
        path: &'static str,
        access: Access,
        handler: H,
    ) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        let route = on(filter, handler);
        let route = match &access {
            Access::Anyone => route,
            Access::SignedIn => route.route_layer(GuardLayer::signed_in()),
            Access::Role(role) => route.route_layer(GuardLayer::role(role.clone())),
        };
        self.rules.push(Rule { method, path, access });
        self.routes.push((path, route));
        self
    }
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}
