use ticketkit_core::ServiceError;

#[derive(Debug, thiserror::Error, ServiceError)]
enum Error {
    #[error("bad")]
    #[problem(status = 400, code = "Bad-Code")]
    Bad,
}

fn main() {}
