//! `header("name" = value)`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Expr, ExprLit, Lit, LitStr, Result, Token, meta::ParseNestedMeta, parenthesized};

/// A header that an error brings.
pub(crate) struct Header {
    /// Lowercase, as the constant of a name has to be.
    pub(super) name: LitStr,
    pub(super) value: Expr,
}

impl Header {
    pub(super) fn parse(meta: &ParseNestedMeta<'_>) -> Result<Self> {
        let content;
        parenthesized!(content in meta.input);
        let name = name(&content.parse()?)?;
        content.parse::<Token![=]>()?;
        let value: Expr = content.parse()?;
        if !content.is_empty() {
            return Err(content.error("one name and one value: `header(\"name\" = value)`"));
        }
        if let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &value
            && text.value().bytes().any(|b| !(b == b'\t' || (b' '..=b'~').contains(&b)))
        {
            let message = "the value of a header is one line of visible ASCII characters";
            return Err(Error::new(text.span(), message));
        }
        Ok(Self { name, value })
    }

    /// The statement that inserts it.
    pub(super) fn insert(&self) -> TokenStream {
        let Self { name, value } = self;
        let name =
            quote!(const { ::ticketkit_core::__private::http::HeaderName::from_static(#name) });
        if let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = value {
            return quote! {
                headers.insert(
                    #name,
                    const { ::ticketkit_core::__private::http::HeaderValue::from_static(#text) },
                );
            };
        }
        quote!(::ticketkit_core::__private::insert_header(headers, #name, &(#value));)
    }
}

fn name(literal: &LitStr) -> Result<LitStr> {
    let value = literal.value();
    let lower = value.to_ascii_lowercase();
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    let message = if value.is_empty() || !value.bytes().all(is_token) {
        format!("`{value}` is no name of a header")
    } else if lower == "retry-after" {
        "write `retry_after = seconds` for this header".to_owned()
    } else if lower == "x-request-id" {
        "`x-request-id` is the layer's: each answer has it".to_owned()
    } else if lower == "cache-control"
        || lower == "transfer-encoding"
        || (lower.starts_with("content-") && !lower.starts_with("content-security-policy"))
    {
        format!("`{lower}` describes the document, which sets it itself")
    } else {
        return Ok(LitStr::new(&lower, literal.span()));
    };
    Err(Error::new(literal.span(), message))
}
