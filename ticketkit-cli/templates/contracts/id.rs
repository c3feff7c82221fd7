use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a UUID with hyphens")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// Makes a new id: a UUIDv7, so that ids sort by the time they were made.
            #[must_use]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// Returns the UUID.
            #[must_use]
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                // The short, braced and URN forms would make two names of one object.
                let id = if text.len() == 36 { Uuid::parse_str(text).ok() } else { None };
                id.map(Self).ok_or(InvalidId)
            }
        }
    )*};
}

ids! {
{% for id in project.ids %}
    /// The id of one {{ id }}.
    {{ id }}Id,
{% endfor %}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hyphenated_form_is_an_id() {
        let id = {{ project.ids[0] if project.ids else "" }}Id::new();
        assert_eq!(id.to_string().parse(), Ok(id));
        for bad in ["", "1", &id.as_uuid().simple().to_string()] {
            assert_eq!(bad.parse::<{{ project.ids[0] if project.ids else "" }}Id>(), Err(InvalidId), "{bad}");
            assert!(serde_json::from_value::<{{ project.ids[0] if project.ids else "" }}Id>(bad.into()).is_err());
        }
    }
}
