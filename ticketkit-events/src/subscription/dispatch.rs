use std::{
    collections::HashMap,
    sync::Arc,
    task::{Context, Poll},
};

use tower_service::Service;

use crate::{BoxError, BoxFuture, Event, EventContext, HandlerError, handler::Handler};

type Erased =
    Arc<dyn Fn(EventContext) -> BoxFuture<'static, Result<(), HandlerError>> + Send + Sync>;

/// Finds the handler of an event by its type: the innermost service.
#[derive(Clone, Default)]
pub(crate) struct Dispatch {
    handlers: Arc<HashMap<&'static str, Erased>>,
}

impl Dispatch {
    /// Adds a handler. A second one for the same type takes the place of the first.
    pub(crate) fn insert<T: 'static, S, H>(&mut self, handler: H, state: S)
    where
        H: Handler<T, S>,
        S: Clone + Send + Sync + 'static,
    {
        let erased: Erased = Arc::new(move |context| {
            let (handler, state) = (handler.clone(), state.clone());
            Box::pin(call(handler, context, state))
        });
        let mut handlers = (*self.handlers).clone();
        handlers.insert(H::Event::SUBJECT, erased);
        self.handlers = Arc::new(handlers);
    }

    pub(crate) fn contains(&self, subject: &str) -> bool {
        self.handlers.contains_key(subject)
    }

    /// Returns the types of events that it has handlers for, sorted.
    pub(crate) fn types(&self) -> Vec<String> {
        let mut types: Vec<_> = self.handlers.keys().map(|&subject| subject.to_owned()).collect();
        types.sort_unstable();
        types
    }
}

async fn call<T, S, H: Handler<T, S>>(
    handler: H,
    context: EventContext,
    state: S,
) -> Result<(), HandlerError> {
    // What does not decode now never will: a newer version needs a newer program.
    let event: H::Event = context.envelope().decode().map_err(HandlerError::permanent)?;
    #[cfg(feature = "sql")]
    if !H::OPENS_TX {
        context.slot().check().await?;
    }
    let result = handler.call(event, context.clone(), state).await;
    // A layer may call again after a failure: that begins with a new transaction.
    #[cfg(feature = "sql")]
    if result.is_err() {
        context.slot().roll_back().await;
    }
    result
}

impl Service<EventContext> for Dispatch {
    type Response = ();
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<(), BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, context: EventContext) -> Self::Future {
        let handler = self.handlers.get(context.envelope().kind.as_str()).cloned();
        Box::pin(async move {
            let result = match handler {
                Some(handler) => handler(context).await,
                None => Err(HandlerError::permanent(format!(
                    "the subscription {:?} has no handler for {:?}",
                    context.subscription(),
                    context.envelope().kind
                ))),
            };
            match result {
                Err(error) if error.decision() == crate::handler::Decision::Handled => Ok(()),
                result => result.map_err(HandlerError::into_boxed),
            }
        })
    }
}
