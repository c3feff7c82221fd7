use ticketkit_core::ServiceError;

#[derive(Debug, thiserror::Error, ServiceError)]
enum Error {
    #[error("cannot read")]
    #[problem(status = 400, detail = "Cannot read: {0}.")]
    Read(#[from] std::io::Error),
}

fn main() {}
