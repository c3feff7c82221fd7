use ticketkit_core::ServiceError;

#[derive(Debug, thiserror::Error, ServiceError)]
enum Error {
    #[error("one")]
    #[problem(status = 409, code = "taken")]
    One,
    #[error("two")]
    #[problem(status = 410, code = "taken")]
    Two,
}

fn main() {}
