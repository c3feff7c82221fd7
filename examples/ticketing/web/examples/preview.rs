//! Serves the pages with made-up data, to work on how they look.
//!
//! `cargo run -p ticketing-web --example preview`, then open the address with one of the people of
//! `tests/it/canned.rs` in the cookie `ticketkit`: `buyer`, `seller` or `admin`.

#![expect(clippy::unwrap_used, reason = "the data is that of the tests")]

#[path = "../tests/it/canned.rs"]
mod canned;
#[expect(dead_code, reason = "only the tests change the script and look at the calls")]
#[path = "../tests/it/fake.rs"]
mod fake;
#[expect(dead_code, reason = "only the tests count and name what is parked")]
#[path = "../tests/it/parked.rs"]
mod parked;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let pages = fake::Fake::default().service("http://127.0.0.1:3000");
    let engine = parked::Engine::with_parked(3).await;
    axum::serve(listener, pages.with_events(engine.events()).router()).await
}
