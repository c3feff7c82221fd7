use std::{ffi::OsString, path::Path};

use figment::{
    Figment, Metadata, Profile, Provider,
    error::{Actual, Kind},
    value::{Dict, Map, Value},
};
use serde::de::DeserializeOwned;

use super::{ConfigError, Key, Settings, file::File, nearest::nearest, parse::Shown};
use crate::wire::members;

/// Loads a configuration from a file, where there is one, and from the environment.
///
/// A variable with the prefix that no key belongs to is only warned of: another version of the
/// program may know it.
///
/// # Errors
///
/// If the file cannot be read, has an unknown key, or a value is not allowed.
pub fn load<T: DeserializeOwned>(prefix: &str, file: Option<&Path>) -> Result<T, ConfigError> {
    load_from(prefix, file, std::env::vars_os())
}

/// Like [`load`], with the variables given.
///
/// # Errors
///
/// If the file cannot be read, has an unknown key, or a value is not allowed.
pub fn load_from<T: DeserializeOwned>(
    prefix: &str,
    file: Option<&Path>,
    variables: impl IntoIterator<Item = (impl Into<OsString>, impl Into<OsString>)>,
) -> Result<T, ConfigError> {
    Sources { prefix, keys: &[], known: members::<T>() }.load(file, variables)
}

/// Loads settings that know their keys: like [`load`], with their defaults.
///
/// An empty variable of a key that may be left out is like none.
///
/// # Errors
///
/// If the file cannot be read, has an unknown key, or a value is not allowed.
pub fn settings<T: Settings>(prefix: &str, file: Option<&Path>) -> Result<T, ConfigError> {
    settings_from(prefix, file, std::env::vars_os())
}

/// Like [`settings`], with the variables given.
///
/// # Errors
///
/// If the file cannot be read, has an unknown key, or a value is not allowed.
pub fn settings_from<T: Settings>(
    prefix: &str,
    file: Option<&Path>,
    variables: impl IntoIterator<Item = (impl Into<OsString>, impl Into<OsString>)>,
) -> Result<T, ConfigError> {
    Sources { prefix, keys: T::KEYS, known: members::<T>() }.load(file, variables)
}

struct Sources<'a> {
    prefix: &'a str,
    /// What is known of the keys; empty where only their names are.
    keys: &'static [Key],
    known: &'static [&'static str],
}

impl Sources<'_> {
    fn load<T: DeserializeOwned>(
        &self,
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (impl Into<OsString>, impl Into<OsString>)>,
    ) -> Result<T, ConfigError> {
        let mut figment = Figment::new();
        for key in self.keys {
            if let Some(default) = key.default {
                let name = format!("the default of `{}`", key.name);
                figment = figment.merge(Variable::new(name, key.name, default.to_owned()));
            }
        }
        if let Some(path) = file {
            figment = figment.merge(File::read(path, self.known)?);
        }
        for (name, value) in variables {
            // A name that is no text is none of ours.
            let Ok(name) = name.into().into_string() else { continue };
            if name.starts_with(self.prefix) {
                figment = self.merge(figment, name, value.into())?;
            }
        }
        figment.extract().map_err(|error| self.explain(&error))
    }

    fn merge(
        &self,
        figment: Figment,
        name: String,
        value: OsString,
    ) -> Result<Figment, ConfigError> {
        // Only in capitals: two spellings of one key would win over each other by chance.
        let Some(known) = self.known.iter().find(|known| self.variable(known) == name) else {
            let names: Vec<_> = self.known.iter().map(|known| self.variable(known)).collect();
            let meant = nearest(&name[self.prefix.len()..], self.known);
            let meant = meant.map(|known| format!(" (did you mean {}?)", self.variable(known)));
            let (meant, names) = (meant.unwrap_or_default(), names.join(", "));
            tracing::warn!("the variable {name} means nothing{meant}; known are {names}");
            return Ok(figment);
        };
        let Ok(value) = value.into_string() else {
            let reason = format!("its value is not UTF-8 text{}", self.allowed(known));
            return Err(ConfigError::Value { origin: name, reason });
        };
        let is_optional = self.key(known).is_some_and(|key| key.is_optional);
        if is_optional && value.trim().is_empty() {
            return Ok(figment);
        }
        Ok(figment.merge(Variable::new(name, known, value)))
    }

    fn variable(&self, known: &str) -> String {
        format!("{}{}", self.prefix, known.to_uppercase())
    }

    fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// What is allowed for a key, at the end of a sentence.
    fn allowed(&self, name: &str) -> String {
        let form = self.key(name).map(|key| key.form).filter(|form| !form.is_empty());
        form.map(|form| format!("; allowed: {form}")).unwrap_or_default()
    }

    fn explain(&self, error: &figment::Error) -> ConfigError {
        let key = error.path.join(".");
        let metadata = error.metadata.as_ref();
        let file = metadata.and_then(|metadata| metadata.source.as_ref()?.file_path());
        let origin = match (file, metadata) {
            (Some(path), _) => format!("`{key}` in {}", path.display()),
            (None, Some(metadata)) => metadata.name.to_string(),
            (None, None) => self.variable(&key),
        };
        let top = error.path.first().map(String::as_str).unwrap_or_default();
        let reason = match &error.kind {
            Kind::MissingField(name) => {
                let reason = format!("it must be set{}", self.allowed(name));
                return ConfigError::Value { origin: self.variable(name), reason };
            }
            _ if self.key(top).is_some_and(|key| key.is_secret) => {
                format!("its value, which is not shown, is not allowed{}", self.allowed(top))
            }
            Kind::InvalidType(actual, expected) | Kind::InvalidValue(actual, expected) => {
                let actual = match actual {
                    Actual::Str(text) => format!("`{}`", Shown(text)),
                    actual => actual.to_string(),
                };
                format!("{actual} is not allowed: it must be {expected}")
            }
            other => other.to_string(),
        };
        ConfigError::Value { origin, reason }
    }
}

/// One variable of the environment, so that an error can name it.
struct Variable {
    name: String,
    key: &'static str,
    value: String,
}

impl Variable {
    const fn new(name: String, key: &'static str, value: String) -> Self {
        Self { name, key, value }
    }
}

impl Provider for Variable {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let dict = Dict::from([(self.key.to_owned(), Value::from(self.value.clone()))]);
        Ok(Map::from([(Profile::Default, dict)]))
    }
}
