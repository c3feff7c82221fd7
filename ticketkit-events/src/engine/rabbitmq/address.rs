use std::fmt;

use lapin::uri::{AMQPScheme, AMQPUri};

use crate::engine::EngineError;

/// Seconds; a peer that is silent for twice as long is gone.
const HEARTBEAT: u16 = 10;

/// Where the broker is. Its texts show no credentials.
#[derive(Clone)]
pub(super) struct Address {
    uri: AMQPUri,
}

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self, EngineError> {
        let refuse = |what: &str| {
            EngineError::unsupported(format!(
                "the URL of the rabbitmq engine {what}; \
                 allowed is amqp://user:password@host:5672/vhost, or amqps:// for TLS"
            ))
        };
        // What the parser says about it may repeat the password.
        let mut uri: AMQPUri = url.parse().map_err(|_| refuse("does not parse"))?;
        if uri.authority.host.is_empty() {
            return Err(refuse("names no host"));
        }
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        Ok(Self { uri })
    }

    pub(super) fn uri(&self) -> AMQPUri {
        self.uri.clone()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.uri.scheme {
            AMQPScheme::AMQP => "amqp",
            AMQPScheme::AMQPS => "amqps",
        };
        let authority = &self.uri.authority;
        let vhost = self.uri.vhost.replace('/', "%2f");
        write!(f, "{scheme}://{}:{}/{vhost}", authority.host, authority.port)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_never_shown() {
        let address = Address::parse("amqps://alice:s3cret@mq.example:5671/shop").unwrap();
        assert_eq!(address.to_string(), "amqps://mq.example:5671/shop");
        assert_eq!(format!("{address:?}"), "amqps://mq.example:5671/shop");
        let address = Address::parse("amqp://bob:s3cret@mq.example").unwrap();
        assert_eq!(address.to_string(), "amqp://mq.example:5672/%2f");
        for url in ["amqp://alice:s3cret@[broken", "amqp://alice:s3cret@host:port/"] {
            let error = Address::parse(url).unwrap_err();
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }
}
