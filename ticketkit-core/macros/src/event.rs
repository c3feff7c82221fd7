//! `#[derive(Event)]`: subject, version, key and the version before from one attribute.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Data, DeriveInput, Fields, Ident, LitInt, LitStr, Type, spanned::Spanned};

const USAGE: &str =
    "an event needs `#[event(subject = \"order.created\", version = 1, key = \"id\")]`";

pub(crate) fn expand(input: TokenStream) -> syn::Result<TokenStream> {
    let input: DeriveInput = syn::parse2(input)?;
    let attributes = Attributes::parse(&input)?;
    let fields = match &input.data {
        Data::Struct(data) => &data.fields,
        Data::Enum(_) | Data::Union(_) => {
            return Err(syn::Error::new(
                input.ident.span(),
                "`Event` can be derived for structs; for other types write the impl by hand, \
                 the docs of the trait show it",
            ));
        }
    };
    let name = &input.ident;
    let (subject, version) = (&attributes.subject, &attributes.version);
    let key = attributes.key.tokens(fields)?;
    let (upcast, check) = attributes.upcast(&input)?;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();

    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics ::ticketkit_events::Event for #name #type_generics #where_clause {
            const SUBJECT: &'static str = #subject;
            const VERSION: u32 = #version;

            fn key(&self) -> ::std::borrow::Cow<'_, str> {
                #key
            }

            #upcast
        }

        #check
    })
}

struct Attributes {
    subject: LitStr,
    version: LitInt,
    key: Key,
    upcast_from: Option<Type>,
}

enum Key {
    Field(LitStr),
    Constant(LitStr),
}

impl Attributes {
    fn parse(input: &DeriveInput) -> syn::Result<Self> {
        let mut subject = None;
        let mut version = None;
        let mut key = None;
        let mut upcast_from = None;
        let mut span = input.ident.span();

        for attribute in input.attrs.iter().filter(|a| a.path().is_ident("event")) {
            span = attribute.span();
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("subject") {
                    let value: LitStr = meta.value()?.parse()?;
                    check_subject(&value)?;
                    once(&mut subject, value, meta.path.span())
                } else if meta.path.is_ident("version") {
                    let value: LitInt = meta.value()?.parse()?;
                    check_version(&value)?;
                    once(&mut version, value, meta.path.span())
                } else if meta.path.is_ident("key") {
                    once(&mut key, Key::Field(meta.value()?.parse()?), meta.path.span())
                } else if meta.path.is_ident("constant_key") {
                    once(&mut key, Key::Constant(meta.value()?.parse()?), meta.path.span())
                } else if meta.path.is_ident("upcast_from") {
                    once(&mut upcast_from, meta.value()?.parse()?, meta.path.span())
                } else {
                    Err(meta.error(
                        "unknown attribute; allowed are `subject`, `version`, `key`, `constant_key` \
                         and `upcast_from`",
                    ))
                }
            })?;
        }

        let missing = |what: &str| syn::Error::new(span, format!("`{what}` is missing: {USAGE}"));
        Ok(Self {
            subject: subject.ok_or_else(|| missing("subject"))?,
            version: version.ok_or_else(|| missing("version"))?,
            key: key.ok_or_else(|| missing("key"))?,
            upcast_from,
        })
    }

    /// Reads older versions as the type in `upcast_from`, and makes this type of it.
    ///
    /// Each type knows the one before alone: so the chain is as long as there are versions.
    ///
    /// Returns what goes into the impl, and what is checked beside it.
    fn upcast(&self, input: &DeriveInput) -> syn::Result<(TokenStream, TokenStream)> {
        let Some(older) = &self.upcast_from else { return Ok(Default::default()) };
        if !input.generics.params.is_empty() {
            return Err(syn::Error::new(
                older.span(),
                "`upcast_from` cannot be checked for a generic type; write the impl by hand, \
                 the docs of the trait show it",
            ));
        }
        let (name, subject) = (&input.ident, self.subject.value());
        let version: u32 = self.version.base10_parse()?;
        if version == 1 {
            return Err(syn::Error::new(older.span(), "version 1 has no version before it"));
        }
        let wrong = format!(
            "`upcast_from` must be the version before, which is version {} of \"{subject}\"",
            version - 1
        );
        // Spanned at the type, so that a wrong version and a missing `From` are reported there.
        let members = quote_spanned! {older.span()=>
            const OLDEST: u32 = <#older as ::ticketkit_events::Event>::OLDEST;

            fn read(
                version: u32,
                data: &str,
            ) -> ::std::result::Result<Self, ::ticketkit_events::event::ReadError> {
                if version < <Self as ::ticketkit_events::Event>::VERSION {
                    <#older as ::ticketkit_events::Event>::read(version, data)
                        .map(<Self as ::std::convert::From<#older>>::from)
                } else {
                    ::ticketkit_events::event::from_json(data)
                }
            }
        };
        let check = quote_spanned! {older.span()=>
            const _: () = ::std::assert!(
                ::ticketkit_events::event::is_before::<#older, #name>(),
                #wrong
            );
        };
        Ok((members, check))
    }
}

fn once<T>(slot: &mut Option<T>, value: T, span: Span) -> syn::Result<()> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(syn::Error::new(span, "this is given twice; an event has one of it")),
    }
}

fn check_subject(subject: &LitStr) -> syn::Result<()> {
    let word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let value = subject.value();
    if value.split('.').count() >= 2 && value.split('.').all(word) && value.len() <= 100 {
        return Ok(());
    }
    Err(syn::Error::new(
        subject.span(),
        format!(
            "subject {value:?} must be words of a-z, 0-9 and _ joined by dots, such as \
             \"order.created\", at most 100 characters"
        ),
    ))
}

fn check_version(version: &LitInt) -> syn::Result<()> {
    match version.base10_parse::<u32>() {
        Ok(1..) => Ok(()),
        _ => Err(syn::Error::new(version.span(), "versions count from 1")),
    }
}

impl Key {
    fn tokens(&self, fields: &Fields) -> syn::Result<TokenStream> {
        match self {
            Self::Constant(key) => Ok(quote!(::std::borrow::Cow::Borrowed(#key))),
            Self::Field(path) => field_key(path, fields),
        }
    }
}

fn field_key(path: &LitStr, fields: &Fields) -> syn::Result<TokenStream> {
    let text = path.value();
    let mut names = Vec::new();
    for part in text.split('.') {
        let name: Ident = syn::parse_str(part).map_err(|_| {
            syn::Error::new(path.span(), format!("key {text:?} must name a field, such as \"id\""))
        })?;
        names.push(Ident::new(&name.to_string(), path.span()));
    }
    let known: Vec<String> =
        fields.iter().filter_map(|f| f.ident.as_ref()).map(|i| format!("`{i}`")).collect();
    let first = &names[0];
    if !fields.iter().any(|f| f.ident.as_ref().is_some_and(|i| i == first)) {
        let help = match known.as_slice() {
            [] => "it has no named fields; use `constant_key` or write the impl by hand".to_owned(),
            known => format!("its fields are {}", known.join(", ")),
        };
        return Err(syn::Error::new(path.span(), format!("key {text:?} names no field: {help}")));
    }
    // Spanned at the literal, so that a key that cannot be text is reported there.
    Ok(quote_spanned! {path.span()=>
        ::std::borrow::Cow::Owned(::std::string::ToString::to_string(&self #(.#names)*))
    })
}
