//! The data folder, the address, and servers that settings name.

use std::{
    fs, io,
    net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs},
    path::Path,
    time::Duration,
};

use super::{Checked, settings::Settings};
use crate::readiness::{self, Answer};

/// How long a server may take to be reached.
const TIMEOUT: Duration = Duration::from_secs(3);

pub(crate) const DEFAULT_ADDRESS: &str = "127.0.0.1:3000";
const DEFAULT_DATA: &str = "./data";

pub(super) fn data(settings: &Settings) -> Checked {
    let folder = settings.value("DATA_DIR").unwrap_or(DEFAULT_DATA);
    let folder = settings.root.join(folder.strip_prefix("./").unwrap_or(folder));
    let shown = folder.display();
    let variable = format!("{}DATA_DIR", settings.prefix);
    let mut checked = Checked::well("data", format!("{shown} can be written"));
    match fs::metadata(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            checked.well = format!("{shown} is made at the first start");
        }
        Err(error) => checked.add(
            format!("the data folder {shown} cannot be used: {error}"),
            format!("set {variable}"),
        ),
        Ok(kind) if !kind.is_dir() => {
            checked.add(format!("the data folder {shown} is no folder"), format!("set {variable}"));
        }
        Ok(_) => {
            if let Err(error) = try_write(&folder) {
                checked.add(
                    format!("the data folder {shown} cannot be written: {error}"),
                    format!("chown -R \"$USER\" {shown}, or set {variable}"),
                );
            }
        }
    }
    checked
}

fn try_write(folder: &Path) -> io::Result<()> {
    let probe = folder.join(".doctor");
    let written = fs::write(&probe, "a page of text".repeat(300));
    drop(fs::remove_file(&probe));
    written
}

pub(super) fn address(settings: &Settings) -> Checked {
    let text = settings.value("ADDR").unwrap_or(DEFAULT_ADDRESS);
    let variable = format!("{}ADDR", settings.prefix);
    let mut checked = Checked::well("address", format!("{text} is free"));
    let Ok(address) = text.parse::<SocketAddr>() else {
        checked.add(
            format!("{variable} is `{}`, which is no IP address and port", text.escape_debug()),
            format!("{variable}={DEFAULT_ADDRESS}"),
        );
        return checked;
    };
    match TcpListener::bind(address) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => in_use(&mut checked, address),
        Err(error) => checked.add(
            format!("nobody can listen at {address} ({variable}): {error}"),
            format!("{variable}={DEFAULT_ADDRESS}"),
        ),
    }
    checked
}

/// A run of the project is no finding, unless it says that it is not ready: it has asked its databases
/// and its engine.
fn in_use(checked: &mut Checked, address: SocketAddr) {
    match readiness::ask(&address.to_string()) {
        Ok(Answer { status: 200, .. }) => {
            checked.well = format!("the process at {address} is ready");
        }
        Ok(Answer { status: 503, text }) => {
            let text = format!("the process at {address} is not ready: {text}");
            checked.add(text, "see its log, or end it and: cargo ticketkit dev");
        }
        _ => checked.add(
            format!("{address} is in use by something else"),
            "end what listens there, or listen at 127.0.0.1:0, which picks a free port",
        ),
    }
}

/// Databases and brokers, by the URLs that are set.
pub(super) fn servers(settings: &Settings) -> Checked {
    let mut checked = Checked::well("servers", "none is needed");
    let mut reached = Vec::new();
    for (variable, value) in &settings.values {
        let Some(place) = server(value) else { continue };
        match reach(&place) {
            Ok(()) => reached.push(place),
            Err(error) => checked.add(
                format!("{place} ({variable}) cannot be reached: {error}"),
                "docker compose up --detach, or start it by other means",
            ),
        }
    }
    if !reached.is_empty() {
        checked.well = format!("{} can be reached", reached.join(", "));
    }
    checked
}

/// Host and port of a URL of PostgreSQL or RabbitMQ, and never its password.
fn server(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let port = match scheme {
        "postgres" | "postgresql" => 5432,
        "amqp" => 5672,
        "amqps" => 5671,
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    Some(if has_port { host.to_owned() } else { format!("{host}:{port}") })
}

fn reach(place: &str) -> io::Result<()> {
    let mut last = io::Error::other("the name has no address");
    for address in place.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, TIMEOUT) {
            Ok(_) => return Ok(()),
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::server;

    #[test]
    fn a_server_is_named_without_its_password() {
        for (url, place) in [
            ("postgres://user:canary@db/shop", "db:5432"),
            ("amqp://guest:canary@mq:1234/%2f", "mq:1234"),
            ("amqps://mq", "mq:5671"),
            ("postgres://[::1]/shop", "[::1]:5432"),
        ] {
            assert_eq!(server(url).as_deref(), Some(place));
        }
        assert_eq!(server("http://127.0.0.1:3000"), None);
        assert_eq!(server("./data"), None);
    }
}
