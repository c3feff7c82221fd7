//! One case of the derived error: a struct, or a variant of an enum.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Attribute, Error, Fields, LitStr, Member, Meta, Result};

use super::{
    attributes::{Attributes, Detail},
    names,
};

pub(super) struct Case {
    pub(super) name: Ident,
    path: TokenStream,
    attributes: Attributes,
    /// The fields, with the names that they are bound to.
    fields: Vec<(Member, Ident)>,
}

impl Case {
    pub(super) fn new(
        path: TokenStream,
        name: &Ident,
        attrs: &[Attribute],
        fields: &Fields,
    ) -> Result<Self> {
        let attributes = Attributes::parse(name, attrs)?;
        let bound = fields.members().map(|member| {
            let ident = match &member {
                Member::Named(name) => name.clone(),
                Member::Unnamed(index) => format_ident!("field_{}", index.index),
            };
            (member, ident)
        });
        let case = Self { name: name.clone(), path, attributes, fields: bound.collect() };
        if case.attributes.transparent && case.fields.len() != 1 {
            return Err(Error::new(name.span(), "`transparent` needs exactly one field"));
        }
        case.refuse_leaks(attrs, fields)?;
        Ok(case)
    }

    /// The code that this case gives itself, unless another error decides.
    pub(super) fn own_code(&self) -> Option<String> {
        let Attributes { code, internal, transparent, .. } = &self.attributes;
        if *internal || *transparent {
            return None;
        }
        Some(code.as_ref().map_or_else(|| names::code(&self.name.to_string()), LitStr::value))
    }

    pub(super) fn status(&self) -> TokenStream {
        let status = self.attributes.status.unwrap_or(500);
        self.arm("status", &quote!(), || {
            quote! {
                const {
                    match ::ticketkit_core::ErrorStatus::new(#status) {
                        ::std::option::Option::Some(status) => status,
                        ::std::option::Option::None => ::std::panic!("no status of an error"),
                    }
                }
            }
        })
    }

    pub(super) fn code(&self) -> TokenStream {
        let code = self.own_code().unwrap_or_else(|| "internal".to_owned());
        self.arm("code", &quote!(), || quote!(const { ::ticketkit_core::Code::new(#code) }))
    }

    fn title_text(&self) -> String {
        if self.attributes.internal {
            return "Something went wrong on our side".to_owned();
        }
        let Attributes { title, .. } = &self.attributes;
        title.as_ref().map_or_else(|| names::title(&self.name.to_string()), LitStr::value)
    }

    pub(super) fn title(&self) -> TokenStream {
        let title = self.title_text();
        self.arm("title", &quote!(), || quote!(::std::borrow::Cow::Borrowed(#title)))
    }

    pub(super) fn detail(&self) -> TokenStream {
        self.arm("detail", &quote!(), || match &self.attributes.detail {
            None => quote!(::std::option::Option::None),
            Some(Detail::Own(_)) => {
                quote!(::std::option::Option::Some(::std::string::ToString::to_string(self)))
            }
            Some(Detail::Text(text)) => {
                let text = with_bound_names(text);
                quote!(::std::option::Option::Some(::std::format!(#text)))
            }
        })
    }

    pub(super) fn errors(&self) -> TokenStream {
        let title = self.title_text();
        self.arm("errors", &quote!(), || match &self.attributes.field {
            None => quote!(::std::vec::Vec::new()),
            Some(field) => quote! {
                ::std::vec![
                    ::ticketkit_core::FieldError::new(
                        ::ticketkit_core::ServiceError::detail(self)
                            .map_or(::std::borrow::Cow::Borrowed(#title), ::std::convert::Into::into)
                    )
                    .field(#field)
                ]
            },
        })
    }

    pub(super) fn headers(&self) -> TokenStream {
        self.arm("headers", &quote!(headers), || match &self.attributes.retry_after {
            None => quote!({}),
            Some(seconds) => quote!({
                headers.insert(
                    ::ticketkit_core::__private::http::header::RETRY_AFTER,
                    ::ticketkit_core::__private::http::HeaderValue::from(u64::from(#seconds)),
                );
            }),
        })
    }

    /// An arm that binds all fields, or asks the one field of a transparent case.
    fn arm(
        &self,
        method: &str,
        arguments: &TokenStream,
        body: impl FnOnce() -> TokenStream,
    ) -> TokenStream {
        let path = &self.path;
        let bindings = self.fields.iter().map(|(member, name)| match member {
            Member::Named(_) => quote!(#name),
            Member::Unnamed(_) => quote!(#member: #name),
        });
        let body = match (self.attributes.transparent, self.fields.first()) {
            (true, Some((_, inner))) => {
                let method = Ident::new(method, Span::call_site());
                quote!(::ticketkit_core::ServiceError::#method(#inner, #arguments))
            }
            _ => body(),
        };
        quote!(#path { #(#bindings),* } => #body,)
    }

    /// The text of a 5xx or of a source is never public.
    fn refuse_leaks(&self, attrs: &[Attribute], fields: &Fields) -> Result<()> {
        let is_server_error = self.attributes.status.is_some_and(|status| status >= 500);
        let sources: Vec<String> = fields
            .iter()
            .zip(&self.fields)
            .filter(|(field, _)| is_source(field))
            .map(|(_, (member, _))| text_of(member))
            .collect();
        let shows_source =
            |text: &str| placeholders(text).iter().find(|name| sources.contains(name)).cloned();
        match &self.attributes.detail {
            None => Ok(()),
            Some(Detail::Own(span)) if is_server_error => Err(Error::new(
                *span,
                "the text of a 5xx error is for the log: give a fixed `detail = \"…\"`, or none",
            )),
            Some(Detail::Own(span)) => match error_text(attrs).and_then(|text| {
                if text == "transparent" { Some(text) } else { shows_source(&text) }
            }) {
                Some(name) => Err(Error::new(
                    *span,
                    format!(
                        "the text of this error shows its source (`{name}`), which is for the log: \
                         give a `detail = \"…\"` without it"
                    ),
                )),
                None => Ok(()),
            },
            Some(Detail::Text(text)) => {
                let value = text.value();
                if is_server_error && !placeholders(&value).is_empty() {
                    let message = "the detail of a 5xx error is a fixed text, without placeholders";
                    return Err(Error::new(text.span(), message));
                }
                match shows_source(&value) {
                    Some(name) => Err(Error::new(
                        text.span(),
                        format!("`{name}` is the source of this error: its text is for the log"),
                    )),
                    None => Ok(()),
                }
            }
        }
    }
}

fn is_source(field: &syn::Field) -> bool {
    let marked = |attr: &Attribute| attr.path().is_ident("source") || attr.path().is_ident("from");
    field.attrs.iter().any(marked) || field.ident.as_ref().is_some_and(|name| name == "source")
}

fn text_of(member: &Member) -> String {
    match member {
        Member::Named(name) => name.to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    }
}

/// The format text of thiserror's `#[error("…", arguments)]`, its arguments as placeholders.
fn error_text(attrs: &[Attribute]) -> Option<String> {
    let attr = attrs.iter().find(|attr| attr.path().is_ident("error"))?;
    let Meta::List(list) = &attr.meta else { return None };
    let mut tokens = list.tokens.clone().into_iter();
    let first = tokens.next()?.to_string();
    if first == "transparent" {
        return Some(first);
    }
    // `.0` and `source.kind()` among the arguments show a field just as `{0}` does.
    let arguments: String =
        tokens.map(|token| format!("{{{}}}", token.to_string().trim_start_matches('.'))).collect();
    Some(first + &arguments)
}

/// The names in the braces of a format text.
fn placeholders(text: &str) -> Vec<String> {
    let text = text.replace("{{", "").replace("}}", "");
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split(['}', ':']).next())
        .map(|name| name.trim().to_owned())
        .collect()
}

/// `{0}` becomes `{field_0}`, the name that the field is bound to.
fn with_bound_names(text: &LitStr) -> LitStr {
    let mut value = text.value();
    for name in placeholders(&value) {
        if name.bytes().all(|b| b.is_ascii_digit()) && !name.is_empty() {
            for end in ['}', ':'] {
                value = value.replace(&format!("{{{name}{end}"), &format!("{{field_{name}{end}"));
            }
        }
    }
    LitStr::new(&value, text.span())
}
