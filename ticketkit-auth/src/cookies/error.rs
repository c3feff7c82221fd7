/// Why cookies cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CookieError {
    /// The public URL is none.
    #[error("`{0}` is not a URL with the scheme http or https and a host")]
    Url(String),
    /// Plain HTTP off loopback.
    #[error(
        "session cookies over plain HTTP at {0} can be read by anyone on the way: use https, a loopback address, or allow it by the setting that is named for its danger"
    )]
    Insecure(String),
    /// Browsers drop such a cookie in silence.
    #[error("a cookie of {0} bytes is too large, browsers keep at most 4096")]
    TooLarge(usize),
    /// A value that would end the cookie early.
    #[error("a cookie value has a character that is not allowed in one")]
    Value,
}
