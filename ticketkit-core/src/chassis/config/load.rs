use std::path::{Path, PathBuf};

use figment::{
    Figment, Metadata, Profile, Provider,
    error::Kind,
    providers::{Format, Toml},
    value::{Dict, Map, Value},
};
use serde::de::DeserializeOwned;

use super::ConfigError;
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
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    load_from(prefix, file, variables)
}

/// Like [`load`], with the variables given.
///
/// # Errors
///
/// If the file cannot be read, has an unknown key, or a value is not allowed.
pub fn load_from<T: DeserializeOwned>(
    prefix: &str,
    file: Option<&Path>,
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<T, ConfigError> {
    let known = members::<T>();
    let mut figment = Figment::new();
    if let Some(path) = file {
        figment = figment.merge(read(path, known)?);
    }
    for (name, value) in variables {
        let Some(key) = name.strip_prefix(prefix).map(str::to_lowercase) else { continue };
        if known.contains(&key.as_str()) {
            figment = figment.merge(Variable { name, key, value });
        } else {
            tracing::warn!("the variable {name} means nothing; known are {}", list(prefix, known));
        }
    }
    figment.extract().map_err(|error| explain(prefix, &error))
}

fn read(path: &Path, known: &[&str]) -> Result<Figment, ConfigError> {
    let unreadable =
        |reason: String| ConfigError::File { path: path.to_owned(), reason: reason.trim().into() };
    std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    let figment = Figment::from(Toml::file_exact(path));
    let keys: Dict = figment.extract().map_err(|error| unreadable(error.kind.to_string()))?;
    match keys.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(figment),
        Some(key) => Err(ConfigError::Unknown {
            path: path.to_owned(),
            key: key.clone(),
            allowed: known.join(", "),
        }),
    }
}

fn list(prefix: &str, known: &[&str]) -> String {
    let names: Vec<_> = known.iter().map(|key| format!("{prefix}{}", key.to_uppercase())).collect();
    names.join(", ")
}

fn explain(prefix: &str, error: &figment::Error) -> ConfigError {
    let key = error.path.join(".");
    let metadata = error.metadata.as_ref();
    let file = metadata.and_then(|metadata| metadata.source.as_ref()?.file_path());
    let origin = match (file, metadata) {
        (Some(path), _) => format!("`{key}` in {}", PathBuf::from(path).display()),
        (None, Some(metadata)) => metadata.name.to_string(),
        (None, None) => format!("{prefix}{}", key.to_uppercase()),
    };
    let reason = match &error.kind {
        Kind::InvalidType(actual, expected) | Kind::InvalidValue(actual, expected) => {
            format!("{actual} is not allowed: it must be {expected}")
        }
        Kind::MissingField(name) => {
            let variable = format!("{prefix}{}", name.to_uppercase());
            return ConfigError::Value { origin: variable, reason: "it must be set".to_owned() };
        }
        other => other.to_string(),
    };
    ConfigError::Value { origin, reason }
}

/// One variable of the environment, so that an error can name it.
struct Variable {
    name: String,
    key: String,
    value: String,
}

impl Provider for Variable {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let dict = Dict::from([(self.key.clone(), Value::from(self.value.clone()))]);
        Ok(Map::from([(Profile::Default, dict)]))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::chassis::config::{Secret, parse, parse_option};

    #[derive(Debug, Deserialize)]
    struct Settings {
        #[serde(default, deserialize_with = "parse")]
        limit: u16,
        #[serde(default, deserialize_with = "parse_option")]
        email: Option<String>,
        #[serde(default)]
        key: Option<Secret>,
    }

    fn vars(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shop.toml");
        std::fs::write(&file, "limit = 3\nemail = \"a@b.c\"\n").unwrap();
        let settings: Settings =
            load_from("SHOP_", Some(&file), vars(&[("SHOP_LIMIT", "7"), ("OTHER", "1")])).unwrap();
        assert_eq!((settings.limit, settings.email.as_deref()), (7, Some("a@b.c")));
    }

    #[test]
    fn an_error_names_the_place_the_value_and_what_is_allowed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shop.toml");
        let refusal = |text: &str| {
            std::fs::write(&file, text).unwrap();
            load_from::<Settings>("SHOP_", Some(&file), vars(&[])).unwrap_err().to_string()
        };
        let text = refusal("limit = \"many\"");
        assert!(text.contains("`limit` in") && text.contains("many"), "{text}");
        let text = refusal("limits = 3");
        assert!(text.contains("unknown key `limits`") && text.contains("limit, email"), "{text}");
        let text = refusal("limit = ");
        assert!(text.contains("shop.toml"), "{text}");
        let missing = load_from::<Settings>("SHOP_", Some(Path::new("/no/such/file")), vars(&[]));
        assert!(missing.unwrap_err().to_string().contains("/no/such/file"));
    }

    #[test]
    fn a_secret_is_never_shown() {
        let settings: Settings =
            load_from("SHOP_", None, vars(&[("SHOP_KEY", "hunter2")])).unwrap();
        assert_eq!(settings.key.as_ref().map(Secret::expose), Some("hunter2"));
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
