//! The derives of TicketKit.
//!
//! Nobody depends on this crate directly: `ticketkit-core` re-exports
//! [`ServiceError`](derive@ServiceError) and [`RemoteError`](derive@RemoteError), and `ticketkit-events` re-exports
//! [`Event`](derive@Event), where the traits are documented.

mod event;
mod remote_error;
mod service_error;
mod settings;

/// Derives `ticketkit_core::ServiceError`; see the trait for the attributes.
#[proc_macro_derive(ServiceError, attributes(problem))]
pub fn derive_service_error(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    service_error::expand(input.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Derives the conversion from `ticketkit_core::client::RemoteError`; see that module.
#[proc_macro_derive(RemoteError, attributes(problem))]
pub fn derive_remote_error(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    remote_error::expand(input.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Derives `ticketkit_events::Event`; see the trait for the attributes.
#[proc_macro_derive(Event, attributes(event))]
pub fn derive_event(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    event::expand(input.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Derives `ticketkit_core::chassis::config::Settings`; see the trait for the attributes.
#[proc_macro_derive(Settings, attributes(setting))]
pub fn derive_settings(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    settings::expand(input.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
