//! Ports that nobody uses.

use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    time::Duration,
};

use crate::error::{Result, ResultExt as _};

/// How long a connection to a server on this machine may take to answer.
pub(crate) const ANSWER: Duration = Duration::from_secs(2);

/// Returns `N` different free ports of the loopback address.
///
/// They are free when this returns, and the system does not hand out the same again soon; between
/// this and the server's start another program could still take one, and then the server says so.
pub(crate) fn free<const N: usize>() -> Result<[u16; N]> {
    let mut held = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).or_say("no free port")?;
        *port = listener.local_addr().or_say("no free port")?.port();
        held.push(listener);
    }
    Ok(ports)
}

/// Tells whether somebody listens.
pub(crate) fn connects(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_differ_and_can_be_bound() {
        let [a, b] = free().expect("two ports are free");
        assert_ne!(a, b);
        TcpListener::bind((Ipv4Addr::LOCALHOST, a)).expect("the port is free");
    }
}
