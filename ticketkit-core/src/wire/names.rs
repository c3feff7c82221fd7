//! Names of Rust's fields into those that serde reads.

use std::cell::RefCell;

use serde::{
    de::{
        DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess,
        Visitor,
    },
    forward_to_deserialize_any,
};

use super::asked::Asked;

/// Translates a path of Rust's names into the names that `T` is read from.
///
/// `T` is asked what it would read, so it holds for members that are not there too. A name that was
/// changed by `rename_all` is found, because nothing but case and underscores differ; one that was
/// changed to something else by `rename` is not, and stays as it is, as does all that is below an
/// enum or a flattened member.
pub(crate) fn as_read<T: DeserializeOwned>(mut path: Vec<String>) -> Vec<String> {
    let found = RefCell::new(Vec::with_capacity(path.len()));
    let _ = T::deserialize(Follow { rest: &path, found: &found });
    for (name, found) in path.iter_mut().zip(found.into_inner()) {
        *name = found;
    }
    path
}

/// Goes down one path and notes the names on it; it never gives a value.
#[derive(Clone, Copy)]
struct Follow<'a> {
    rest: &'a [String],
    found: &'a RefCell<Vec<String>>,
}

impl Follow<'_> {
    fn step<'de, V: Visitor<'de>>(
        self,
        members: &[&str],
        visit: impl FnOnce(String, Self) -> Result<V::Value, Asked>,
    ) -> Result<V::Value, Asked> {
        let Some((wanted, rest)) = self.rest.split_first() else { return Err(Asked) };
        let exact = members.iter().find(|member| *member == wanted);
        let alike = || members.iter().find(|member| fold(member) == fold(wanted));
        let name = exact.or_else(alike).map_or_else(|| wanted.clone(), |name| (*name).to_owned());
        self.found.borrow_mut().push(name.clone());
        visit(name, Self { rest, ..self })
    }
}

/// What `startTime`, `start_time`, `start-time` and `START_TIME` have in common.
fn fold(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

impl<'de> Deserializer<'de> for Follow<'_> {
    type Error = Asked;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Asked> {
        Err(Asked)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        members: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Asked> {
        self.step::<V>(members, |name, below| visitor.visit_map(One { name: Some(name), below }))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Asked> {
        self.step::<V>(&[], |name, below| visitor.visit_map(One { name: Some(name), below }))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Asked> {
        self.step::<V>(&[], |name, below| visitor.visit_seq(One { name: Some(name), below }))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Asked> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Asked> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct tuple tuple_struct enum identifier ignored_any
    }
}

/// The one member, or the one element, through which the path goes.
struct One<'a> {
    name: Option<String>,
    below: Follow<'a>,
}

impl<'de> MapAccess<'de> for One<'_> {
    type Error = Asked;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Asked> {
        self.name.take().map(|name| seed.deserialize(name.into_deserializer())).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Asked> {
        seed.deserialize(self.below)
    }
}

impl<'de> SeqAccess<'de> for One<'_> {
    type Error = Asked;

    fn next_element_seed<E: DeserializeSeed<'de>>(
        &mut self,
        seed: E,
    ) -> Result<Option<E::Value>, Asked> {
        self.name.take().map(|_| seed.deserialize(self.below)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    #[expect(dead_code, reason = "the names are what counts")]
    struct Order {
        buyer_id: u64,
        order_lines: Option<Vec<Line>>,
        by_day: BTreeMap<String, Line>,
        wrapped: Wrapper,
        kind: Kind,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "SCREAMING-KEBAB-CASE")]
    #[expect(dead_code, reason = "the names are what counts")]
    struct Line {
        unit_price: i64,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "the names are what counts")]
    struct Wrapper(Line);

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "the names are what counts")]
    enum Kind {
        Gift { for_whom: String },
    }

    #[test]
    fn a_path_gets_the_names_that_are_read() {
        for (path, read) in [
            ("buyer_id", "buyerId"),
            ("order_lines/3/unit_price", "orderLines/3/UNIT-PRICE"),
            ("by_day/a_b/unit_price", "byDay/a_b/UNIT-PRICE"),
            ("wrapped/unit_price", "wrapped/UNIT-PRICE"),
            ("kind/for_whom", "kind/for_whom"),
            ("unknown/x", "unknown/x"),
        ] {
            let parts = path.split('/').map(str::to_owned).collect();
            assert_eq!(as_read::<Order>(parts).join("/"), read);
        }
    }
}
