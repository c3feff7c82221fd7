use ticketkit_core::ServiceError;

#[derive(Debug, thiserror::Error, ServiceError)]
enum Error {
    #[error("silent")]
    Silent,
}

fn main() {}
