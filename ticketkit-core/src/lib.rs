#![doc = include_str!("docs/crate.md")]

// The derive writes paths that begin with `ticketkit_core`, here too.
extern crate self as ticketkit_core;

pub mod error;
pub mod layer;
pub mod problem;
pub mod request_id;
pub mod trace;

mod code;
mod field;
mod service_error;
mod status;
#[cfg(feature = "axum")]
mod wire;

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "chassis")]
pub mod chassis;

pub use code::{Code, InvalidCode};
pub use field::FieldError;
pub use layer::ErrorLayer;
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
}

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
