use super::FromContext;
use crate::{BoxFuture, Event, EventContext, HandlerError};

/// A handler: an async function of an event and extractors.
///
/// Implemented for functions and closures
/// `async fn(E, A1, …, A6) -> Result<(), HandlerError>`, where `E` is an
/// [`Event`] and each `A` implements [`FromContext<S>`](FromContext). `T` stands
/// for the argument types and is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event handler",
    label = "not `async fn(event, extractors…) -> Result<(), HandlerError>` for the state `{S}`",
    note = "the first argument is the event, by value, and its type derives `Event`",
    note = "up to six extractors follow: `State<{S}>`, `Meta`, `Envelope`, `Tx`; the state must be what `.with_state` was given",
    note = "the function is async, its future is `Send`, and it returns `Result<(), HandlerError>`"
)]
pub trait Handler<T, S>: Clone + Send + Sync + 'static {
    /// The event that it handles.
    type Event: Event;

    /// Whether it opens a transaction by an extractor.
    const OPENS_TX: bool;

    /// Calls it for an event.
    fn call(
        self,
        event: Self::Event,
        context: EventContext,
        state: S,
    ) -> BoxFuture<'static, Result<(), HandlerError>>;
}

macro_rules! handler {
    ($($extractor:ident $value:ident),*) => {
        impl<F, Fut, S, E, $($extractor),*> Handler<(E, $($extractor,)*), S> for F
        where
            F: FnOnce(E, $($extractor),*) -> Fut + Clone + Send + Sync + 'static,
            Fut: Future<Output = Result<(), HandlerError>> + Send + 'static,
            S: Send + Sync + 'static,
            E: Event,
            $($extractor: FromContext<S> + Send + 'static,)*
        {
            type Event = E;

            const OPENS_TX: bool = false $(|| $extractor::OPENS_TX)*;

            fn call(
                self,
                event: E,
                context: EventContext,
                state: S,
            ) -> BoxFuture<'static, Result<(), HandlerError>> {
                Box::pin(async move {
                    // Not used by a handler of the event alone.
                    let _ = (&context, &state);
                    $(let $value = $extractor::from_context(&context, &state).await?;)*
                    self(event, $($value),*).await
                })
            }
        }
    };
}

handler!();
handler!(A1 a1);
handler!(A1 a1, A2 a2);
handler!(A1 a1, A2 a2, A3 a3);
handler!(A1 a1, A2 a2, A3 a3, A4 a4);
handler!(A1 a1, A2 a2, A3 a3, A4 a4, A5 a5);
handler!(A1 a1, A2 a2, A3 a3, A4 a4, A5 a5, A6 a6);
