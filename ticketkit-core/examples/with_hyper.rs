//! The same service with hyper and tower alone: no framework, the same bytes.
//!
//! ```sh
//! cargo run -p ticketkit-core --example with_hyper --features garde,wire
//! curl -i localhost:3000/api/tickets -H 'content-type: application/json' -d '{"title": ""}'
//! ```

use std::{convert::Infallible, error::Error};

use garde::Validate;
use http::{HeaderValue, Request, Response, header::ALLOW};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use serde::{Deserialize, de::DeserializeOwned};
use ticketkit_core::{
    ErrorLayer, ServiceError,
    error::{
        Internal, MethodNotAllowed, NotFound, PayloadTooLarge, RateLimited, UnsupportedMediaType,
        Validation,
    },
    respond, validation, wire,
};
use tower::{Layer, Service, service_fn};

#[derive(Debug, thiserror::Error, ServiceError)]
enum TicketError {
    #[error("ticket {0} is reserved")]
    #[problem(status = 409, code = "ticket_reserved", detail = "Someone else is buying it.")]
    Reserved(u64),
    #[error("cannot read the store")]
    #[problem(internal)]
    Store(#[from] std::io::Error),
    #[error(transparent)]
    #[problem(transparent)]
    MediaType(#[from] UnsupportedMediaType),
    #[error(transparent)]
    #[problem(transparent)]
    TooLarge(#[from] PayloadTooLarge),
    #[error(transparent)]
    #[problem(transparent)]
    Malformed(#[from] wire::JsonError),
    #[error(transparent)]
    #[problem(transparent)]
    Invalid(#[from] Validation),
    #[error(transparent)]
    #[problem(transparent)]
    RateLimited(#[from] RateLimited),
    #[error(transparent)]
    #[problem(transparent)]
    NotFound(#[from] NotFound),
    #[error(transparent)]
    #[problem(transparent)]
    Internal(#[from] Internal),
}

#[derive(Debug, Deserialize, Validate)]
#[serde(rename_all = "camelCase")]
struct NewTicket {
    #[garde(length(min = 1, max = 200))]
    title: String,
    #[garde(range(min = 1))]
    unit_price: i64,
}

/// Reads a body in the order of the contract: 415, 413, 400, 422.
async fn read<T, B>(request: Request<B>) -> Result<T, TicketError>
where
    T: DeserializeOwned + Validate<Context: Default>,
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    if !wire::is_json(request.headers()) {
        return Err(UnsupportedMediaType { expected: "application/json" }.into());
    }
    let bytes = match Limited::new(request.into_body(), wire::BODY_LIMIT).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Err(PayloadTooLarge { limit: wire::BODY_LIMIT }.into());
        }
        Err(error) => return Err(Internal::new(error).into()),
    };
    let value = wire::from_json(&bytes)?;
    validation::check_input(&value)?;
    Ok(value)
}

async fn route<B>(request: Request<B>) -> Result<Response<Full<Bytes>>, TicketError>
where
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    let path = request.uri().path().to_owned();
    match (request.method().as_str(), path.as_str()) {
        ("POST", "/api/tickets") => {
            let ticket: NewTicket = read(request).await?;
            Ok(Response::new(format!("{} for {}", ticket.title, ticket.unit_price).into()))
        }
        (_, "/api/tickets") => {
            let mut response = respond(&MethodNotAllowed);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            Ok(response)
        }
        ("POST", "/api/tickets/7/orders") => Err(TicketError::Reserved(7)),
        ("POST", "/api/signin") => Err(RateLimited { retry_after: 30 }.into()),
        ("GET", "/api/report") => Err(std::io::Error::other("db-7.internal is gone").into()),
        ("GET", "/api/bug") => panic!("db-7.internal is gone"),
        _ => Err(NotFound.into()),
    }
}

/// The service, with the layer outermost.
pub(crate) fn service<B>()
-> impl Service<Request<B>, Response = Response<Full<Bytes>>, Error = Infallible, Future: Send> + Clone
where
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let routes = service_fn(|request| async {
        Ok::<_, Infallible>(route(request).await.unwrap_or_else(|error| respond(&error)))
    });
    ErrorLayer::new("tickets").layer(routes)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service()));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                eprintln!("connection: {error}");
            }
        });
    }
}
