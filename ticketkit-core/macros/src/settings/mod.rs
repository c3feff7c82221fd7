//! `#[derive(Settings)]`: the keys of a struct, with their doc comments, as a list.

mod attributes;
mod form;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Field, Fields, Result};

use attributes::{Attributes, Serde};

pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(input)?;
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(input.ident.span(), "`Settings` is derived for structs"));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new(
            input.ident.span(),
            "a setting is called by the name of its field: the fields need names",
        ));
    };
    attributes::refuse_renaming(&input.attrs)?;
    let mut keys = Vec::new();
    for field in &fields.named {
        keys.extend(key(field)?);
    }
    let name = &input.ident;
    let (impl_generics, type_generics, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics ::ticketkit_core::chassis::config::Settings
            for #name #type_generics #bounds
        {
            const KEYS: &'static [::ticketkit_core::chassis::config::Key] = &[#(#keys),*];
        }
    })
}

/// Writes one key; none for a field that serde does not read.
fn key(field: &Field) -> Result<Option<TokenStream>> {
    let Some(ident) = &field.ident else { return Ok(None) };
    let serde = Serde::parse(&field.attrs)?;
    if serde.is_skipped {
        return Ok(None);
    }
    let Attributes { default, form, unset, mut secret, hidden } = Attributes::parse(&field.attrs)?;
    let (inner, is_optional) = form::optional(&field.ty);
    secret |= form::is_secret(inner);
    let about = attributes::docs(&field.attrs);
    if about.is_empty() && !hidden {
        let says = "say in a doc comment what the setting means: it stands in the reference";
        return Err(Error::new(ident.span(), says));
    }
    if is_optional && default.is_some() {
        let says = "with a default it is never missing: leave out the `Option`";
        return Err(Error::new(ident.span(), says));
    }
    if !is_optional && unset.is_some() {
        return Err(Error::new(ident.span(), "`unset` is for an `Option`; use `default`"));
    }
    if !is_optional && default.is_none() && serde.has_default {
        let says = "put the default into `#[setting(default = \"…\")]` instead of serde's, so \
                    that the reference tells it";
        return Err(Error::new(ident.span(), says));
    }
    let form = match form.map(|form| form.value()).or_else(|| form::of(inner)) {
        Some(form) => form,
        None if hidden => String::new(),
        None => {
            let says = "say what is allowed: `#[setting(form = \"…\")]`; the type does not tell";
            return Err(Error::new(ident.span(), says));
        }
    };
    let name =
        serde.rename.unwrap_or_else(|| ident.to_string().trim_start_matches("r#").to_owned());
    let default = default.map(|default| quote!(.default(#default)));
    let unset = unset.map(|unset| quote!(.unset(#unset)));
    let flag = |on: bool, call: TokenStream| on.then_some(call);
    let optional = flag(is_optional, quote!(.optional()));
    let secret = flag(secret, quote!(.secret()));
    let hidden = flag(hidden, quote!(.hidden()));
    Ok(Some(quote! {
        ::ticketkit_core::chassis::config::Key::new(#name).about(#about).form(#form)
            #default #optional #unset #secret #hidden
    }))
}
