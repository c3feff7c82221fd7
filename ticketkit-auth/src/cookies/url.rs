use std::net::{Ipv4Addr, Ipv6Addr};

/// The scheme, host and port of a URL: lower case, the port always there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    pub(crate) https: bool,
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Origin {
    /// Reads the origin of an http or https URL; what follows the authority does not matter.
    pub(crate) fn of_url(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = rest.split(['/', '?', '#']).next()?;
        Self::of_authority(https, authority)
    }

    /// Reads what an `Origin` header says: an origin and nothing behind it.
    pub(crate) fn of_header(value: &str) -> Option<Self> {
        let (_, rest) = value.split_once("://")?;
        if rest.contains(['/', '?', '#']) { None } else { Self::of_url(value) }
    }

    /// Reads what a `Host` header says.
    pub(crate) fn of_authority(https: bool, authority: &str) -> Option<Self> {
        let default = if https { 443 } else { 80 };
        // `[::1]:3000` has colons in the host.
        let end_of_host = authority.rfind(']').map_or(0, |at| at + 1);
        let (host, port) = match authority[end_of_host..].rfind(':') {
            Some(at) => {
                let (host, port) = authority.split_at(end_of_host + at);
                // `parse` alone would read `+80` too.
                let digits = Some(&port[1..]).filter(|port| !port.starts_with('+'))?;
                (host, digits.parse().ok()?)
            }
            None => (authority, default),
        };
        let well_formed = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
        if host.is_empty() || !host.chars().all(well_formed) {
            return None;
        }
        Some(Self { https, host: host.to_ascii_lowercase(), port })
    }

    /// Tells whether only this machine is reached by it.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || host.ends_with(".localhost")
            || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
            || host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn default_ports_are_filled_in() {
        assert_eq!(Origin::of_url("https://a.example/x"), Origin::of_url("HTTPS://A.example:443"));
        assert_ne!(Origin::of_url("http://a.example"), Origin::of_url("https://a.example"));
    }

    #[test]
    fn loopback_is_told_from_names_that_look_like_it() {
        for url in [
            "http://127.0.0.1:3000",
            "http://[::1]:3000",
            "http://localhost",
            "http://app.localhost",
        ] {
            assert!(Origin::of_url(url).is_some_and(|origin| origin.is_loopback()), "{url}");
        }
        for url in ["http://127.0.0.1.example", "http://localhost.example", "http://10.0.0.1"] {
            assert!(Origin::of_url(url).is_some_and(|origin| !origin.is_loopback()), "{url}");
        }
    }

    #[test]
    fn what_is_no_origin_is_none() {
        for value in [
            "null",
            "",
            "https://",
            "ftp://a",
            "https://a/b",
            "https://a:99999",
            "https://a:+443",
            "https://u@a",
            "https://a b",
        ] {
            assert_eq!(Origin::of_header(value), None, "{value}");
        }
    }
}
