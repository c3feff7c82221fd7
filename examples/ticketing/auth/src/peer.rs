use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::{header, request::Parts};
use ticketkit_auth::session::Device;
use ticketkit_core::RequestId;
use ticketkit_events::Causation;

/// The longest part of a user agent that is kept, in characters.
const LONGEST_USER_AGENT: usize = 200;

/// From where a request came: for the throttle, the audit, and the list of sessions.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    address: Option<IpAddr>,
    user_agent: Option<String>,
    request: Option<RequestId>,
}

impl Peer {
    /// The address that attempts are counted for. Where the process did not tell it, all requests
    /// count as from one.
    pub(crate) fn address(&self) -> IpAddr {
        self.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
    }

    pub(crate) fn address_text(&self) -> Option<String> {
        self.address.map(|address| address.to_string())
    }

    /// What the user reads in the list of sessions.
    pub(crate) fn device(&self) -> Device {
        Device { user_agent: self.user_agent.clone(), address: self.address_text() }
    }

    /// What the events that the request causes are traced by.
    pub(crate) fn causation(&self) -> Causation {
        self.request.map_or_else(Causation::default, |id| Causation::correlated(id.to_string()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // The address of the connection. What a header says of it, anyone can say.
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self {
            address: address.map(|address| address.0.ip().to_canonical()),
            user_agent: parts.headers.get(header::USER_AGENT).and_then(|v| clean(v.as_bytes())),
            request: parts.extensions.get::<RequestId>().copied(),
        })
    }
}

/// What people will read in a list: one line, not long.
fn clean(user_agent: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(user_agent);
    let line: String = text.chars().filter(|c| !c.is_control()).take(LONGEST_USER_AGENT).collect();
    let line = line.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn user_agents_are_one_line_and_not_long() {
        assert_eq!(clean(b" Firefox/1\t\x7f "), Some("Firefox/1".to_owned()));
        assert_eq!(clean(b"\xff"), Some("\u{fffd}".to_owned()));
        assert_eq!(clean(" \t".as_bytes()), None);
        assert_eq!(clean("ü".repeat(500).as_bytes()).map(|text| text.chars().count()), Some(200));
    }
}
