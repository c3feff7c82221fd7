use ticketkit_core::ServiceError;

fn text(_: &std::io::Error, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    f.write_str("cannot read")
}

#[derive(Debug, thiserror::Error, ServiceError)]
enum Argument {
    #[error("cannot read: {}", source.kind())]
    #[problem(status = 400, detail)]
    Read { source: std::io::Error },
}

#[derive(Debug, thiserror::Error, ServiceError)]
enum Nested {
    #[error("cannot read: {}", format!("{source:?}"))]
    #[problem(status = 400, detail)]
    Read { source: std::io::Error },
}

#[derive(Debug, thiserror::Error, ServiceError)]
enum Function {
    #[error(fmt = text)]
    #[problem(status = 400, detail)]
    Read(std::io::Error),
}

#[derive(Debug, thiserror::Error, ServiceError)]
#[error("of all variants: {0}")]
enum Shared {
    #[problem(status = 400, detail)]
    Read(#[source] std::io::Error),
}

#[derive(Debug, thiserror::Error, ServiceError)]
enum Whole {
    #[error("cannot read: {0}")]
    #[problem(status = 400, detail = "This: {self}.")]
    Read(#[from] std::io::Error),
}

#[derive(Debug, thiserror::Error, ServiceError)]
enum Transparent {
    #[error(transparent)]
    #[problem(status = 400, detail = "This: {0}.")]
    Read(std::io::Error),
}

#[derive(Debug, thiserror::Error, ServiceError)]
enum Bound {
    #[error("cannot read")]
    #[problem(status = 400, detail = "This: {field_0}.")]
    Read(#[source] std::io::Error),
}

#[derive(Debug, thiserror::Error, ServiceError)]
enum InHeader {
    #[error("cannot read")]
    #[problem(status = 400, header("x-cause" = format!("{source}")))]
    Read { source: std::io::Error },
}

#[derive(Debug, thiserror::Error, ServiceError)]
enum Rules {
    #[error("cannot read")]
    #[problem(status = 500, errors = Self::rules)]
    Read,
}

#[cfg_attr(all(), derive(Debug, thiserror::Error, ServiceError))]
enum Conditional {
    #[cfg_attr(all(), error("cannot read: {0}"), problem(status = 400, detail))]
    Read(#[cfg_attr(all(), source)] std::io::Error),
}

fn main() {}
