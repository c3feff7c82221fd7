//! Tells what a type asks its format for, without a value of it.

use std::{cell::Cell, fmt};

use serde::{
    de::{self, Deserialize, Deserializer, Visitor},
    forward_to_deserialize_any,
};

/// Tells whether `T` is a struct with named members or a map.
pub(super) fn wants_object<T: for<'de> Deserialize<'de>>() -> bool {
    probe::<T>().is_some()
}

/// Returns the names of the members of a struct.
#[cfg(feature = "chassis")]
pub(crate) fn members<T: for<'de> Deserialize<'de>>() -> &'static [&'static str] {
    probe::<T>().unwrap_or_default()
}

fn probe<T: for<'de> Deserialize<'de>>() -> Option<&'static [&'static str]> {
    let asked = Cell::new(None);
    let _ = T::deserialize(Probe(&asked));
    asked.get()
}

/// Notes the members that it is asked for, and never gives a value.
struct Probe<'a>(&'a Cell<Option<&'static [&'static str]>>);

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Asked;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Asked> {
        Err(Asked)
    }

    fn deserialize_map<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Asked> {
        self.0.set(Some(&[]));
        Err(Asked)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        members: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Asked> {
        self.0.set(Some(members));
        Err(Asked)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Asked> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct seq tuple tuple_struct enum identifier ignored_any
    }
}

/// The answer of whoever is asked and has no value.
#[derive(Debug)]
pub(super) struct Asked;

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a probe has no value")
    }
}

impl std::error::Error for Asked {}

impl de::Error for Asked {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structs_and_maps_want_an_object() {
        #[derive(serde::Deserialize)]
        struct Named {
            #[expect(dead_code, reason = "the shape is what counts")]
            a: u8,
        }
        #[derive(serde::Deserialize)]
        struct Wrapper(#[expect(dead_code, reason = "the shape is what counts")] Named);

        assert!(wants_object::<Named>());
        assert!(wants_object::<Wrapper>());
        assert!(wants_object::<std::collections::BTreeMap<String, u8>>());
        assert!(!wants_object::<Vec<u8>>());
        assert!(!wants_object::<String>());
    }
}
