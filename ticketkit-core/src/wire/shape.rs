//! Tells what a type asks its format for, without a value of it.

use std::cell::Cell;

use serde::{
    de::{Deserialize, Deserializer, Visitor},
    forward_to_deserialize_any,
};

use super::asked::Asked;

/// Returns the names of the members of a struct; none for any other type.
pub(crate) fn members<T: for<'de> Deserialize<'de>>() -> &'static [&'static str] {
    let asked = Cell::new(&[][..]);
    let _ = T::deserialize(Probe(&asked));
    asked.get()
}

/// Notes the members that it is asked for, and never gives a value.
struct Probe<'a>(&'a Cell<&'static [&'static str]>);

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Asked;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Asked> {
        Err(Asked)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        members: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Asked> {
        self.0.set(members);
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
        unit unit_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structs_tell_their_members_also_through_a_wrapper() {
        #[derive(serde::Deserialize)]
        #[expect(dead_code, reason = "the shape is what counts")]
        struct Named {
            a: u8,
        }
        #[derive(serde::Deserialize)]
        struct Wrapper(#[expect(dead_code, reason = "the shape is what counts")] Named);

        assert_eq!(members::<Named>(), ["a"]);
        assert_eq!(members::<Wrapper>(), ["a"]);
        assert!(members::<std::collections::BTreeMap<String, u8>>().is_empty());
        assert!(members::<Vec<u8>>().is_empty());
    }
}
