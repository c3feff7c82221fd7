//! One server for the tests that only look, or that mind their own tickets: two cores start few
//! processes at a time.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use ticketing_tests::{Person, Server};

/// The account that becomes an administrator on the shared server.
const ADMIN: &str = "admin@example.org";

/// A server and its administrator.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) server: Server,
    admin: Person,
}

impl Shared {
    /// The administrator with a fresh session: a token of an earlier test may have expired.
    #[track_caller]
    pub(crate) fn admin(&self) -> Person {
        self.admin.sign_in_again()
    }
}

/// The shared server; it ends with the last test that holds it.
#[track_caller]
pub(crate) fn shared() -> Arc<Shared> {
    static CURRENT: Mutex<Weak<Shared>> = Mutex::new(Weak::new());
    let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(shared) = current.upgrade() {
        return shared;
    }
    let server = Server::with(&[("TICKETING_ADMIN_EMAIL", ADMIN)]);
    let admin = Person::sign_up_as(&server, ADMIN);
    let shared = Arc::new(Shared { server, admin });
    *current = Arc::downgrade(&shared);
    shared
}
