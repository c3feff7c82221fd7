//! A TCP proxy that cuts and stalls what goes through it.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

#[derive(Default)]
struct Shared {
    streams: Mutex<Vec<TcpStream>>,
    refuses: AtomicBool,
    stalled: Mutex<bool>,
    moved: Condvar,
}

/// In front of a broker; connections through it end when it is dropped.
pub(super) struct Proxy {
    broker: String,
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    pub(super) fn to(broker: &str) -> Self {
        let uri: lapin::uri::AMQPUri = broker.parse().unwrap();
        let target = (uri.authority.host, uri.authority.port);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let state = shared.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if state.refuses.load(Ordering::SeqCst) {
                    continue;
                }
                if let Ok(server) = TcpStream::connect(&target) {
                    state.carry(&client, &server);
                    state.carry(&server, &client);
                }
            }
        });
        Self { broker: broker.to_owned(), address, shared }
    }

    /// Returns the address of the broker by way of the proxy.
    pub(super) fn url(&self) -> String {
        let uri: lapin::uri::AMQPUri = self.broker.parse().unwrap();
        let (user, vhost) = (&uri.authority.userinfo, uri.vhost.replace('/', "%2f"));
        format!("amqp://{}:{}@{}/{vhost}", user.username, user.password, self.address)
    }

    /// Ends all connections.
    pub(super) fn cut(&self) {
        for stream in self.shared.streams.lock().unwrap().drain(..) {
            // It may have ended by itself.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Takes no connections while it is on.
    pub(super) fn refuse(&self, on: bool) {
        self.shared.refuses.store(on, Ordering::SeqCst);
    }

    /// Carries nothing while it is on, and keeps the connections.
    pub(super) fn stall(&self, on: bool) {
        *self.shared.stalled.lock().unwrap() = on;
        self.shared.moved.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.refuse(true);
        self.stall(false);
        self.cut();
    }
}

impl Shared {
    fn carry(self: &Arc<Self>, from: &TcpStream, to: &TcpStream) {
        let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
        self.streams.lock().unwrap().push(from.try_clone().unwrap());
        let shared = self.clone();
        thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            while let Ok(count @ 1..) = from.read(&mut buffer) {
                let stalled = shared.stalled.lock().unwrap();
                drop(shared.moved.wait_while(stalled, |stalled| *stalled).unwrap());
                if to.write_all(&buffer[..count]).is_err() {
                    break;
                }
            }
            // The other side hears of the end.
            let _ = to.shutdown(Shutdown::Both);
        });
    }
}
