//! What a derived error tells of all its cases, without a value of it.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Attribute, Data, DeriveInput, Fields, LitStr, Meta, Result};

use super::{
    attributes::{Attributes, Detail},
    names,
};

/// The expressions that add the entries of each case to `entries`.
pub(super) fn entries(input: &DeriveInput) -> Result<TokenStream> {
    let cases = match &input.data {
        Data::Struct(data) => vec![case(&input.ident, &input.attrs, &data.fields)?],
        Data::Enum(data) => data
            .variants
            .iter()
            .map(|variant| case(&variant.ident, &variant.attrs, &variant.fields))
            .collect::<Result<_>>()?,
        // Refused elsewhere.
        Data::Union(_) => Vec::new(),
    };
    Ok(quote! { #(#cases)* })
}

fn case(name: &Ident, attrs: &[Attribute], fields: &Fields) -> Result<TokenStream> {
    let attributes = Attributes::of_case(name, attrs)?;
    if attributes.transparent {
        let inner = fields.iter().map(|field| &field.ty);
        return Ok(quote! {
            #(entries.extend(<#inner as ::ticketkit_core::ServiceError>::entries());)*
        });
    }
    let entry = if attributes.internal {
        quote!(::ticketkit_core::catalogue::Entry::internal())
    } else {
        described(&name.to_string(), attrs, &attributes)
    };
    let headers = attributes.headers.iter().map(|header| header.name.value());
    let headers = attributes.retry_after.iter().map(|_| "retry-after".to_owned()).chain(headers);
    let retryable = attributes.retryable.iter();
    Ok(quote! {
        entries.push(#entry #(.header(#headers))* #(.retryable(#retryable))*);
    })
}

/// A case with texts of its own.
fn described(name: &str, attrs: &[Attribute], attributes: &Attributes) -> TokenStream {
    let status = attributes.status.unwrap_or(500);
    let code = attributes.code.as_ref().map_or_else(|| names::code(name), LitStr::value);
    let title = attributes.title.as_ref().map_or_else(|| names::title(name), LitStr::value);
    let detail = match &attributes.detail {
        None => None,
        Some(Detail::Text(text)) => Some(text.value()),
        Some(Detail::Own(_)) => error_text(attrs),
    };
    let detail = detail.map(|text| quote!(.detail(#text)));
    let field = attributes.field.as_ref().map(|field| quote!(.field(#field)));
    quote! {
        ::ticketkit_core::catalogue::Entry::new(
            const {
                match ::ticketkit_core::ErrorStatus::new(#status) {
                    ::std::option::Option::Some(status) => status,
                    ::std::option::Option::None => ::std::panic!("no status of an error"),
                }
            },
            const { ::ticketkit_core::Code::new(#code) },
            #title,
        )
        #detail #field
    }
}

/// The text of thiserror's `#[error("…")]`, its placeholders as they stand.
fn error_text(attrs: &[Attribute]) -> Option<String> {
    let attr = attrs.iter().find(|attr| attr.path().is_ident("error"))?;
    let Meta::List(list) = &attr.meta else { return None };
    let first = TokenStream::from_iter(list.tokens.clone().into_iter().next());
    syn::parse2::<LitStr>(first).ok().map(|text| text.value())
}
