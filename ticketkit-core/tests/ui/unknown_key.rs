use ticketkit_core::ServiceError;

#[derive(Debug, thiserror::Error, ServiceError)]
enum Error {
    #[error("odd")]
    #[problem(state = 400)]
    Odd,
}

fn main() {}
