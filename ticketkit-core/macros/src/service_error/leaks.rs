//! What keeps the text of a 5xx and of a source out of what a client reads.
//!
//! The derive sees the text and its arguments, so it can tell which fields they show; whether a
//! field that is no source is an error all the same is left to the types (see `shown` of the
//! crate's `__private`).

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::{Attribute, Error, Expr, LitStr, Meta, Result};

use super::{attributes::Detail, case::Case, format::placeholders};

/// What is known of the text of an error.
pub(super) enum ErrorText {
    /// It is that of the one field.
    Transparent,
    /// The names that it shows.
    Shows(Vec<String>),
    /// It comes from a function, or from a `Display` that somebody wrote.
    Unknown,
}

impl ErrorText {
    /// Reads thiserror's `#[error(…)]`.
    pub(super) fn of(attrs: &[Attribute]) -> Option<Self> {
        let attr = attrs.iter().find(|attr| attr.path().is_ident("error"))?;
        let Meta::List(list) = &attr.meta else { return Some(Self::Unknown) };
        let mut tokens = list.tokens.clone().into_iter();
        Some(match tokens.next() {
            Some(TokenTree::Ident(word)) if word == "transparent" => Self::Transparent,
            Some(first @ TokenTree::Literal(_)) => {
                let mut names = Vec::new();
                mentioned([first].into_iter().chain(tokens).collect(), &mut names);
                Self::Shows(names)
            }
            _ => Self::Unknown,
        })
    }
}

/// Refuses a public text that would show what is for the log.
pub(super) fn refuse(case: &Case) -> Result<()> {
    let attributes = &case.attributes;
    let is_server_error = attributes.status.is_some_and(|status| status >= 500);
    match &attributes.detail {
        None => {}
        Some(Detail::Own(span)) => own_text(case, *span, is_server_error)?,
        Some(Detail::Text(text)) => given_text(case, text, is_server_error)?,
    }
    if let Some(errors) = attributes.errors.as_ref().filter(|_| is_server_error) {
        let message = "the errors of a 5xx are for the log: a client learns the title alone";
        return Err(Error::new_spanned(errors, message));
    }
    for value in attributes.values() {
        refuse_value(case, value)?;
    }
    Ok(())
}

fn own_text(case: &Case, span: Span, is_server_error: bool) -> Result<()> {
    let refuse = |message: String| Err(Error::new(span, message));
    if is_server_error {
        return refuse(
            "the text of a 5xx error is for the log: give a fixed `detail = \"…\"`, or none".into(),
        );
    }
    let shown = match &case.text {
        ErrorText::Transparent => Some("transparent".to_owned()),
        ErrorText::Shows(names) => names.iter().find(|name| case.is_source(name)).cloned(),
        ErrorText::Unknown if case.fields.is_empty() => None,
        ErrorText::Unknown => {
            return refuse(
                "this text is written by a function, which may show a source: give a \
                 `detail = \"…\"`, or the text as `#[error(\"…\")]`"
                    .into(),
            );
        }
    };
    match shown {
        Some(name) => refuse(format!(
            "the text of this error shows its source (`{name}`), which is for the log: give a \
             `detail = \"…\"` without it"
        )),
        None => Ok(()),
    }
}

fn given_text(case: &Case, text: &LitStr, is_server_error: bool) -> Result<()> {
    let names = placeholders(&text.value());
    let message = if is_server_error && !names.is_empty() {
        "the detail of a 5xx error is a fixed text, without placeholders".to_owned()
    } else if let Some(name) = names.iter().find(|name| case.is_source(name)) {
        format!("`{name}` is the source of this error: its text is for the log")
    } else if names.iter().any(|name| name == "self") {
        "`{self}` is the text for the log: write `detail` alone if all of it is public".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::new(text.span(), message))
}

fn refuse_value(case: &Case, value: &Expr) -> Result<()> {
    let mut names = Vec::new();
    mentioned(quote::ToTokens::to_token_stream(value), &mut names);
    match names.iter().find(|name| case.is_source(name) || *name == "{self}") {
        Some(name) => Err(Error::new_spanned(
            value,
            format!("a header is public, and `{name}` is for the log: give a value without it"),
        )),
        None => Ok(()),
    }
}

/// Notes every name, every `.0` and every placeholder, however deep in groups and texts.
fn mentioned(tokens: TokenStream, names: &mut Vec<String>) {
    let mut after_dot = false;
    for token in tokens {
        let is_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
        match token {
            TokenTree::Group(group) => mentioned(group.stream(), names),
            TokenTree::Ident(ident) => names.push(ident.to_string()),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                if let Ok(text) = syn::parse_str::<LitStr>(&text) {
                    names.extend(placeholders(&text.value()).into_iter().map(|name| {
                        // `self` as a word is a place to begin from; in braces it is all of it.
                        if name == "self" { "{self}".to_owned() } else { name }
                    }));
                } else if after_dot {
                    // `.0.1` is one token that looks like a number.
                    names.extend(text.split('.').next().map(str::to_owned));
                }
            }
            TokenTree::Punct(_) => {}
        }
        after_dot = is_dot;
    }
}
