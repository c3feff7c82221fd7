use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::request::Parts,
};
use ticketkit_core::RequestId;
use ticketkit_events::Causation;

/// From where a request came: for the throttle, and for what its events name as their cause.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    address: Option<IpAddr>,
    request: Option<RequestId>,
}

impl Peer {
    /// The address that attempts are counted for. Where the process did not tell it, all requests
    /// count as from one.
    pub(crate) fn address(&self) -> IpAddr {
        self.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
    }

    /// What the events that the request causes are traced by.
    pub(crate) fn causation(&self) -> Causation {
        self.request.map_or_else(Causation::default, |id| Causation::correlated(id.to_string()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // The address of the connection. What a header says of it, anyone can say: whoever puts a
        // proxy in front lets it, and nobody else, tell the client's.
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self {
            address: address.map(|address| address.0.ip().to_canonical()),
            request: parts.extensions.get::<RequestId>().copied(),
        })
    }
}
