//! A gRPC service of tonic behind the layers of this crate.
//!
//! ```sh
//! cargo run -p ticketkit-auth --example tonic --features testing
//! ```
//!
//! It calls itself: as nobody, with a forged token, and as a user. What the guard refuses the client
//! sees as a status of gRPC, with the code of the contract as its message.

use std::{convert::Infallible, error::Error, pin::Pin, task};

use ticketkit_auth::{AuthLayer, guard, guard::GuardLayer, testing::TestAuth};
use ticketkit_core::{ErrorLayer, ServiceError as _};
use tokio::net::TcpListener;
use tonic::{
    Code, Request, Response, Status,
    metadata::MetadataValue,
    server::{Grpc, NamedService, UnaryService},
    service::Routes,
    transport::{Channel, Server, server::TcpIncoming},
};
use tonic_prost::ProstCodec;
use tower::Service;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let auth = TestAuth::new();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(serve(listener, auth.layer()));

    let channel = Channel::from_shared(format!("http://{address}"))?.connect().await?;
    let token = auth.token("ada@example.com");
    for token in [None, Some("a.b.c"), Some(token.as_str())] {
        match mine(channel.clone(), token).await {
            Ok(tickets) => println!("tickets of {}", tickets.owner),
            Err(status) => println!("{:?}: {}", status.code(), status.message()),
        }
    }
    Ok(())
}

/// Serves until the process ends.
///
/// The layers are those of any axum router, which the routes of tonic are. The order counts: errors
/// outermost, then who is asking, then who may.
pub(crate) async fn serve(
    listener: TcpListener,
    auth: AuthLayer,
) -> Result<(), tonic::transport::Error> {
    let router = Routes::new(Tickets)
        .into_axum_router()
        .layer(GuardLayer::signed_in())
        .layer(auth)
        .layer(ErrorLayer::new("tickets"));
    let incoming = TcpIncoming::from(listener);
    Server::builder().add_routes(router.into()).serve_with_incoming(incoming).await
}

/// What the service does: `request` is from a user who is signed in.
fn answer(request: &Request<MineRequest>) -> Result<Response<MineReply>, Status> {
    // What depends on the object, such as its owner, goes the same way: `user.require(…)`.
    let user = guard::require(request.extensions())
        .map_err(|error| Status::new(Code::Unauthenticated, error.code().as_str()))?;
    Ok(Response::new(MineReply { owner: user.email().to_owned() }))
}

/// Calls the service.
pub(crate) async fn mine(channel: Channel, token: Option<&str>) -> Result<MineReply, Status> {
    let mut request = Request::new(MineRequest {});
    if let Some(token) = token {
        let bearer = MetadataValue::try_from(format!("Bearer {token}"));
        let bearer = bearer.map_err(|_| Status::new(Code::InvalidArgument, "not a token"))?;
        request.metadata_mut().insert("authorization", bearer);
    }
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.map_err(|error| Status::from_error(error.into()))?;
    let path = http::uri::PathAndQuery::from_static("/tickets.Tickets/Mine");
    let codec = ProstCodec::<MineRequest, MineReply>::default();
    client.unary(request, path, codec).await.map(Response::into_inner)
}

// From here on it is what tonic-build writes for
//
//     service Tickets { rpc Mine (MineRequest) returns (MineReply); }
//
// by hand, so that the example needs no protoc.

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct MineRequest {}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct MineReply {
    #[prost(string, tag = "1")]
    pub(crate) owner: String,
}

#[derive(Clone, Copy)]
struct Tickets;

type Answer<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

impl NamedService for Tickets {
    const NAME: &'static str = "tickets.Tickets";
}

impl UnaryService<MineRequest> for Tickets {
    type Response = MineReply;
    type Future = Answer<Response<MineReply>, Status>;

    fn call(&mut self, request: Request<MineRequest>) -> Self::Future {
        Box::pin(async move { answer(&request) })
    }
}

impl Service<http::Request<tonic::body::Body>> for Tickets {
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = Answer<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> task::Poll<Result<(), Infallible>> {
        task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> Self::Future {
        let service = *self;
        Box::pin(async move {
            Ok(match request.uri().path() {
                "/tickets.Tickets/Mine" => {
                    let mut grpc = Grpc::new(ProstCodec::<MineReply, MineRequest>::default());
                    grpc.unary(service, request).await
                }
                _ => Status::new(Code::Unimplemented, "").into_http(),
            })
        })
    }
}
