use ticketkit_core::ServiceError;

#[derive(Debug, thiserror::Error, ServiceError)]
enum Error {
    #[error("cannot read: {source}")]
    #[problem(status = 400, detail)]
    Read { source: std::io::Error },
}

fn main() {}
