//! What stands before a field: doc comments, `#[setting(…)]`, and serde's own attributes.

use syn::{Attribute, Error, Expr, ExprLit, Lit, LitStr, Meta, Result, Token, parenthesized};

#[derive(Default)]
pub(super) struct Attributes {
    pub(super) default: Option<LitStr>,
    pub(super) form: Option<LitStr>,
    pub(super) unset: Option<LitStr>,
    pub(super) secret: bool,
    pub(super) hidden: bool,
}

impl Attributes {
    pub(super) fn parse(attrs: &[Attribute]) -> Result<Self> {
        let mut found = Self::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("setting")) {
            attr.parse_nested_meta(|meta| {
                let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
                match key.as_str() {
                    "default" => found.default = Some(meta.value()?.parse()?),
                    "form" => found.form = Some(meta.value()?.parse()?),
                    "unset" => found.unset = Some(meta.value()?.parse()?),
                    "secret" => found.secret = true,
                    "hidden" => found.hidden = true,
                    _ => {
                        return Err(meta.error(format!(
                            "unknown key `{key}`: `default`, `form`, `unset`, `secret` and \
                             `hidden` are allowed"
                        )));
                    }
                }
                Ok(())
            })?;
        }
        Ok(found)
    }
}

/// What serde's attributes say about the name and the default of a field.
#[derive(Default)]
pub(super) struct Serde {
    pub(super) rename: Option<String>,
    pub(super) has_default: bool,
    pub(super) is_skipped: bool,
}

impl Serde {
    pub(super) fn parse(attrs: &[Attribute]) -> Result<Self> {
        let mut found = Self::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
            attr.parse_nested_meta(|meta| {
                let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
                match key.as_str() {
                    "flatten" => {
                        return Err(meta.error("each key has a field here: `flatten` is not known"));
                    }
                    "skip" | "skip_deserializing" => found.is_skipped = true,
                    "default" => found.has_default = true,
                    _ => {}
                }
                if meta.input.peek(Token![=]) {
                    let value: Expr = meta.value()?.parse()?;
                    if key == "rename" {
                        found.rename = text(&value);
                    }
                } else if meta.input.peek(syn::token::Paren) {
                    // `rename(deserialize = "…")` and the like.
                    let content;
                    parenthesized!(content in meta.input);
                    let pairs =
                        content.parse_terminated(<Meta as syn::parse::Parse>::parse, Token![,])?;
                    for pair in pairs {
                        if let Meta::NameValue(pair) = pair
                            && key == "rename"
                            && pair.path.is_ident("deserialize")
                        {
                            found.rename = text(&pair.value);
                        }
                    }
                }
                Ok(())
            })?;
        }
        Ok(found)
    }
}

/// Refuses what would give the fields other names than they have.
pub(super) fn refuse_renaming(attrs: &[Attribute]) -> Result<()> {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
        let metas =
            attr.parse_args_with(syn::punctuated::Punctuated::<Meta, Token![,]>::parse_terminated)?;
        for meta in metas {
            if meta.path().is_ident("rename_all") || meta.path().is_ident("default") {
                return Err(Error::new_spanned(
                    meta,
                    "`Settings` does not know this one: rename the fields, and put defaults into \
                     `#[setting(default = \"…\")]`",
                ));
            }
        }
    }
    Ok(())
}

/// The doc comment, its lines joined.
pub(super) fn docs(attrs: &[Attribute]) -> String {
    let lines = attrs.iter().filter(|attr| attr.path().is_ident("doc")).filter_map(|attr| {
        match &attr.meta {
            Meta::NameValue(pair) => text(&pair.value),
            _ => None,
        }
    });
    let lines: Vec<String> = lines.map(|line| line.trim().to_owned()).collect();
    lines.join("\n").trim().to_owned()
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}
