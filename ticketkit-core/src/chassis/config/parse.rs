use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, de};

/// Reads a value through its `FromStr`, whether the source wrote it as text, number or flag.
///
/// Use it with `#[serde(deserialize_with = "config::parse")]`: a variable of the environment is
/// always text, and a number in a TOML file need not be quoted. The error of `FromStr` should say
/// what is allowed.
///
/// # Errors
///
/// Those of `FromStr`, behind the value.
pub fn parse<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    read(&Scalar::deserialize(deserializer)?.0)
}

/// Like [`parse`], for an optional value: an empty text is none.
///
/// # Errors
///
/// Those of `FromStr`, behind the value.
pub fn parse_option<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let text = Scalar::deserialize(deserializer)?.0;
    if text.trim().is_empty() {
        return Ok(None);
    }
    read(&text).map(Some)
}

fn read<T: FromStr<Err: fmt::Display>, E: de::Error>(text: &str) -> Result<T, E> {
    text.trim().parse().map_err(|error| match text.trim() {
        "" => E::custom(format_args!("an empty value: {error}")),
        text => E::custom(format_args!("`{}`: {error}", Shown(text))),
    })
}

/// The longest value that an error repeats, in characters.
const LONGEST: usize = 120;

/// A value within a sentence: on one line, and not the whole of it if it is long.
pub(super) struct Shown<'a>(pub(super) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (count, c) in self.0.chars().enumerate() {
            match c {
                _ if count == LONGEST => return f.write_str("…"),
                c if c.is_control() => write!(f, "{}", c.escape_default())?,
                c => fmt::Write::write_char(f, c)?,
            }
        }
        Ok(())
    }
}

struct Scalar(String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number or a flag")
            }
            fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
                Ok(Scalar(value.to_owned()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
            fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// A text that no log and no error shows.
///
/// ```
/// use ticketkit_core::chassis::config::Secret;
///
/// #[derive(Debug, serde::Deserialize)]
/// struct Settings {
///     api_key: Secret,
/// }
///
/// let settings: Settings = serde_json::from_str(r#"{"api_key": "sk_live_1"}"#).unwrap();
/// assert_eq!(settings.api_key.expose(), "sk_live_1");
/// assert_eq!(format!("{settings:?}"), "Settings { api_key: Secret(…) }");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Returns the text, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The error of another type would show the value.
        Scalar::deserialize(deserializer)
            .map(|text| Self(text.0))
            .map_err(|_| de::Error::custom("a secret must be a text"))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
