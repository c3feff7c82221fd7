use ticketkit_core::ServiceError;

#[derive(Debug, thiserror::Error, ServiceError)]
enum Error {
    #[error("fine")]
    #[problem(status = 200)]
    Fine,
}

fn main() {}
