//! What stands in `#[problem(…)]`.

use proc_macro2::Span;
use syn::{Attribute, Error, Expr, LitInt, LitStr, Result, Token, spanned::Spanned};

/// The public text of a case.
pub(super) enum Detail {
    /// `detail`: the text of the error itself.
    Own(Span),
    /// `detail = "…"`: another text.
    Text(LitStr),
}

#[derive(Default)]
pub(super) struct Attributes {
    pub(super) status: Option<u16>,
    pub(super) code: Option<LitStr>,
    pub(super) title: Option<LitStr>,
    pub(super) detail: Option<Detail>,
    pub(super) field: Option<LitStr>,
    pub(super) retry_after: Option<Expr>,
    pub(super) internal: bool,
    pub(super) transparent: bool,
}

const ALLOWED: &str = "`status`, `code`, `title`, `detail`, `field`, `retry_after`, `internal` and \
                       `transparent` are allowed";

impl Attributes {
    pub(super) fn parse(name: &syn::Ident, attrs: &[Attribute]) -> Result<Self> {
        let mut found = Self::default();
        let mut at = None;
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("problem")) {
            at = Some(attr.span());
            found.parse_one(attr)?;
        }
        let Some(at) = at else {
            return Err(Error::new(
                name.span(),
                format!("`{name}` needs `#[problem(status = …)]`, `internal` or `transparent`"),
            ));
        };
        found.check(at)?;
        Ok(found)
    }

    fn parse_one(&mut self, attr: &Attribute) -> Result<()> {
        attr.parse_nested_meta(|meta| {
            let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
            match key.as_str() {
                "status" => self.status = Some(status(&meta.value()?.parse()?)?),
                "code" => self.code = Some(code(meta.value()?.parse()?)?),
                "title" => self.title = Some(meta.value()?.parse()?),
                "field" => self.field = Some(meta.value()?.parse()?),
                "retry_after" => self.retry_after = Some(meta.value()?.parse()?),
                "internal" => self.internal = true,
                "transparent" => self.transparent = true,
                "detail" if meta.input.peek(Token![=]) => {
                    self.detail = Some(Detail::Text(meta.value()?.parse()?));
                }
                "detail" => self.detail = Some(Detail::Own(meta.path.span())),
                _ => return Err(meta.error(format!("unknown key `{key}`: {ALLOWED}"))),
            }
            Ok(())
        })
    }

    fn check(&self, at: Span) -> Result<()> {
        let others = self.code.is_some()
            || self.title.is_some()
            || self.detail.is_some()
            || self.field.is_some()
            || self.status.is_some();
        if (self.transparent || self.internal) && others {
            let which = if self.transparent { "transparent" } else { "internal" };
            return Err(Error::new(
                at,
                format!("`{which}` decides everything: nothing else goes with it"),
            ));
        }
        if self.transparent && self.internal {
            return Err(Error::new(at, "either `transparent` or `internal`"));
        }
        if self.status.is_none() && !self.transparent && !self.internal {
            return Err(Error::new(
                at,
                "`status = …` is missing: 400 to 599, or `internal`, or `transparent`",
            ));
        }
        Ok(())
    }
}

fn status(literal: &LitInt) -> Result<u16> {
    match literal.base10_parse::<u16>() {
        Ok(status @ 400..=599) => Ok(status),
        _ => Err(Error::new(
            literal.span(),
            format!("`{literal}` is no status of an error: 400 to 599 are allowed"),
        )),
    }
}

fn code(literal: LitStr) -> Result<LitStr> {
    let value = literal.value();
    let mut bytes = value.bytes();
    let fits = value.len() <= 63
        && bytes.next().is_some_and(|b| b.is_ascii_lowercase())
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if fits {
        return Ok(literal);
    }
    Err(Error::new(
        literal.span(),
        format!("`{value}` is no error code: it must have the form ^[a-z][a-z0-9_]{{0,62}}$"),
    ))
}
