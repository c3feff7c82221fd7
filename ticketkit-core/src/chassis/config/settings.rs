use serde::de::DeserializeOwned;

/// A struct of settings that knows its keys: what they mean, what is allowed and what holds where
/// nothing is set.
///
/// Derived, the doc comment of each field is its meaning, and what is allowed follows from common
/// types:
///
/// | in `#[setting(…)]` | |
/// |---|---|
/// | `default = "…"` | what holds where nothing is set, written as in the environment; it *is* the default |
/// | `form = "…"` | what is allowed; needed where the type does not tell |
/// | `unset = "…"` | for an `Option`: what happens without it |
/// | `secret` | no error and no log shows the value; types called `Secret` are so by themselves |
/// | `hidden` | the key does not stand in the reference |
///
/// A field with a default is read as text, so that it needs `deserialize_with = "config::parse"`,
/// unless it is a text or a path. A field that is neither an `Option` nor has a default must be set.
///
/// By hand it is a list:
///
/// ```
/// use ticketkit_core::chassis::config::{self, Key, Settings};
///
/// #[derive(serde::Deserialize)]
/// struct Limits {
///     #[serde(deserialize_with = "config::parse")]
///     per_minute: u16,
///     admin: Option<String>,
/// }
///
/// impl Settings for Limits {
///     const KEYS: &'static [Key] = &[
///         Key::new("per_minute").about("Requests a minute.").form("1 to 65535").default("60"),
///         Key::new("admin").about("Who is told of floods.").form("e-mail address").optional(),
///     ];
/// }
///
/// let limits: Limits = config::settings_from("SHOP_", None, [("SHOP_ADMIN", "a@b.c")]).unwrap();
/// assert_eq!((limits.per_minute, limits.admin.as_deref()), (60, Some("a@b.c")));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not know its settings",
    note = "derive it beside serde's `Deserialize`: `#[derive(Deserialize, config::Settings)]`"
)]
pub trait Settings: DeserializeOwned {
    /// The keys, in the order of the reference; the same names as serde reads.
    const KEYS: &'static [Key];
}

/// One key of a [`Settings`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) form: &'static str,
    pub(super) default: Option<&'static str>,
    pub(super) unset: Option<&'static str>,
    pub(super) is_optional: bool,
    pub(super) is_secret: bool,
    pub(super) is_hidden: bool,
}

impl Key {
    /// Makes a key that must be set, by the name that stands in the file.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            about: "",
            form: "text",
            default: None,
            unset: None,
            is_optional: false,
            is_secret: false,
            is_hidden: false,
        }
    }

    /// Says what it means; its first sentence stands in the help.
    #[must_use]
    pub const fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// Says what is allowed.
    #[must_use]
    pub const fn form(self, form: &'static str) -> Self {
        Self { form, ..self }
    }

    /// Sets what holds where nothing is set.
    #[must_use]
    pub const fn default(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }

    /// Lets it be left out.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { is_optional: true, ..self }
    }

    /// Says what happens without it.
    #[must_use]
    pub const fn unset(self, unset: &'static str) -> Self {
        Self { unset: Some(unset), is_optional: true, ..self }
    }

    /// Keeps the value out of errors.
    #[must_use]
    pub const fn secret(self) -> Self {
        Self { is_secret: true, ..self }
    }

    /// Leaves it out of the reference.
    #[must_use]
    pub const fn hidden(self) -> Self {
        Self { is_hidden: true, ..self }
    }

    pub(super) fn variable(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.name.to_uppercase())
    }
}
