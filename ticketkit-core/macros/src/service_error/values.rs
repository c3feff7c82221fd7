//! The forms of the values in `#[problem(…)]`, checked when compiled.

use syn::{Error, LitInt, LitStr, Result};

pub(super) fn status(literal: &LitInt) -> Result<u16> {
    match literal.base10_parse::<u16>() {
        Ok(status @ 400..=599) => Ok(status),
        _ => Err(Error::new(
            literal.span(),
            format!("`{literal}` is no status of an error: 400 to 599 are allowed"),
        )),
    }
}

pub(super) fn code(literal: LitStr) -> Result<LitStr> {
    if is_code(&literal.value()) {
        return Ok(literal);
    }
    Err(Error::new(
        literal.span(),
        format!(
            "`{}` is no error code: it must have the form ^[a-z][a-z0-9_]{{0,62}}$",
            literal.value()
        ),
    ))
}

pub(super) fn is_code(value: &str) -> bool {
    let mut bytes = value.bytes();
    value.len() <= 63
        && bytes.next().is_some_and(|b| b.is_ascii_lowercase())
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

pub(super) fn title(literal: LitStr) -> Result<LitStr> {
    let value = literal.value();
    let message = if value.trim().is_empty() {
        "a title must not be empty"
    } else if value.chars().any(char::is_control) {
        "a title is one line of text"
    } else if value.contains(['{', '}']) {
        "a title is fixed for its code, and nothing is filled in: what changes goes into `detail`"
    } else {
        return Ok(literal);
    };
    Err(Error::new(literal.span(), message))
}

/// Returns the name of the variant of `LogLevel`.
pub(super) fn level(literal: &LitStr) -> Result<&'static str> {
    Ok(match literal.value().as_str() {
        "error" => "Error",
        "warn" => "Warn",
        "info" => "Info",
        "debug" => "Debug",
        "trace" => "Trace",
        other => {
            let message =
                format!("`{other}` is no level: error, warn, info, debug and trace are allowed");
            return Err(Error::new(literal.span(), message));
        }
    })
}
