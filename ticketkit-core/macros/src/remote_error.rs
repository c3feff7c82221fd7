//! `#[derive(RemoteError)]`: an answer of another service into the variant with its code.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DataEnum, DeriveInput, Error, LitStr, Result, Variant};

use crate::service_error::{
    attributes::{Attributes, Detail},
    names,
};

pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(input)?;
    let Data::Enum(data) = &input.data else {
        let message = "`RemoteError` is derived for enums: a variant for each code";
        return Err(Error::new_spanned(&input.ident, message));
    };
    let (common, _) = Attributes::read(&input.attrs)?;
    let cases = data.variants.iter().map(Case::new).collect::<Result<Vec<_>>>()?;
    refuse_duplicates(&cases)?;
    let other = other(data, &cases)?;

    let arms = cases.iter().filter_map(Case::arm);
    let of_service = common.service.iter();
    let name = &input.ident;
    let (impl_generics, type_generics, bounds) = input.generics.split_for_impl();
    let answer = quote!(::ticketkit_core::client::RemoteError);
    let known = quote! {
        let is_of_service = true #(&& answer.service() == ::std::option::Option::Some(#of_service))*;
        let code = answer.code().filter(|_| is_of_service).map(|code| code.as_str().to_owned());
    };
    Ok(if let Some(other) = other {
        quote! {
            #[automatically_derived]
            impl #impl_generics ::std::convert::From<#answer> for #name #type_generics #bounds {
                fn from(answer: #answer) -> Self {
                    #known
                    match code.as_deref() {
                        #(#arms)*
                        _ => Self::#other(::std::convert::Into::into(answer)),
                    }
                }
            }
        }
    } else {
        let arms = arms.map(|arm| quote!(#arm));
        quote! {
            #[automatically_derived]
            impl #impl_generics ::std::convert::TryFrom<#answer> for #name #type_generics #bounds {
                type Error = #answer;

                fn try_from(answer: #answer) -> ::std::result::Result<Self, #answer> {
                    #known
                    ::std::result::Result::Ok(match code.as_deref() {
                        #(#arms)*
                        _ => return ::std::result::Result::Err(answer),
                    })
                }
            }
        }
    })
}

struct Case<'a> {
    variant: &'a Variant,
    attributes: Attributes,
}

impl<'a> Case<'a> {
    fn new(variant: &'a Variant) -> Result<Self> {
        let (attributes, _) = Attributes::read(&variant.attrs)?;
        let case = Self { variant, attributes };
        let message = if case.attributes.answer && case.attributes.other {
            "either `answer` or `other`"
        } else if case.is_made_of_answer() && !case.has_one_unnamed_field() {
            "this variant needs one unnamed field, which is made of the answer"
        } else if case.attributes.other && case.attributes.code.is_some() {
            "`other` is for the codes that no variant has: it has none itself"
        } else if matches!(case.attributes.detail, Some(Detail::Text(_))) && case.attributes.other {
            "`other` has no text of its own"
        } else {
            return Ok(case);
        };
        Err(Error::new(variant.ident.span(), message))
    }

    fn is_made_of_answer(&self) -> bool {
        self.attributes.answer || self.attributes.other
    }

    fn has_one_unnamed_field(&self) -> bool {
        matches!(&self.variant.fields, syn::Fields::Unnamed(fields) if fields.unnamed.len() == 1)
    }

    /// The code that the variant is recognised by.
    fn code(&self) -> Option<String> {
        let Attributes { code, internal, transparent, other, answer, .. } = &self.attributes;
        let can_be_made = self.variant.fields.is_empty() || *answer;
        if *internal || *transparent || *other || !can_be_made {
            return None;
        }
        let name = self.variant.ident.to_string();
        Some(code.as_ref().map_or_else(|| names::code(&name), LitStr::value))
    }

    fn arm(&self) -> Option<TokenStream> {
        let (name, code) = (&self.variant.ident, self.code()?);
        let fields = self.attributes.answer.then(|| quote!((::std::convert::Into::into(answer))));
        let fields = fields.unwrap_or_else(|| quote!({}));
        Some(quote!(::std::option::Option::Some(#code) => Self::#name #fields,))
    }
}

fn refuse_duplicates(cases: &[Case<'_>]) -> Result<()> {
    let mut seen = HashMap::new();
    for case in cases {
        let Some(code) = case.code() else { continue };
        let name = &case.variant.ident;
        if let Some(first) = seen.insert(code.clone(), name) {
            let message = format!("the code `{code}` is that of `{first}` already");
            return Err(Error::new(name.span(), message));
        }
    }
    Ok(())
}

/// The name of the variant for all other answers.
fn other<'a>(data: &DataEnum, cases: &[Case<'a>]) -> Result<Option<&'a syn::Ident>> {
    let mut others = cases.iter().filter(|case| case.attributes.other);
    let other = others.next().map(|case| &case.variant.ident);
    if let Some(second) = others.next() {
        return Err(Error::new(second.variant.ident.span(), "one variant can be `other`"));
    }
    if other.is_none() && cases.iter().all(|case| case.code().is_none()) {
        let message = "no variant can be made of an answer: one without fields is, or one with a \
                       field that is marked `#[problem(answer)]`";
        return Err(Error::new_spanned(&data.variants, message));
    }
    Ok(other)
}
