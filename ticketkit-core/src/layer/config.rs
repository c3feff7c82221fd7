#[cfg(feature = "chassis")]
use std::any::Any;
use std::{borrow::Cow, error::Error, fmt, sync::Arc};

use http::{Extensions, HeaderMap, header};
#[cfg(feature = "chassis")]
use http::{Request, Response};
use tower_layer::Layer;

#[cfg(feature = "chassis")]
use super::About;
use super::{
    ErrorService,
    known::{self, Known},
};
#[cfg(feature = "chassis")]
use crate::{ErrorStatus, problem::Report};
use crate::{Problem, ServiceError};

/// Makes one contract of whatever the inner service answers: see the [module](super).
///
/// ```
/// use ticketkit_core::{ErrorLayer, error::Unavailable};
///
/// let layer = ErrorLayer::new("tickets")
///     .type_base("https://tickets.example/problems/")
///     .pages(["/api"], |problem| format!("<h1>{}</h1>", problem.title))
///     .translate(|_: &std::io::Error| Unavailable { retry_after: 2 });
/// # let _ = layer;
/// ```
#[derive(Clone)]
pub struct ErrorLayer(Arc<Settings>);

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) service: Cow<'static, str>,
    pub(crate) type_base: Option<String>,
    pub(super) known: Vec<Arc<Known>>,
    /// Nothing, with room for what the layers and the router of a service put beside the id: else
    /// each request pays for a map that has to grow while it is routed.
    pub(super) room: Extensions,
    pages: Option<Pages>,
}

#[derive(Clone)]
struct Pages {
    not_below: Vec<Cow<'static, str>>,
    render: Arc<dyn Fn(&Problem) -> String + Send + Sync>,
}

impl ErrorLayer {
    /// Makes the layer of a service; the name is the member `service` of its problems.
    pub fn new(service: impl Into<Cow<'static, str>>) -> Self {
        Self(Arc::new(Settings {
            service: service.into(),
            type_base: None,
            known: Vec::new(),
            room: room(),
            pages: None,
        }))
    }

    /// Puts another base before the code in `type`; the default is
    /// [`TYPE_BASE`](crate::problem::TYPE_BASE).
    #[must_use]
    pub fn type_base(self, base: impl Into<String>) -> Self {
        let base = base.into();
        self.change(|settings| settings.type_base = Some(base))
    }

    /// Answers a client that accepts `text/html` with a page of the same status.
    ///
    /// `not_below` lists the path prefixes that always answer with the document, such as `/api`.
    /// `render` gets the complete problem and returns the HTML.
    #[must_use]
    pub fn pages(
        self,
        not_below: impl IntoIterator<Item = &'static str>,
        render: impl Fn(&Problem) -> String + Send + Sync + 'static,
    ) -> Self {
        let not_below = not_below.into_iter().map(Cow::Borrowed).collect();
        self.change(|settings| {
            settings.pages = Some(Pages { not_below, render: Arc::new(render) });
        })
    }

    /// Lets an error of the inner service answer as it says itself, wherever it is among the
    /// sources of what the service returned.
    ///
    /// The errors of [`error`](crate::error) do so by themselves, and with the feature `tower` those
    /// of tower's and tower-http's layers; of all others a client learns 500 `internal`.
    #[must_use]
    pub fn recognise<E: ServiceError + 'static>(self) -> Self {
        self.change(|settings| settings.known.push(known::of_type::<E>()))
    }

    /// Lets an error of the inner service that knows nothing of the contract answer as another.
    ///
    /// ```
    /// use ticketkit_core::{ErrorLayer, error::Unavailable};
    /// # #[derive(Debug, thiserror::Error)]
    /// # #[error("the pool is empty")]
    /// # struct PoolExhausted;
    ///
    /// let layer = ErrorLayer::new("tickets")
    ///     .translate(|_: &PoolExhausted| Unavailable { retry_after: 2 });
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn translate<E, T>(self, to: impl Fn(&E) -> T + Send + Sync + 'static) -> Self
    where
        E: Error + 'static,
        T: ServiceError,
    {
        self.change(|settings| settings.known.push(known::translated(to)))
    }

    /// Answers a request in place of the service.
    #[cfg(feature = "chassis")]
    pub(crate) fn refuse<B>(&self, status: ErrorStatus, cause: String) -> Response<B>
    where
        B: From<Vec<u8>> + Any,
    {
        let mut response = Response::new(B::from(Vec::new()));
        response.extensions_mut().insert(Report::foreign(status, Some(cause.into())));
        About::admit(&mut Request::new(()), &self.0).finish(response)
    }

    fn change(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        // Layers that were cloned from this one, and services behind it, keep what they have.
        change(Arc::make_mut(&mut self.0));
        self
    }
}

/// A map that has held four things keeps its room for seven, in its clones too.
fn room() -> Extensions {
    let mut room = Extensions::new();
    room.insert([0; 1]);
    room.insert([0; 2]);
    room.insert([0; 3]);
    room.insert([0; 4]);
    room.clear();
    room
}

impl Settings {
    /// Tells whether this client reads pages on this path.
    pub(crate) fn wants_page(&self, path: &str, headers: &HeaderMap) -> bool {
        let Some(pages) = &self.pages else { return false };
        let below = |prefix: &str| {
            path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        !pages.not_below.iter().any(|prefix| below(prefix))
            && headers
                .get_all(header::ACCEPT)
                .iter()
                .any(|value| value.to_str().is_ok_and(|value| value.contains("text/html")))
    }

    pub(crate) fn page(&self, problem: &Problem) -> Option<String> {
        self.pages.as_ref().map(|pages| (pages.render)(problem))
    }
}

impl<S> Layer<S> for ErrorLayer {
    type Service = ErrorService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ErrorService::new(inner, self.0.clone())
    }
}

impl fmt::Debug for ErrorLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorLayer")
            .field("service", &self.0.service)
            .field("pages", &self.0.pages.is_some())
            .finish_non_exhaustive()
    }
}
