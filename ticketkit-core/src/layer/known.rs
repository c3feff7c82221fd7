//! The errors of inner services that say more than that something failed.

use std::{error::Error, sync::Arc};

use crate::{ServiceError, error};

/// Shows what an error says to clients, if it is of the kind that this knows.
pub(super) type Known =
    dyn Fn(&(dyn Error + 'static), &mut dyn FnMut(&dyn ServiceError)) -> bool + Send + Sync;

/// Knows the errors of one type that is a [`ServiceError`] itself.
pub(super) fn of_type<E: ServiceError + 'static>() -> Arc<Known> {
    Arc::new(|error, show| error.downcast_ref::<E>().map(|error| show(error)).is_some())
}

/// Knows the errors of one type by what they are translated to.
pub(super) fn translated<E, T>(to: impl Fn(&E) -> T + Send + Sync + 'static) -> Arc<Known>
where
    E: Error + 'static,
    T: ServiceError,
{
    Arc::new(move |error, show| error.downcast_ref().map(|error| show(&to(error))).is_some())
}

/// Looks for what is known in an error and, from the outside in, in its sources.
pub(super) fn recognise(
    error: &(dyn Error + 'static),
    known: &[Arc<Known>],
    show: &mut dyn FnMut(&dyn ServiceError),
) {
    let chain = || std::iter::successors(Some(error), |error| (*error).source());
    let found = chain().any(|error| known.iter().any(|known| known(error, show)))
        // What this crate brings stands for itself; as a source of something else it may not be
        // what the client is to learn.
        || ready_made(error, show);
    if !found {
        let _ = chain().any(|error| of_layers(error, show));
    }
}

fn ready_made(error: &(dyn Error + 'static), show: &mut dyn FnMut(&dyn ServiceError)) -> bool {
    macro_rules! any_of {
        ($($kind:ty),*) => {
            $(if let Some(error) = error.downcast_ref::<$kind>() { show(error); return true; })*
        };
    }
    any_of!(
        error::NotFound,
        error::MethodNotAllowed,
        error::Forbidden,
        error::StaleVersion,
        error::RateLimited,
        error::Unavailable,
        error::Timeout,
        error::UpstreamFailed,
        error::PayloadTooLarge,
        error::UnsupportedMediaType,
        error::MalformedJson,
        error::MalformedBody,
        error::Validation
    );
    false
}

/// The errors of tower's and tower-http's layers.
fn of_layers(error: &(dyn Error + 'static), show: &mut dyn FnMut(&dyn ServiceError)) -> bool {
    #[cfg(feature = "tower")]
    {
        if error.is::<tower::timeout::error::Elapsed>() {
            show(&error::Timeout);
            return true;
        }
        if error.is::<tower::load_shed::error::Overloaded>() {
            show(&error::Unavailable { retry_after: 1 });
            return true;
        }
        // Of a request's body: the client is slow, not we.
        if error.is::<tower_http::timeout::TimeoutError>() {
            show(&super::failure::Bare(crate::ErrorStatus::REQUEST_TIMEOUT));
            return true;
        }
    }
    #[cfg(any(feature = "axum", feature = "tower"))]
    if error.is::<http_body_util::LengthLimitError>() {
        show(&super::failure::Bare(crate::ErrorStatus::PAYLOAD_TOO_LARGE));
        return true;
    }
    let _ = (error, show);
    false
}
