//! What the error layer allocates for a request that succeeds: its id, and nothing else.

use std::{
    convert::Infallible,
    pin::pin,
    task::{Context, Poll, Waker},
};

use allocation_counter::measure;
use http::{Request, Response, header};
use ticketkit_core::{ErrorLayer, respond};
use tower::{Layer, Service, service_fn};

type Answer = Response<Vec<u8>>;

/// A request as a server hands it over: with headers, and with something in its extensions.
fn request() -> Request<()> {
    let mut request = Request::get("/tickets").header(header::HOST, "localhost").body(()).unwrap();
    request.extensions_mut().insert(4711_u32);
    request
}

async fn succeed(_: Request<()>) -> Result<Answer, Infallible> {
    let mut response = Answer::default();
    let text = header::HeaderValue::from_static("text/plain");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    Ok(response)
}

fn allocations(mut service: impl Service<Request<()>, Response = Answer>) -> u64 {
    let mut call = |request| {
        let mut future = pin!(service.call(request));
        let poll = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(poll, Poll::Ready(Ok(response)) if !response.headers().is_empty()));
    };
    // The first one on a thread seeds its generator of ids.
    call(request());
    let request = request();
    measure(|| call(request)).count_total
}

#[test]
fn success_costs_the_id_in_the_extensions_and_in_the_header() {
    let bare = allocations(service_fn(succeed));
    let layered = allocations(ErrorLayer::new("tickets").layer(service_fn(succeed)));
    assert_eq!(layered - bare, 2);
}

/// The counter counts: a document is made of more than that.
#[test]
fn failure_costs_more() {
    let fail = |_: Request<()>| async {
        Ok::<Answer, Infallible>(respond(&ticketkit_core::error::NotFound))
    };
    let layered = allocations(ErrorLayer::new("tickets").layer(service_fn(fail)));
    assert!(layered > 2, "{layered}");
}
