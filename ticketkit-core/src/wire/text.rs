use std::{borrow::Cow, fmt};

use serde::{
    de::{self, Deserializer, IntoDeserializer, Visitor, value::SeqDeserializer},
    forward_to_deserialize_any,
};

use super::message::{ONCE, REQUIRED, message, rule};

/// All that stands under one name in a query or a form, as text that is still to be judged.
#[derive(Clone, Copy)]
pub(super) struct Text<'a>(pub(super) &'a [Vec<u8>]);

/// What is wrong with a query or a form, and with which of its names.
#[derive(Debug)]
pub(super) struct TextError {
    pub(super) field: Option<String>,
    pub(super) message: Cow<'static, str>,
    pub(super) code: &'static str,
}

impl TextError {
    fn new(message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Self { field: None, code: rule(&message), message }
    }

    pub(super) fn of(mut self, field: &str) -> Self {
        self.field.get_or_insert_with(|| field.to_owned());
        self
    }
}

impl<'a> Text<'a> {
    /// The one value, which must be UTF-8.
    fn single(self) -> Result<&'a str, TextError> {
        let [value] = self.0 else { return Err(TextError::new(ONCE)) };
        std::str::from_utf8(value).map_err(|_| TextError::new("must be UTF-8 text"))
    }
}

/// Integers have one form only: Rust's own parser would take `+5`.
macro_rules! integers {
    ($($method:ident $visit:ident $type:ident $what:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
            let text = self.single()?;
            match text.parse::<$type>() {
                Ok(value) if !text.starts_with('+') => visitor.$visit(value),
                _ => Err(TextError::new(concat!("must be ", $what))),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Text<'_> {
    type Error = TextError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_str(self.single()?)
    }

    integers! {
        deserialize_i8 visit_i8 i8 "an integer of at most 8 bits";
        deserialize_i16 visit_i16 i16 "an integer of at most 16 bits";
        deserialize_i32 visit_i32 i32 "an integer of at most 32 bits";
        deserialize_i64 visit_i64 i64 "an integer of at most 64 bits";
        deserialize_i128 visit_i128 i128 "an integer of at most 128 bits";
        deserialize_u8 visit_u8 u8 "a non-negative integer of at most 8 bits";
        deserialize_u16 visit_u16 u16 "a non-negative integer of at most 16 bits";
        deserialize_u32 visit_u32 u32 "a non-negative integer of at most 32 bits";
        deserialize_u64 visit_u64 u64 "a non-negative integer of at most 64 bits";
        deserialize_u128 visit_u128 u128 "a non-negative integer of at most 128 bits";
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        match self.single()? {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(TextError::new("must be true or false")),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        let text = self.single()?;
        // Rust's parser knows `inf` and `NaN` too, which JSON doesn't.
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() && !text.starts_with('+') => visitor.visit_f64(value),
            _ => Err(TextError::new("must be a number")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, TextError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_seq(SeqDeserializer::new(self.0.chunks(1).map(Text)))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TextError> {
        visitor.visit_enum(self.single()?.into_deserializer())
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier
    }
}

impl<'de> IntoDeserializer<'de, TextError> for Text<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl de::Error for TextError {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self::new(message(&text.to_string()).0)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(REQUIRED).of(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(ONCE).of(field)
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TextError {}
