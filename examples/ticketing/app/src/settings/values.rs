//! The types of the settings: each says what it allows.

use std::{net::SocketAddr, str::FromStr, time::Duration};

use http::{Uri, uri::Scheme};
use serde::{Deserialize as _, Deserializer, de::Error as _};
use ticketkit_core::chassis::config::Secret;

use crate::service::Service;

/// An address to listen at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address(pub(crate) SocketAddr);

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| {
            "must be an IP address and a port, such as 127.0.0.1:3000 or [::1]:3000 (port 0 picks \
             a free one)"
        })
    }
}

/// The length of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hold(pub(crate) Duration);

impl FromStr for Hold {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(seconds @ 1..=604_800) => Ok(Self(Duration::from_secs(seconds))),
            _ => Err("must be a whole number of seconds from 1 to 604800 (a week)"),
        }
    }
}

/// The time between the request to end and the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DrainDelay(pub(crate) Duration);

impl FromStr for DrainDelay {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(seconds @ 0..=600) => Ok(Self(Duration::from_secs(seconds))),
            _ => Err("must be a whole number of seconds from 0 to 600"),
        }
    }
}

/// Whether failed sign-ins are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Throttle {
    On,
    Off,
}

impl FromStr for Throttle {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => Err("must be `on` or `off`"),
        }
    }
}

/// Whether something dangerous is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Danger(pub(crate) bool);

impl FromStr for Danger {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "yes" => Ok(Self(true)),
            "no" => Ok(Self(false)),
            _ => Err("must be `yes` or `no`"),
        }
    }
}

/// Where a service keeps its rows. It may hold a password, so that no error repeats it.
#[derive(Clone)]
pub(crate) struct DatabaseUrl(pub(crate) String);

impl FromStr for DatabaseUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once("://") {
            Some(("postgres" | "postgresql", rest)) if !rest.is_empty() => {
                Ok(Self(text.to_owned()))
            }
            _ => {
                Err("must be postgres://USER:PASSWORD@HOST:PORT/NAME, or unset for SQLite in the \
                      data folder")
            }
        }
    }
}

impl DatabaseUrl {
    /// Returns the URL of a service's own database: the name with that of the service behind it.
    pub(crate) fn of_service(&self, service: Service) -> String {
        let (base, query) = self.0.split_once('?').unwrap_or((&self.0, ""));
        let scheme = base.find("://").map_or(0, |at| at + 3);
        let (server, name) = match base[scheme..].find('/') {
            Some(at) => base.split_at(scheme + at),
            None => (base, ""),
        };
        let name = match name.trim_matches('/') {
            "" | "postgres" => "ticketing",
            name => name,
        };
        let question = if query.is_empty() { "" } else { "?" };
        format!("{server}/{name}_{service}{question}{query}")
    }
}

/// What carries the events. It may hold a password, so that no error repeats it.
#[derive(Clone)]
pub(crate) struct EventsUrl(pub(crate) String);

impl FromStr for EventsUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once("://") {
            Some(("amqp" | "amqps" | "postgres" | "postgresql", rest)) if !rest.is_empty() => {
                Ok(Self(text.to_owned()))
            }
            _ => Err("must be amqp://USER:PASSWORD@HOST:PORT/VHOST (also amqps://, postgres://), \
                      or unset for a file in the data folder"),
        }
    }
}

macro_rules! hidden {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}

hidden!(DatabaseUrl, EventsUrl);

/// Reads an optional value that no error may repeat; an empty text is none.
pub(super) fn hidden_option<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = &'static str>,
{
    match Secret::deserialize(deserializer)?.expose().trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(D::Error::custom),
    }
}

/// Where another service is reached: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Peer(Uri);

impl Peer {
    pub(crate) const fn uri(&self) -> &Uri {
        &self.0
    }
}

impl std::fmt::Display for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.to_string().trim_end_matches('/'))
    }
}

impl FromStr for Peer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const ALLOWED: &str = "must be http://HOST:PORT, without a path (what encrypts the way \
                               between services stands in front of them)";
        let uri: Uri = text.parse().map_err(|_| ALLOWED)?;
        let plain = uri.scheme() == Some(&Scheme::HTTP)
            && uri.host().is_some_and(|host| !host.is_empty())
            && !uri.authority().is_some_and(|authority| authority.as_str().contains('@'))
            && matches!(uri.path_and_query().map_or("/", |path| path.as_str()), "" | "/");
        if plain { Ok(Self(uri)) } else { Err(ALLOWED) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_has_a_database_of_its_own() {
        for (url, expected) in [
            ("postgres://me@host:5432/shop", "postgres://me@host:5432/shop_orders"),
            (
                "postgres://me@host/shop?sslmode=require",
                "postgres://me@host/shop_orders?sslmode=require",
            ),
            ("postgres://host", "postgres://host/ticketing_orders"),
            ("postgresql://host/", "postgresql://host/ticketing_orders"),
            ("postgres://host/postgres", "postgres://host/ticketing_orders"),
        ] {
            let url: DatabaseUrl = url.parse().unwrap();
            assert_eq!(url.of_service(Service::Orders), expected);
        }
    }

    #[test]
    fn a_peer_is_an_address_without_a_path() {
        let peer: Peer = "http://tickets:3000/".parse().unwrap();
        assert_eq!(peer.to_string(), "http://tickets:3000");
        for text in ["https://a", "http://", "http://a/b", "http://a?b", "http://me@a", "a:1", ""] {
            assert!(text.parse::<Peer>().is_err(), "{text}");
        }
    }
}
