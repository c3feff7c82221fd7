//! The same service with poem, whose endpoints, bodies and errors are no tower's.
//!
//! Two small pieces join the worlds, and can be copied as they are: [`Refused`] carries an error
//! through poem's own, and [`Contract`] puts the layer around an endpoint.
//!
//! ```sh
//! cargo run -p ticketkit-tests-poem --example with_poem
//! curl -i localhost:3000/api/tickets -H 'content-type: application/json' -d '{"title": ""}'
//! ```

use std::{error::Error, fmt, sync::Arc};

use garde::Validate;
use poem::{
    Body, Endpoint, EndpointExt, FromRequest, IntoResponse, Middleware, Request, RequestBody,
    Response, ResponseParts, Route,
    error::{ReadBodyError, ResponseError},
    get, handler,
    http::StatusCode,
    listener::TcpListener,
    post,
};
use serde::{Deserialize, de::DeserializeOwned};
use ticketkit_core::{
    ErrorLayer, ServiceError,
    error::{Internal, PayloadTooLarge, RateLimited, UnsupportedMediaType},
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
}

#[derive(Debug, Deserialize, Validate)]
#[serde(rename_all = "camelCase")]
struct NewTicket {
    #[garde(length(min = 1, max = 200))]
    title: String,
    #[garde(range(min = 1))]
    unit_price: i64,
}

#[handler]
fn create(Valid(ticket): Valid<NewTicket>) -> String {
    let NewTicket { title, unit_price } = ticket;
    format!("{title} for {unit_price}")
}

#[handler]
fn order() -> Result<(), Refused> {
    Err(TicketError::Reserved(7))?
}

#[handler]
fn sign_in() -> Result<(), Refused> {
    Err(RateLimited { retry_after: 30 })?
}

#[handler]
fn report() -> Result<(), Refused> {
    Err(TicketError::from(std::io::Error::other("db-7.internal is gone")))?
}

#[handler]
fn bug() {
    panic!("db-7.internal is gone");
}

/// The routes, with the layer outermost.
pub(crate) fn app() -> impl Endpoint {
    Route::new()
        .at("/api/tickets", post(create))
        .at("/api/tickets/:id/orders", post(order))
        .at("/api/signin", post(sign_in))
        .at("/api/report", get(report))
        .at("/api/bug", get(bug))
        .with(Contract(ErrorLayer::new("tickets")))
}

/// An error of the contract as one of poem's.
#[derive(Debug)]
struct Refused(Box<dyn ServiceError + Send + Sync>);

impl<E: ServiceError + Send + Sync + 'static> From<E> for Refused {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Refused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

impl ResponseError for Refused {
    fn status(&self) -> StatusCode {
        self.0.status().into()
    }

    // Without the layer the answer is a problem all the same.
    fn as_response(&self) -> Response {
        to_poem(respond(&*self.0))
    }
}

/// A JSON body in the order of the contract: 415, 413, 400, 422.
struct Valid<T>(T);

impl<'a, T> FromRequest<'a> for Valid<T>
where
    T: DeserializeOwned + Validate<Context: Default>,
{
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        if !wire::is_json(request.headers()) {
            return Err(refused(UnsupportedMediaType { expected: "application/json" }));
        }
        let bytes = match body.take()?.into_bytes_limit(wire::BODY_LIMIT).await {
            Ok(bytes) => bytes,
            Err(ReadBodyError::PayloadTooLarge) => {
                return Err(refused(PayloadTooLarge { limit: wire::BODY_LIMIT }));
            }
            Err(error) => return Err(refused(Internal::new(error))),
        };
        let value = wire::from_json(&bytes).map_err(refused)?;
        validation::check_input(&value).map_err(refused)?;
        Ok(Self(value))
    }
}

fn refused(error: impl ServiceError + Send + Sync + 'static) -> poem::Error {
    Refused::from(error).into()
}

/// The layer as a middleware of poem.
struct Contract(ErrorLayer);

impl<E: Endpoint + 'static> Middleware<E> for Contract {
    type Output = Kept<E>;

    fn transform(&self, endpoint: E) -> Kept<E> {
        Kept { layer: self.0.clone(), endpoint: Arc::new(endpoint) }
    }
}

struct Kept<E> {
    layer: ErrorLayer,
    endpoint: Arc<E>,
}

impl<E: Endpoint + 'static> Endpoint for Kept<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        // The layer sees the head; poem's request, body and all, goes through as it is.
        let mut head = http::Request::new(());
        *head.method_mut() = request.method().clone();
        *head.uri_mut() = request.uri().clone();
        *head.headers_mut() = request.headers().clone();
        let mut request = Some(request);
        let endpoint = self.endpoint.clone();
        let inner = service_fn(move |head: http::Request<()>| {
            let (endpoint, request) = (endpoint.clone(), request.take());
            async move {
                let mut request = request.ok_or("a request is answered once")?;
                *request.headers_mut() = head.headers().clone();
                request.extensions_mut().extend(head.extensions().clone());
                Ok::<_, Box<dyn Error + Send + Sync>>(answer(&*endpoint, request).await)
            }
        });
        match self.layer.layer(inner).call(head).await {
            Ok(response) => Ok(to_poem(response)),
            Err(never) => match never {},
        }
    }
}

async fn answer(endpoint: &impl Endpoint, request: Request) -> http::Response<Body> {
    let response = match endpoint.call(request).await {
        Ok(response) => response.into_response(),
        Err(error) => match error.downcast::<Refused>() {
            Ok(refused) => return respond(&*refused.0),
            Err(foreign) => foreign.into_response(),
        },
    };
    let (parts, body) = response.into_parts();
    let mut response = http::Response::new(body);
    *response.status_mut() = parts.status;
    *response.headers_mut() = parts.headers;
    *response.extensions_mut() = parts.extensions;
    response
}

fn to_poem(response: http::Response<Body>) -> Response {
    let (http::response::Parts { status, version, headers, extensions, .. }, body) =
        response.into_parts();
    Response::from_parts(ResponseParts { status, version, headers, extensions }, body)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    poem::Server::new(TcpListener::bind("127.0.0.1:3000")).run(app()).await
}
