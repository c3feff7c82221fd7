use std::collections::HashMap;

use serde::{
    de::{
        DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor,
        value::MapDeserializer,
    },
    forward_to_deserialize_any,
};

use super::text::{Text, TextError};
use crate::{FieldError, error::Validation};

/// After so many errors a list helps nobody, and a hostile form costs no more time.
const MOST_ERRORS: usize = 32;

/// Reads a value from the query of a URI. Parameters that `T` does not know are ignored.
///
/// A name that stands there several times is a list: a `Vec` takes all of its values, everything
/// else refuses it.
///
/// ```
/// use ticketkit_core::wire;
///
/// #[derive(Debug, serde::Deserialize)]
/// struct Search {
///     limit: u32,
///     #[serde(default)]
///     tag: Vec<String>,
/// }
///
/// let search: Search = wire::from_query("limit=5&tag=a&tag=b").unwrap();
/// assert_eq!((search.limit, search.tag.len()), (5, 2));
/// let broken = wire::from_query::<Search>("limit=%2B5").unwrap_err();
/// assert_eq!(broken.errors()[0].field.as_deref(), Some("limit"));
/// ```
///
/// # Errors
///
/// 422 `validation_failed` that names in `field` every parameter that does not parse.
pub fn from_query<T: DeserializeOwned>(query: &str) -> Result<T, Validation> {
    from_form(query.as_bytes())
}

/// Reads a value from a body of the type `application/x-www-form-urlencoded`, as [`from_query`]
/// does.
///
/// # Errors
///
/// 422 `validation_failed` that names in `field` every member that does not parse.
pub fn from_form<T: DeserializeOwned>(form: &[u8]) -> Result<T, Validation> {
    let mut pairs = Pairs::parse(form);
    let mut broken = Validation::default();
    loop {
        let error = match T::deserialize(&pairs) {
            Ok(value) => return broken.finish().map(|()| value),
            Err(error) => error,
        };
        let entry = FieldError::new(error.message).code(error.code);
        let Some(field) = error.field else {
            broken.add(entry);
            return Err(broken);
        };
        let noted = broken.errors().iter().any(|e| e.field.as_deref() == Some(&field));
        let removed = pairs.remove(&field);
        if !noted {
            broken.add(entry.parameter(field));
        }
        // Read without the one that is wrong, the next one that is wrong shows.
        if !removed || broken.errors().len() == MOST_ERRORS {
            return Err(broken);
        }
    }
}

/// The pairs by their names, in the order in which the names first appear.
struct Pairs(Vec<(String, Vec<Vec<u8>>)>);

impl Pairs {
    fn parse(text: &[u8]) -> Self {
        let mut pairs: Vec<(String, Vec<Vec<u8>>)> = Vec::new();
        let mut places = HashMap::new();
        for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let at = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = at.map_or((pair, &[][..]), |at| (&pair[..at], &pair[at + 1..]));
            let name = String::from_utf8_lossy(&decode(name)).into_owned();
            let place = *places.entry(name.clone()).or_insert_with(|| {
                pairs.push((name, Vec::new()));
                pairs.len() - 1
            });
            pairs[place].1.push(decode(value));
        }
        Self(pairs)
    }

    fn remove(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|(other, _)| other != name);
        self.0.len() < before
    }
}

/// Percent-decoding as browsers do it: a `%` without two digits stands for itself.
fn decode(text: &[u8]) -> Vec<u8> {
    let digit = |at: usize| text.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut decoded = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let byte = match (text[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                at += 2;
                // Two hexadecimal digits are a byte.
                u8::try_from(high * 16 + low).unwrap_or_default()
            }
            (b'+', ..) => b' ',
            (byte, ..) => byte,
        };
        decoded.push(byte);
        at += 1;
    }
    decoded
}

impl<'de> Deserializer<'de> for &Pairs {
    type Error = TextError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_map(Access { rest: self.0.iter(), current: None })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, TextError> {
        visitor.visit_newtype_struct(self)
    }

    /// A list of pairs, for who wants to see them all.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        let all = self.0.iter().flat_map(|(name, values)| {
            values.iter().map(|value| (name.clone(), String::from_utf8_lossy(value).into_owned()))
        });
        visitor.visit_seq(MapDeserializer::new(all))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit_struct tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Access<'a> {
    rest: std::slice::Iter<'a, (String, Vec<Vec<u8>>)>,
    current: Option<&'a (String, Vec<Vec<u8>>)>,
}

impl<'de> MapAccess<'de> for Access<'_> {
    type Error = TextError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, TextError> {
        self.current = self.rest.next();
        self.current
            .map(|(name, _)| seed.deserialize(name.as_str().into_deserializer()))
            .transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, TextError> {
        let (name, values) = self.current.map_or(("", &[][..]), |(name, values)| (name, values));
        seed.deserialize(Text(values)).map_err(|error| error.of(name))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Page {
        limit: Option<u32>,
        #[serde(default)]
        tag: Vec<String>,
    }

    fn fields(query: &str) -> Vec<String> {
        let error = from_query::<Page>(query).unwrap_err();
        error.errors().iter().map(|e| e.field.clone().unwrap().into_owned()).collect()
    }

    #[test]
    fn a_parameter_that_does_not_parse_is_named() {
        for query in [
            "limit=abc",
            "limit=",
            "limit=-1",
            "limit=1.5",
            "limit=1&limit=2",
            "limit=+5",
            "limit=%2B5",
            "limit=5%",
            "limit=%ff",
            "limit=0x5",
            "limit=4294967296",
            "%6Cimit=x",
        ] {
            assert_eq!(fields(query), ["limit"], "{query}");
        }
        for query in ["limit=5&other=%ff", "&&limit=5&", "limit=%35", "limit=5&=&%&a=%zz&b=%"] {
            assert_eq!(from_query::<Page>(query).unwrap().limit, Some(5), "{query}");
        }
    }

    #[test]
    fn every_parameter_that_does_not_parse_is_named() {
        assert_eq!(fields("tag=%ff&limit=x"), ["tag", "limit"]);
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "only whether it parses is of interest")]
        struct Both {
            a: bool,
            b: f64,
            c: char,
        }
        let error = from_query::<Both>("a=yes&b=NaN").unwrap_err();
        let named: Vec<_> =
            error.errors().iter().map(|e| (e.field.as_deref(), &*e.message)).collect();
        assert_eq!(
            named,
            [(Some("a"), "must be true or false"), (Some("b"), "must be a number")],
            "what is missing is told when all that is there can be read"
        );
        let error = from_query::<Both>("a=true&b=1").unwrap_err();
        assert_eq!(error.errors()[0].code.as_deref(), Some("required"));
    }

    #[test]
    fn a_hostile_form_is_given_up_soon() {
        let form: String = (0..9000).map(|n| format!("k{n}=x&")).collect();
        let error = from_form::<HashMap<String, u8>>(form.as_bytes()).unwrap_err();
        assert_eq!(error.errors().len(), MOST_ERRORS);
    }

    #[test]
    fn all_pairs_can_be_read_as_a_list_and_a_map() {
        let pairs: Vec<(String, String)> = from_query("a=1&b=+x%20&a=2").unwrap();
        assert_eq!(pairs.len(), 3);
        assert_eq!(pairs[2], ("b".to_owned(), " x ".to_owned()));
        let map: HashMap<String, Vec<u8>> = from_query("a=1&a=2").unwrap();
        assert_eq!(map["a"], [1, 2]);
        assert!(from_query::<Option<Page>>("").unwrap().unwrap().tag.is_empty());
        from_query::<()>("a=b").unwrap();
    }
}
