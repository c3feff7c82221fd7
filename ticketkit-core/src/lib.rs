#![doc = include_str!("docs/crate.md")]

// The derive writes paths that begin with `ticketkit_core`, here too.
extern crate self as ticketkit_core;

pub mod catalogue;
pub mod client;
pub mod clock;
pub mod error;
pub mod layer;
pub mod problem;
pub mod request_id;
pub mod trace;

mod code;
mod field;
mod log_level;
mod service_error;
mod shown;
mod status;

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "chassis")]
pub mod chassis;
#[cfg(feature = "garde")]
pub mod validation;
#[cfg(feature = "wire")]
pub mod wire;

pub use code::{Code, InvalidCode};
pub use field::FieldError;
pub use layer::ErrorLayer;
pub use log_level::LogLevel;
pub use problem::{Problem, respond};
pub use request_id::RequestId;
pub use service_error::ServiceError;
pub use status::ErrorStatus;
pub use ticketkit_macros::ServiceError;

/// Not part of the public interface: what the derive's output refers to.
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "axum")]
    pub use ::axum::response::{IntoResponse, Response};
    pub use http;

    pub use crate::shown::{ErrorShown, Shown, ValueShown, may_be_shown};

    /// Inserts a header of an error; a value that no header can have is left out.
    pub fn insert_header(
        headers: &mut http::HeaderMap,
        name: http::HeaderName,
        value: &(impl std::fmt::Display + ?Sized),
    ) {
        match http::HeaderValue::try_from(value.to_string()) {
            Ok(value) => _ = headers.insert(name, value),
            Err(_) => tracing::warn!(
                target: crate::log_level::TARGET, %name, "a header of an error has no valid value"
            ),
        }
    }

    /// Compiles if the field may stand in a text that clients read.
    #[macro_export]
    #[doc(hidden)]
    macro_rules! __shown_to_clients {
        ($field:ident) => {{
            #[allow(unused_imports, reason = "which of the two is used depends on the field")]
            use $crate::__private::{ErrorShown as _, ValueShown as _};
            $crate::__private::may_be_shown((&$crate::__private::Shown($field)).kind());
        }};
    }
    #[cfg(feature = "openapi")]
    pub use utoipa;

    /// Implements axum's `IntoResponse` for a derived error where the feature `axum` is on.
    #[cfg(feature = "axum")]
    #[macro_export]
    #[doc(hidden)]
    macro_rules! __into_response {
        ([$($generics:tt)*] [$($ty:tt)*] [$($bounds:tt)*]) => {
            impl $($generics)* $crate::__private::IntoResponse for $($ty)* $($bounds)* {
                fn into_response(self) -> $crate::__private::Response {
                    $crate::respond(&self)
                }
            }
        };
    }

    /// Without the feature `axum` there is nothing to implement.
    #[cfg(not(feature = "axum"))]
    #[macro_export]
    #[doc(hidden)]
    macro_rules! __into_response {
        ($($any:tt)*) => {};
    }

    /// Implements utoipa's `IntoResponses` for a derived error where the feature `openapi` is on.
    #[cfg(feature = "openapi")]
    #[macro_export]
    #[doc(hidden)]
    macro_rules! __into_responses {
        ([$($generics:tt)*] [$($ty:tt)*] [$($bounds:tt)*]) => {
            impl $($generics)* $crate::__private::utoipa::IntoResponses for $($ty)* $($bounds)* {
                fn responses() -> ::std::collections::BTreeMap<
                    ::std::string::String,
                    $crate::__private::utoipa::openapi::RefOr<
                        $crate::__private::utoipa::openapi::Response,
                    >,
                > {
                    $crate::catalogue::responses(&<Self as $crate::ServiceError>::entries())
                }
            }
        };
    }

    /// Without the feature `openapi` there is nothing to implement.
    #[cfg(not(feature = "openapi"))]
    #[macro_export]
    #[doc(hidden)]
    macro_rules! __into_responses {
        ($($any:tt)*) => {};
    }
}

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
