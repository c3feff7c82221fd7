//! What operators rely on.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitStatus;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use ticketing_tests::{
    Person, Request, Server,
    wait::{SOON, eventually},
};

use crate::shared::shared;

#[test]
fn a_running_system_is_alive_and_ready_and_tells_figures() {
    let shared = shared();
    let client = shared.server.client();
    client.get("/livez").expect(200);
    client.get("/readyz").expect(200);
    client.get("/api/tickets").expect(200);
    let figures = client.get("/metrics").expect(200);
    let kind = figures.header("content-type").unwrap_or_default().to_owned();
    assert!(
        kind.starts_with("text/plain") || kind.starts_with("application/openmetrics"),
        "{kind}"
    );
    let text = figures.text();
    let samples = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    assert!(samples.count() > 0, "no sample: {text}");
    assert!(text.lines().any(|line| line.starts_with("# TYPE ")), "no type: {text}");
}

/// How far each subscription is, and what waits in each outbox.
#[test]
fn events_are_among_the_figures() {
    let server = Server::start();
    let seller = Person::sign_up(&server, "seller");
    seller.sell("Counted", 100);
    eventually("figures of events", SOON, || {
        let text = server.client().get("/metrics").expect(200).text().to_owned();
        let expected = [
            r#"events_subscription_lag_seconds{subscription="orders"}"#,
            r#"events_subscription_parked{subscription="tickets"} 0"#,
            r#"events_outbox_oldest_seconds{database="tickets"}"#,
            r#"events_handled_total{subscription="orders",type="ticket.created",outcome="ok"} 1"#,
            r#"events_published_total{type="ticket.created",result="ok"} 1"#,
        ];
        match expected.into_iter().find(|line| !text.contains(line)) {
            Some(missing) => Err(missing),
            None => Ok(()),
        }
    });
}

#[test]
fn sigterm_ends_it_with_success_and_nothing_is_lost() {
    let server = Server::start();
    let seller = Person::sign_up(&server, "seller");
    let ticket = seller.sell("Drained", 100);
    assert_success(&stop(&server));
    server.start_again();
    let seen = seller.get(ticketing_tests::market::ticket_path(&ticket)).expect(200).json();
    assert_eq!(seen, ticket);
}

/// F19: a request that has begun is answered. Nobody gets half an answer.
#[test]
fn f19_sigterm_cuts_no_request() {
    let server = Server::start();
    let seller = Person::sign_up(&server, "seller");
    let created = thread::scope(|scope| {
        let load: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let body = json!({"title": "Drained", "price": 1});
                    let mut created = 0;
                    loop {
                        match seller.client.try_send(Request::post("/api/tickets").json(&body)) {
                            Ok(answer) if answer.status() == 201 => created += 1,
                            Ok(answer) => drop(answer.problem(503, "unavailable")),
                            // Refused or reset at the door: it never was a request. An answer that
                            // was cut off is another thing.
                            Err(error) => break (created, error.kind()),
                        }
                    }
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(300));
        server.terminate();
        load.into_iter().map(|one| one.join().expect("the load")).collect::<Vec<_>>()
    });
    assert_success(&server.await_exit(SOON));
    let answered: usize = created.iter().map(|(count, _)| count).sum();
    assert!(answered > 0, "{created:?}");
    server.start_again();
    let mut kept = 0;
    let mut target = "/api/tickets/mine?limit=100".to_owned();
    loop {
        let page = seller.get(&target).expect(200).json();
        kept += page["items"].as_array().map_or(0, Vec::len);
        let Some(next) = page["next"].as_str() else { break };
        target = format!("/api/tickets/mine?limit=100&after={next}");
    }
    assert_eq!(kept, answered, "created and answered, one for one: {created:?}");
}

/// F19: a request whose body is still on its way when the end is asked for.
#[test]
fn f19_a_request_that_has_begun_is_answered() {
    let server = Server::start();
    let mut begun = Begun::sign_up(&server);
    server.terminate();
    eventually("the listener to close", SOON, || match TcpStream::connect(begun.address) {
        Ok(_) => Err("it still listens"),
        Err(_) => Ok(()),
    });
    let answer = begun.finish();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert_success(&server.await_exit(SOON));
}

/// The test above can fail: without a drain the request is cut.
#[test]
fn f19_without_a_drain_it_is_cut() {
    let server = Server::start();
    let mut begun = Begun::sign_up(&server);
    server.kill();
    assert_eq!(begun.finish(), "");
}

/// A request of which half is sent.
struct Begun {
    stream: TcpStream,
    address: SocketAddr,
    rest: String,
}

impl Begun {
    fn sign_up(server: &Server) -> Self {
        let address = server.url().trim_start_matches("http://").parse().expect("an address");
        let body = json!({"email": "begun@example.org", "password": "canary-password"}).to_string();
        let (half, rest) = body.split_at(body.len() / 2);
        let mut stream = TcpStream::connect(address).expect("a connection");
        let head = format!(
            "POST /api/users/signup HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("the head to be sent");
        // That it asks for the body shows that it works on the request.
        let mut asked = [0; 12];
        stream.read_exact(&mut asked).expect("to be asked for the body");
        assert_eq!(&asked, b"HTTP/1.1 100");
        stream.write_all(half.as_bytes()).expect("half of the body to be sent");
        Self { stream, address, rest: rest.to_owned() }
    }

    /// Sends the rest, and returns the answer; nothing if the connection was cut.
    fn finish(&mut self) -> String {
        let mut answer = String::new();
        let sent = self.stream.write_all(self.rest.as_bytes());
        // A connection that is reset has no answer either.
        if sent.and_then(|()| self.stream.read_to_string(&mut answer)).is_err() {
            return String::new();
        }
        answer.trim_start_matches(" Continue").trim_start().to_owned()
    }
}

/// Two processes on one folder would both drain one outbox. The second says so and ends, or both
/// work.
#[test]
fn a_second_start_on_the_same_folder_is_refused_clearly_or_works() {
    let server = Server::start();
    let mut second = ticketing_tests::server::command(server.folder()).spawn().expect("a start");
    let deadline = Instant::now() + SOON;
    let status = loop {
        match second.try_wait().expect("its state") {
            Some(status) => break Some(status),
            None if Instant::now() > deadline => break None,
            None => thread::sleep(Duration::from_millis(20)),
        }
    };
    if status.is_none() {
        second.kill().expect("its end");
    }
    let output = second.wait_with_output().expect("its output");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if let Some(status) = status {
        assert!(!status.success(), "refused with success: {said}");
        assert!(!said.contains("panicked"), "{said}");
        assert!(said.contains("data") || said.contains("DATA_DIR"), "which folder: {said}");
    } else {
        assert!(said.contains("listening on http://"), "neither refused nor working: {said}");
    }
    drop(Person::sign_up(&server, "still-served"));
}

#[test]
fn an_open_stream_does_not_hold_up_the_end() {
    let server = Server::start();
    let (seller, buyer) = (Person::sign_up(&server, "seller"), Person::sign_up(&server, "buyer"));
    let order = buyer.reserve(&seller.sell("Stream", 1));
    let path = format!("{}/events", ticketing_tests::market::order_path(&order));
    let mut stream = buyer.client.events(&path);
    stream.next_event().expect("the stream").expect("the present state");
    let start = Instant::now();
    assert_success(&stop(&server));
    println!("ended after {:?} with a stream open", start.elapsed());
}

fn stop(server: &Server) -> ExitStatus {
    server.terminate();
    server.await_exit(SOON)
}

#[track_caller]
fn assert_success(status: &ExitStatus) {
    assert!(status.success(), "{status}");
}
