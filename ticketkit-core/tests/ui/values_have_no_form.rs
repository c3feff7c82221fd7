use ticketkit_core::ServiceError;

#[derive(Debug, thiserror::Error, ServiceError)]
enum Title {
    #[error("bad")]
    #[problem(status = 400, title = "No ticket {0}")]
    Bad(u8),
}

#[derive(Debug, thiserror::Error, ServiceError)]
enum Twice {
    #[error("bad")]
    #[problem(status = 400, status = 401)]
    Bad,
}

#[derive(Debug, thiserror::Error, ServiceError)]
enum Level {
    #[error("bad")]
    #[problem(status = 400, log = "loud")]
    Bad,
}

#[derive(Debug, thiserror::Error, ServiceError)]
enum Header {
    #[error("bad")]
    #[problem(status = 400, header("no name" = "x"))]
    Bad,
}

#[derive(Debug, thiserror::Error, ServiceError)]
enum Document {
    #[error("bad")]
    #[problem(status = 400, header("Content-Type" = "text/html"))]
    Bad,
}

#[derive(Debug, thiserror::Error, ServiceError)]
enum Newline {
    #[error("bad")]
    #[problem(status = 400, header("x-a" = "a\r\nset-cookie: b"))]
    Bad,
}

#[derive(Debug, thiserror::Error, ServiceError)]
enum Empty {
    #[error("bad {0}")]
    #[problem(status = 400, detail = "Bad {}.")]
    Bad(u8),
}

#[derive(Debug, thiserror::Error, ServiceError)]
enum Mixed {
    #[error("bad")]
    #[problem(internal, detail = "Bad.")]
    Bad,
}

fn main() {}
