//! One case of the derived error: a struct, or a variant of an enum.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Attribute, Error, Fields, LitStr, Member, Result};

use super::{
    attributes::{Attributes, Detail, is_public},
    format,
    leaks::{self, ErrorText},
    names, values,
};

pub(super) struct Case {
    pub(super) name: Ident,
    path: TokenStream,
    pub(super) attributes: Attributes,
    pub(super) fields: Vec<Field>,
    pub(super) text: ErrorText,
}

pub(super) struct Field {
    member: Member,
    /// What an expression of the author calls it.
    visible: Ident,
    /// What no text or expression of the author can call it.
    hidden: Ident,
    is_source: bool,
    is_public: bool,
}

impl Case {
    /// `common` are the attributes of the whole enum, whose `#[error]` stands for missing ones.
    pub(super) fn new(
        path: TokenStream,
        name: &Ident,
        (attrs, common): (&[Attribute], &[Attribute]),
        fields: &Fields,
    ) -> Result<Self> {
        let attributes = Attributes::of_case(name, attrs)?;
        let text =
            ErrorText::of(attrs).or_else(|| ErrorText::of(common)).unwrap_or(ErrorText::Unknown);
        let fields = fields
            .iter()
            .zip(fields.members())
            .map(|(field, member)| Field::new(field, member, &text))
            .collect::<Result<_>>()?;
        let case = Self { name: name.clone(), path, attributes, fields, text };
        if case.attributes.transparent && case.fields.len() != 1 {
            return Err(Error::new(name.span(), "`transparent` needs exactly one field"));
        }
        if let Some(code) = case.own_code().filter(|code| !values::is_code(code)) {
            let message = format!("`{code}` is no error code: give another with `code = \"…\"`");
            return Err(Error::new(name.span(), message));
        }
        leaks::refuse(&case)?;
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

    /// Tells whether a name in a text or an expression is that of the source.
    pub(super) fn is_source(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.is_source && field.is_called(name))
    }

    pub(super) fn status(&self) -> TokenStream {
        let status = self.attributes.status.unwrap_or(500);
        self.arm(
            "status",
            &quote! {
                const {
                    match ::ticketkit_core::ErrorStatus::new(#status) {
                        ::std::option::Option::Some(status) => status,
                        ::std::option::Option::None => ::std::panic!("no status of an error"),
                    }
                }
            },
        )
    }

    pub(super) fn code(&self) -> TokenStream {
        let code = self.own_code().unwrap_or_else(|| "internal".to_owned());
        self.arm("code", &quote!(const { ::ticketkit_core::Code::new(#code) }))
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
        self.arm("title", &quote!(::std::borrow::Cow::Borrowed(#title)))
    }

    pub(super) fn service(&self) -> TokenStream {
        self.arm("service", &quote!(::std::option::Option::None))
    }

    pub(super) fn detail(&self) -> Result<TokenStream> {
        let own = || quote!(::std::string::ToString::to_string(self));
        let (text, shown) = match &self.attributes.detail {
            None => return Ok(self.arm("detail", &quote!(::std::option::Option::None))),
            Some(Detail::Own(_)) => match &self.text {
                ErrorText::Shows(names) => (own(), names.clone()),
                _ => (own(), Vec::new()),
            },
            Some(Detail::Text(text)) => {
                let names = format::placeholders(&text.value());
                (self.formatted(text)?, names)
            }
        };
        let shown =
            |field: &&Field| !field.is_public && shown.iter().any(|name| field.is_called(name));
        let checked = self.fields.iter().filter(shown).map(|field| &field.hidden);
        let body = quote!({
            #(::ticketkit_core::__shown_to_clients!(#checked);)*
            ::std::option::Option::Some(#text)
        });
        let path = &self.path;
        let bindings =
            self.fields.iter().map(|Field { member, hidden, .. }| quote!(#member: #hidden));
        Ok(quote!(#path { #(#bindings),* } => #body,))
    }

    fn formatted(&self, text: &LitStr) -> Result<TokenStream> {
        let names = format::placeholders(&text.value());
        let known = |name: &str| self.fields.iter().any(|field| field.text() == name);
        let text = format::prefixed(text, known)?;
        let used = self.fields.iter().filter(|field| names.contains(&field.text()));
        let arguments = used.map(|field| {
            let (name, value) = (format_ident!("__{}", field.text()), &field.hidden);
            quote!(#name = #value)
        });
        Ok(quote!(::std::format!(#text #(, #arguments)*)))
    }

    pub(super) fn errors(&self) -> TokenStream {
        let title = self.title_text();
        let Attributes { field, errors, .. } = &self.attributes;
        let body = match (errors, field) {
            (Some(errors), _) => quote! {
                ::std::iter::Iterator::collect(::std::iter::IntoIterator::into_iter(#errors(self)))
            },
            (None, Some(field)) => quote! {
                ::std::vec![
                    ::ticketkit_core::FieldError::new(
                        ::ticketkit_core::ServiceError::detail(self)
                            .map_or(::std::borrow::Cow::Borrowed(#title), ::std::convert::Into::into)
                    )
                    .field(#field)
                ]
            },
            (None, None) => quote!(::std::vec::Vec::new()),
        };
        self.arm("errors", &body)
    }

    pub(super) fn headers(&self) -> TokenStream {
        let path = &self.path;
        if self.attributes.transparent {
            return quote! {
                #path { 0: inner } => ::ticketkit_core::ServiceError::headers(inner, headers),
            };
        }
        if self.attributes.values().next().is_none() {
            return quote!(#path { .. } => {});
        }
        let retry_after = self.attributes.retry_after.iter().map(|seconds| {
            quote! {
                headers.insert(
                    ::ticketkit_core::__private::http::header::RETRY_AFTER,
                    ::ticketkit_core::__private::http::HeaderValue::from(u64::from(#seconds)),
                );
            }
        });
        let others = self.attributes.headers.iter().map(super::header::Header::insert);
        let bindings = self.fields.iter().map(|Field { member, visible, .. }| match member {
            Member::Named(_) => quote!(#visible),
            Member::Unnamed(_) => quote!(#member: #visible),
        });
        quote!(#path { #(#bindings),* } => { #(#retry_after)* #(#others)* })
    }

    pub(super) fn log_level(&self) -> TokenStream {
        let body = self.attributes.log.map_or_else(
            || quote!(::ticketkit_core::ServiceError::status(self).log_level()),
            |level| {
                let level = Ident::new(level, Span::call_site());
                quote!(::ticketkit_core::LogLevel::#level)
            },
        );
        self.arm("log_level", &body)
    }

    pub(super) fn is_retryable(&self) -> TokenStream {
        let body = self.attributes.retryable.map_or_else(
            || quote!(::ticketkit_core::ServiceError::status(self).is_retryable()),
            |retryable| quote!(#retryable),
        );
        self.arm("is_retryable", &body)
    }

    /// An arm that needs no field, or asks the one field of a transparent case.
    fn arm(&self, method: &str, body: &TokenStream) -> TokenStream {
        let path = &self.path;
        match (self.attributes.transparent, self.fields.first()) {
            (true, Some(Field { member, .. })) => {
                let method = Ident::new(method, Span::call_site());
                quote! {
                    #path { #member: inner } => ::ticketkit_core::ServiceError::#method(inner),
                }
            }
            _ => quote!(#path { .. } => #body,),
        }
    }
}

impl Field {
    fn new(field: &syn::Field, member: Member, text: &ErrorText) -> Result<Self> {
        let marked =
            |attr: &Attribute| attr.path().is_ident("source") || attr.path().is_ident("from");
        let is_source = field.attrs.iter().any(marked)
            || field.ident.as_ref().is_some_and(|name| name == "source")
            || matches!(text, ErrorText::Transparent);
        let visible = match &member {
            Member::Named(name) => name.clone(),
            Member::Unnamed(index) => format_ident!("field_{}", index.index),
        };
        let hidden = format_ident!("__{}", text_of(&member), span = Span::mixed_site());
        Ok(Self { member, visible, hidden, is_source, is_public: is_public(&field.attrs)? })
    }

    fn text(&self) -> String {
        text_of(&self.member)
    }

    fn is_called(&self, name: &str) -> bool {
        let name = name.trim_start_matches("r#");
        name == self.text() || name == self.visible.to_string().trim_start_matches("r#")
    }
}

fn text_of(member: &Member) -> String {
    match member {
        Member::Named(name) => name.to_string().trim_start_matches("r#").to_owned(),
        Member::Unnamed(index) => index.index.to_string(),
    }
}
