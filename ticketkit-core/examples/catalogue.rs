//! Prints every error of a service: as a Markdown page, a JSON file or an OpenAPI document.
//!
//! ```sh
//! cargo run -p ticketkit-core --example catalogue --features axum,openapi -- markdown
//! ```

use ticketkit_core::{
    Problem, ServiceError, axum::BodyRejection, catalogue::Catalogue, error::NotFound,
};
use utoipa::OpenApi;

#[derive(Debug, thiserror::Error, ServiceError)]
enum TicketError {
    #[error(transparent)]
    #[problem(transparent)]
    NotFound(#[from] NotFound),
    #[error(transparent)]
    #[problem(transparent)]
    Body(#[from] BodyRejection),
    #[error("ticket {0} is reserved")]
    #[problem(status = 409, code = "ticket_reserved", detail = "Ticket {0} is being bought.")]
    Reserved(u64),
    #[error("cannot read the store")]
    #[problem(internal)]
    Store(#[from] std::io::Error),
}

/// Buys a ticket. What it can be refused with comes from the error alone.
#[utoipa::path(post, path = "/api/tickets/{id}/orders", responses((status = 201), TicketError))]
async fn order() -> Result<(), TicketError> {
    Err(TicketError::Reserved(7))
}

#[derive(OpenApi)]
#[openapi(paths(order), components(schemas(Problem)))]
struct Api;

fn main() {
    // What the router of the service would have; here only the description of it is used.
    let _ = order;
    let catalogue = Catalogue::new("tickets").with::<TicketError>().with_layer();
    match std::env::args().nth(1).as_deref() {
        Some("json") => print!("{}", catalogue.to_json()),
        Some("openapi") => match Api::openapi().to_pretty_json() {
            Ok(text) => println!("{text}"),
            Err(error) => eprintln!("{error}"),
        },
        _ => print!("{}", catalogue.to_markdown()),
    }
}
