//! The address of the client behind trusted proxies.
//!
//! A proxy that is trusted appends the address that it saw to `x-forwarded-for`. Read from its end,
//! the first address that is no trusted proxy's is the client's; what stands before it anyone can
//! have written.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
    task::{Context, Poll},
};

use axum::extract::ConnectInfo;
use http::{HeaderMap, Request};
use tower::Service;

const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// A range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differs = network.to_bits() ^ address.to_bits();
                differs.leading_zeros() >= self.prefix
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differs = network.to_bits() ^ address.to_bits();
                differs.leading_zeros() >= self.prefix
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, prefix) =
            text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.trim().parse().map_err(drop)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(longest), |prefix| prefix.trim().parse()).map_err(drop)?;
        if prefix <= longest { Ok(Self { address, prefix }) } else { Err(()) }
    }
}

/// The proxies whose word on a client's address is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Proxies(Vec<Network>);

impl Proxies {
    fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(address))
    }

    /// Returns the address of the client of a connection.
    fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> SocketAddr {
        if !self.trusts(peer.ip()) {
            return peer;
        }
        let lines = headers.get_all(X_FORWARDED_FOR).iter().rev();
        let hops = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.rsplit(','));
        let mut client = peer;
        for hop in hops {
            // Some proxies tell the port too. What is no address ends what can be known.
            let Some(address) = address(hop.trim()) else { return client };
            client = SocketAddr::new(address, 0);
            if !self.trusts(address) {
                return client;
            }
        }
        client
    }
}

fn address(text: &str) -> Option<IpAddr> {
    let parsed = text.parse().ok();
    parsed.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

impl FromStr for Proxies {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case("none") || text.is_empty() {
            return Ok(Self::default());
        }
        let networks = text.split(',').map(|part| part.trim().parse());
        networks.collect::<Result<_, ()>>().map(Self).map_err(|()| {
            "must be addresses and networks between commas, such as 127.0.0.1, 10.0.0.0/8, \
             fd00::/8, or `none`"
        })
    }
}

/// Puts the client's address where the services look for it.
#[derive(Debug, Clone)]
pub(crate) struct Forwarded<S> {
    inner: S,
    proxies: Proxies,
}

impl<S> Forwarded<S> {
    pub(crate) const fn new(inner: S, proxies: Proxies) -> Self {
        Self { inner, proxies }
    }
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for Forwarded<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        if let Some(&ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() {
            let client = self.proxies.client(peer, request.headers());
            request.extensions_mut().insert(ConnectInfo(client));
        }
        self.inner.call(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &str, peer: &str, lines: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(X_FORWARDED_FOR, line.parse().unwrap());
        }
        let proxies: Proxies = proxies.parse().unwrap();
        proxies.client(SocketAddr::new(peer.parse().unwrap(), 9), &headers).ip().to_string()
    }

    #[test]
    fn what_a_stranger_says_of_its_address_does_not_count() {
        assert_eq!(client("none", "10.0.0.1", &["1.1.1.1"]), "10.0.0.1");
        assert_eq!(client("10.0.0.0/8", "11.0.0.1", &["1.1.1.1"]), "11.0.0.1");
    }

    #[test]
    fn the_last_address_that_is_no_proxy_is_the_client() {
        let proxies = "10.0.0.0/8, 192.168.1.7, fd00::/8";
        assert_eq!(client(proxies, "10.1.2.3", &["6.6.6.6, 1.2.3.4"]), "1.2.3.4");
        assert_eq!(client(proxies, "10.1.2.3", &["6.6.6.6", "1.2.3.4, 192.168.1.7"]), "1.2.3.4");
        assert_eq!(client(proxies, "fd00::1", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(client(proxies, "::ffff:10.0.0.1", &["1.2.3.4:80"]), "1.2.3.4");
        assert_eq!(client(proxies, "10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client(proxies, "10.0.0.1", &["1.2.3.4, unknown"]), "10.0.0.1");
        assert_eq!(client(proxies, "10.0.0.1", &["10.0.0.2"]), "10.0.0.2");
    }

    #[test]
    fn networks_are_read_or_refused() {
        for text in ["10.0.0.0/33", "fd00::/129", "1.2.3", "10.0.0.0/x", "10.0.0.1,", "/8"] {
            assert!(text.parse::<Proxies>().is_err(), "{text}");
        }
        assert_eq!("NONE".parse(), Ok(Proxies::default()));
        assert_eq!(client("0.0.0.0/0", "9.9.9.9", &["1.2.3.4"]), "1.2.3.4");
    }
}
