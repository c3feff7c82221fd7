//! `#[derive(ServiceError)]`: one case for a struct or for each variant of an enum.

pub(crate) mod attributes;
mod case;
mod catalogue;
mod format;
mod header;
mod leaks;
pub(crate) mod names;
mod values;

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Result};

use case::Case;

pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(input)?;
    let cases = cases(&input)?;
    refuse_duplicates(&cases)?;

    let entries = catalogue::entries(&input)?;
    let status = cases.iter().map(Case::status);
    let code = cases.iter().map(Case::code);
    let title = cases.iter().map(Case::title);
    let service = cases.iter().map(Case::service);
    let detail = cases.iter().map(Case::detail).collect::<Result<Vec<_>>>()?;
    let errors = cases.iter().map(Case::errors);
    let headers = cases.iter().map(Case::headers);
    let log_level = cases.iter().map(Case::log_level);
    let is_retryable = cases.iter().map(Case::is_retryable);

    let name = &input.ident;
    let (impl_generics, type_generics, bounds) = input.generics.split_for_impl();
    // The fields that a text does not mention are bound all the same.
    let unused =
        quote!(#[allow(unused_variables, clippy::pattern_type_mismatch, reason = "derived")]);
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics ::ticketkit_core::ServiceError for #name #type_generics #bounds {
            fn status(&self) -> ::ticketkit_core::ErrorStatus {
                match self { #(#status)* }
            }
            fn code(&self) -> ::ticketkit_core::Code {
                match self { #(#code)* }
            }
            fn title(&self) -> ::std::borrow::Cow<'static, str> {
                match self { #(#title)* }
            }
            fn service(&self) -> ::std::option::Option<::std::borrow::Cow<'static, str>> {
                match self { #(#service)* }
            }
            #unused
            fn detail(&self) -> ::std::option::Option<::std::string::String> {
                match self { #(#detail)* }
            }
            fn errors(&self) -> ::std::vec::Vec<::ticketkit_core::FieldError> {
                match self { #(#errors)* }
            }
            #unused
            fn headers(&self, headers: &mut ::ticketkit_core::__private::http::HeaderMap) {
                match self { #(#headers)* }
            }
            fn log_level(&self) -> ::ticketkit_core::LogLevel {
                match self { #(#log_level)* }
            }
            fn is_retryable(&self) -> bool {
                match self { #(#is_retryable)* }
            }
            fn entries() -> ::std::vec::Vec<::ticketkit_core::catalogue::Entry> {
                let mut entries = ::std::vec::Vec::new();
                #entries
                entries
            }
        }

        ::ticketkit_core::__into_response! { [#impl_generics] [#name #type_generics] [#bounds] }
        ::ticketkit_core::__into_responses! { [#impl_generics] [#name #type_generics] [#bounds] }
    })
}

fn cases(input: &DeriveInput) -> Result<Vec<Case>> {
    match &input.data {
        Data::Struct(data) => {
            let attrs = (&*input.attrs, &[][..]);
            Ok(vec![Case::new(quote!(Self), &input.ident, attrs, &data.fields)?])
        }
        Data::Enum(data) if data.variants.is_empty() => {
            Err(Error::new_spanned(&input.ident, "an error without variants answers nothing"))
        }
        Data::Enum(data) => data
            .variants
            .iter()
            .map(|variant| {
                let name = &variant.ident;
                let attrs = (&*variant.attrs, &*input.attrs);
                Case::new(quote!(Self::#name), name, attrs, &variant.fields)
            })
            .collect(),
        Data::Union(_) => {
            Err(Error::new_spanned(&input.ident, "`ServiceError` is derived for structs and enums"))
        }
    }
}

fn refuse_duplicates(cases: &[Case]) -> Result<()> {
    let mut seen = HashMap::new();
    for case in cases {
        let Some(code) = case.own_code() else { continue };
        if let Some(first) = seen.insert(code.to_owned(), &case.name) {
            return Err(Error::new(
                case.name.span(),
                format!(
                    "the code `{code}` is that of `{first}` already: a code names one error; give \
                     another `code = \"…\"`, or share an error through `transparent` or `internal`"
                ),
            ));
        }
    }
    Ok(())
}
