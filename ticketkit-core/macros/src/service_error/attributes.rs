//! What stands in `#[problem(…)]`.

use proc_macro2::Span;
use syn::{Attribute, Error, Expr, LitBool, LitStr, Path, Result, Token, meta::ParseNestedMeta};

use super::{header::Header, values};

/// The public text of a case.
pub(crate) enum Detail {
    /// `detail`: the text of the error itself.
    Own(Span),
    /// `detail = "…"`: another text.
    Text(LitStr),
}

#[derive(Default)]
pub(crate) struct Attributes {
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<LitStr>,
    pub(crate) title: Option<LitStr>,
    pub(crate) detail: Option<Detail>,
    pub(crate) field: Option<LitStr>,
    pub(crate) errors: Option<Path>,
    pub(crate) retry_after: Option<Expr>,
    pub(crate) headers: Vec<Header>,
    pub(crate) log: Option<&'static str>,
    pub(crate) retryable: Option<bool>,
    pub(crate) internal: bool,
    pub(crate) transparent: bool,
    /// Of `#[derive(RemoteError)]`: the service of a whole enum.
    pub(crate) service: Option<LitStr>,
    /// Of `#[derive(RemoteError)]`: the field is made of the answer.
    pub(crate) answer: bool,
    /// Of `#[derive(RemoteError)]`: the case of all other answers.
    pub(crate) other: bool,
    seen: Vec<String>,
}

const ALLOWED: &str = "`status`, `code`, `title`, `detail`, `field`, `errors`, `retry_after`, \
                       `header(…)`, `log`, `retryable`, `internal` and `transparent` are allowed";

impl Attributes {
    /// Reads the attributes, and returns where the last of them stands.
    pub(crate) fn read(attrs: &[Attribute]) -> Result<(Self, Option<Span>)> {
        let mut found = Self::default();
        let mut at = None;
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("problem")) {
            at = Some(syn::spanned::Spanned::span(attr));
            attr.parse_nested_meta(|meta| found.take(&meta))?;
        }
        Ok((found, at))
    }

    /// Reads the attributes of a case of `#[derive(ServiceError)]`.
    pub(super) fn of_case(name: &syn::Ident, attrs: &[Attribute]) -> Result<Self> {
        let (found, at) = Self::read(attrs)?;
        let Some(at) = at else {
            return Err(Error::new(
                name.span(),
                format!("`{name}` needs `#[problem(status = …)]`, `internal` or `transparent`"),
            ));
        };
        found.check(at)?;
        Ok(found)
    }

    fn take(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        if key != "header" && self.seen.contains(&key) {
            return Err(meta.error(format!("`{key}` stands there twice")));
        }
        match key.as_str() {
            "status" => self.status = Some(values::status(&meta.value()?.parse()?)?),
            "code" => self.code = Some(values::code(meta.value()?.parse()?)?),
            "title" => self.title = Some(values::title(meta.value()?.parse()?)?),
            "field" => self.field = Some(meta.value()?.parse()?),
            "errors" => self.errors = Some(meta.value()?.parse()?),
            "retry_after" => self.retry_after = Some(meta.value()?.parse()?),
            "header" => self.headers.push(Header::parse(meta)?),
            "log" => self.log = Some(values::level(&meta.value()?.parse()?)?),
            "retryable" => self.retryable = Some(flag(meta)?),
            "internal" => self.internal = true,
            "transparent" => self.transparent = true,
            "service" => self.service = Some(meta.value()?.parse()?),
            "answer" => self.answer = true,
            "other" => self.other = true,
            "detail" if meta.input.peek(Token![=]) => {
                self.detail = Some(Detail::Text(meta.value()?.parse()?));
            }
            "detail" => self.detail = Some(Detail::Own(syn::spanned::Spanned::span(&meta.path))),
            _ => return Err(meta.error(format!("unknown key `{key}`: {ALLOWED}"))),
        }
        self.seen.push(key);
        Ok(())
    }

    fn check(&self, at: Span) -> Result<()> {
        let refuse = |message: &str| Err(Error::new(at, message));
        if self.transparent && self.internal {
            return refuse("either `transparent` or `internal`");
        }
        let of_transparent = ["transparent", "answer", "other"];
        if self.transparent && self.seen.iter().any(|key| !of_transparent.contains(&key.as_str())) {
            return refuse("`transparent` decides everything: nothing else goes with it");
        }
        let texts = ["status", "code", "title", "detail", "field", "errors"];
        if self.internal && self.seen.iter().any(|key| texts.contains(&key.as_str())) {
            return refuse("`internal` decides what a client reads: no text goes with it");
        }
        if self.field.is_some() && self.errors.is_some() {
            return refuse("either `field` or `errors`");
        }
        if self.status.is_none() && !self.transparent && !self.internal {
            return refuse("`status = …` is missing: 400 to 599, or `internal`, or `transparent`");
        }
        Ok(())
    }

    /// The expressions that become headers.
    pub(super) fn values(&self) -> impl Iterator<Item = &Expr> {
        self.retry_after.iter().chain(self.headers.iter().map(|header| &header.value))
    }
}

/// A key alone is true.
fn flag(meta: &ParseNestedMeta<'_>) -> Result<bool> {
    if meta.input.peek(Token![=]) { Ok(meta.value()?.parse::<LitBool>()?.value) } else { Ok(true) }
}

/// Tells whether a field says `#[problem(public)]`.
pub(super) fn is_public(attrs: &[Attribute]) -> Result<bool> {
    let mut public = false;
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("problem")) {
        attr.parse_nested_meta(|meta| {
            if !meta.path.is_ident("public") {
                return Err(meta.error("a field may be `public`; all else stands on the variant"));
            }
            public = true;
            Ok(())
        })?;
    }
    Ok(public)
}
