//! A setting that makes no sense ends the start with a sentence that names it.

use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use ticketing_tests::{Server, server::command};

/// Runs until the process ends by itself.
fn refused(settings: &[(&str, &str)]) -> (Output, String) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("file"), "in the way").expect("a file");
    let mut command = command(folder.path());
    command.envs(settings.iter().copied());
    let mut child = command.spawn().expect("a start");
    let deadline = Instant::now() + Duration::from_secs(15);
    while child.try_wait().expect("its state").is_none() {
        if Instant::now() > deadline {
            child.kill().expect("its end");
            let said = child.wait_with_output().expect("its output");
            panic!("{settings:?} was accepted: {}", String::from_utf8_lossy(&said.stdout));
        }
        thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().expect("its output");
    let said = [output.stdout.clone(), output.stderr.clone()].concat();
    (output, String::from_utf8_lossy(&said).into_owned())
}

#[track_caller]
fn assert_refused(name: &str, value: &str) {
    let (output, said) = refused(&[(name, value)]);
    assert!(!output.status.success(), "{name}={value} ended with success: {said}");
    assert!(output.status.code().is_some(), "{name}={value} ended by a signal: {said}");
    assert!(said.contains(name), "{name}={value} is not named: {said}");
    assert!(!said.contains("panicked"), "{name}={value}: {said}");
    assert!(!said.contains("listening on"), "{name}={value}: it listened first: {said}");
}

#[test]
fn an_address_that_is_none() {
    for value in ["nonsense", "127.0.0.1", "127.0.0.1:99999"] {
        assert_refused("TICKETING_ADDR", value);
    }
}

#[test]
fn a_part_of_stripe() {
    let key = ("TICKETING_STRIPE_SECRET_KEY", "sk_canary");
    let (output, said) = refused(&[key]);
    assert!(!output.status.success() && !said.contains("listening on"), "{said}");
    assert!(
        said.contains("TICKETING_STRIPE_WEBHOOK_SECRET") && !said.contains("sk_canary"),
        "{said}"
    );
    let keys = [
        key,
        ("TICKETING_STRIPE_PUBLISHABLE_KEY", "pk_1"),
        ("TICKETING_STRIPE_WEBHOOK_SECRET", "whsec_1"),
    ];
    for bad in [("TICKETING_STRIPE_API_BASE", "nowhere"), ("TICKETING_STRIPE_JS_URL", "nowhere")] {
        let (output, said) = refused(&[keys[0], keys[1], keys[2], bad]);
        assert!(!output.status.success() && !said.contains("listening on"), "{said}");
        assert!(said.contains("nowhere") && !said.contains("panicked"), "{said}");
    }
}

#[test]
fn an_address_that_is_taken() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = taken.local_addr().expect("its address").to_string();
    let (output, said) = refused(&[("TICKETING_ADDR", &addr)]);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains(&addr), "which address: {said}");
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn a_hold_that_is_no_time() {
    for value in ["abc", "0", "-1", "1.5", "99999999999999999999"] {
        assert_refused("TICKETING_HOLD_SECONDS", value);
    }
}

#[test]
fn a_data_folder_that_cannot_be_one() {
    // Below a file: no folder can be there, for root neither.
    assert_refused("TICKETING_DATA_DIR", "file/data");
    assert_refused("TICKETING_DATA_DIR", "file");
}

/// Cookies without `Secure` never leave the machine.
#[test]
fn plain_http_off_the_loopback_address() {
    let remote = ["http://tickets.example.org", "http://192.0.2.1:3000", "http://127.0.0.1.nip.io"];
    for value in remote.into_iter().chain(["nonsense", "ftp://x"]) {
        assert_refused("TICKETING_PUBLIC_URL", value);
    }
}

#[test]
fn settings_that_are_no_choice() {
    assert_refused("TICKETING_THROTTLE", "maybe");
    assert_refused("TICKETING_EVENTS_URL", "gopher://x");
    assert_refused("TICKETING_DATABASE_URL", "oracle://x");
}

/// An https URL is allowed anywhere, and cookies then carry the prefix and `Secure`.
#[test]
fn an_https_url_makes_cookies_secure() {
    let server = Server::with(&[("TICKETING_PUBLIC_URL", "https://tickets.example.org")]);
    let body = serde_json::json!({"email": "secure@example.org", "password": "canary-password"});
    let answer = server.client().post("/api/users/signup", &body).expect(201);
    for name in ["__Host-ticketkit=", "__Host-ticketkit-refresh="] {
        let mut cookies = answer.head.all("set-cookie");
        let cookie = cookies.find(|cookie| cookie.starts_with(name));
        let cookie = cookie.unwrap_or_else(|| panic!("no {name}: {answer:?}"));
        let parts: Vec<&str> = cookie.split(';').map(str::trim).collect();
        assert!(parts.iter().any(|part| part.eq_ignore_ascii_case("secure")), "{cookie}");
    }
}
