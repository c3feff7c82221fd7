use ticketkit_core::ServiceError;

#[derive(Debug, thiserror::Error, ServiceError)]
enum Error {
    #[error("no number: {0}")]
    #[problem(status = 400, detail)]
    Number(std::num::ParseIntError),
}

fn main() {}
