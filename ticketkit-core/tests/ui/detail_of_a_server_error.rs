use ticketkit_core::ServiceError;

#[derive(Debug, thiserror::Error, ServiceError)]
enum Error {
    #[error("disk {0} is full")]
    #[problem(status = 500, detail)]
    Disk(u8),
}

fn main() {}
