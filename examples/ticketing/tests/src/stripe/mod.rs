//! [localstripe](https://pypi.org/project/localstripe/): Stripe's API, Stripe.js and webhooks, read
//! and written by somebody else, as a peer to test against.
//!
//! [`Front`] stands before it and adds what it lacks: it honours idempotency keys as Stripe does,
//! counts the calls, and loses answers on demand.

mod front;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

pub use self::front::Front;
use crate::http::{Request, Response, exchange};

/// The keys of an account; localstripe takes any of this form.
pub const SECRET_KEY: &str = "sk_test_canary_of_the_tests";
/// The key that browsers use.
pub const PUBLISHABLE_KEY: &str = "pk_test_of_the_tests";
/// What webhooks are signed with.
pub const WEBHOOK_SECRET: &str = "whsec_canary_of_the_tests";

/// A card that is charged.
pub const GOOD: &str = "4242424242424242";
/// A card that is declined when it is charged.
pub const DECLINED: &str = "4000000000000341";
/// A card whose bank asks the buyer.
pub const ASKS: &str = "4000002760003184";

/// On a free port of the loopback, until the test ends, whatever way: and it writes no file.
const SCRIPT: &str = "
import os, socket, sys, threading
from aiohttp import web
from localstripe import resources
from localstripe.server import app
resources.Store.dump_to_disk = lambda self: None
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
listener = socket.socket()
listener.bind(('127.0.0.1', 0))
listener.listen(128)
print(listener.getsockname()[1], flush=True)
web.run_app(app, sock=listener, print=None, access_log=None)
";

const PATIENCE: Duration = Duration::from_secs(20);

/// A localstripe of its own. Killed when dropped.
#[derive(Debug)]
pub struct LocalStripe {
    child: Child,
    addr: SocketAddr,
}

impl LocalStripe {
    /// Starts it.
    #[track_caller]
    #[must_use]
    pub fn start() -> Self {
        let program = python();
        let mut child = Command::new(&program)
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let mut line = String::new();
        let pipe = child.stdout.take().expect("a pipe");
        BufReader::new(pipe).read_line(&mut line).expect("a line");
        let port = line.trim().parse().unwrap_or_else(|_| panic!("no port: {line:?}"));
        Self { child, addr: SocketAddr::from(([127, 0, 0, 1], port)) }
    }

    /// The address of its API.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The address of its Stripe.js.
    #[must_use]
    pub fn js_url(&self) -> String {
        format!("{}/js.stripe.com/v3/", self.url())
    }

    /// A payment method of a card.
    #[track_caller]
    #[must_use]
    pub fn card(&self, number: &str) -> String {
        let card = json!({"number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123"});
        let made = self.post("/v1/payment_methods", &json!({"type": "card", "card": card}));
        made.expect(200).json()["id"].as_str().expect("an id").to_owned()
    }

    /// Has it send webhooks there.
    #[track_caller]
    pub fn send_webhooks_to(&self, url: &str) {
        let hook = json!({"url": url, "secret": WEBHOOK_SECRET});
        let answer = self.post("/_config/webhooks/tests", &hook);
        assert_eq!(answer.status(), 200, "{answer:?}");
    }

    /// Does what a bank has asked of the buyer, or refuses to.
    #[track_caller]
    pub fn authenticate(&self, client_secret: &str, success: bool) {
        let intent = client_secret.split("_secret_").next().unwrap_or_default();
        let path = format!("/v1/payment_intents/{intent}/_authenticate");
        let body = json!({"key": PUBLISHABLE_KEY, "client_secret": client_secret,
                          "success": success});
        self.post(&path, &body).expect(200);
    }

    /// All objects of a kind, such as `charges`.
    #[track_caller]
    #[must_use]
    pub fn list(&self, kind: &str) -> Vec<Value> {
        let request = Request::get(format!("/v1/{kind}?limit=1000"));
        let page = self.send(&request.header("authorization", authorization())).expect(200).json();
        page["data"].as_array().expect("a list").clone()
    }

    /// How many charges have succeeded.
    #[track_caller]
    #[must_use]
    pub fn charges(&self) -> usize {
        self.list("charges").iter().filter(|charge| charge["status"] == "succeeded").count()
    }

    #[track_caller]
    fn post(&self, path: &str, body: &Value) -> Response {
        self.send(&Request::post(path).header("authorization", authorization()).json(body))
    }

    #[track_caller]
    fn send(&self, request: &Request) -> Response {
        exchange(self.addr, request, PATIENCE).unwrap_or_else(|error| panic!("{error}"))
    }
}

impl Drop for LocalStripe {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn authorization() -> String {
    format!("Bearer {SECRET_KEY}")
}

/// The Python that has it: where `cargo xtask test` installs it, unless the environment says.
fn python() -> PathBuf {
    let installed = || {
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target");
        target.join("localstripe/bin/python")
    };
    std::env::var_os("TICKETKIT_TEST_LOCALSTRIPE").map_or_else(installed, PathBuf::from)
}
