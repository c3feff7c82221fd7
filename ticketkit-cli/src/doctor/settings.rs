//! What is set: in the environment, and in the file of the project.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::Checked;
use crate::answers::Answers;

/// The settings of a project by the names of their variables; the environment wins.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    pub(crate) root: PathBuf,
    /// The file, by its name in the root.
    file: String,
    /// What the names of the variables begin with: `SHOP_`.
    pub(crate) prefix: String,
    pub(crate) values: BTreeMap<String, String>,
}

impl Settings {
    pub(crate) fn read(root: &Path, answers: &Answers) -> (Self, Checked) {
        let name = answers.name.as_str();
        let prefix = format!("{}_", answers.name.snake().to_ascii_uppercase());
        let file = root.join(format!("{name}.toml"));
        let mut checked = Checked::well("settings", "");
        let mut values = BTreeMap::new();
        match fs::read_to_string(&file) {
            Ok(text) => match from_file(&text, &prefix) {
                Ok(found) => values = found,
                Err(error) => checked.add(
                    format!("{name}.toml cannot be read: {error}"),
                    format!("mend {name}.toml; app/README.md and --config-reference have the keys"),
                ),
            },
            Err(error) if crate::project::is_absent(&error) => {}
            Err(error) => {
                let text = format!("{name}.toml cannot be read: {error}");
                checked.add(text, format!("chmod u+r {name}.toml"));
            }
        }
        values.extend(std::env::vars().filter(|(name, _)| name.starts_with(&prefix)));
        checked.well = match values.len() {
            0 => "nothing is set, so the defaults hold".to_owned(),
            _ => values.keys().cloned().collect::<Vec<_>>().join(", "),
        };
        (Self { root: root.to_owned(), file: format!("{name}.toml"), prefix, values }, checked)
    }

    /// How a variable is taken back, wherever it was set.
    pub(crate) fn removal(&self, variable: &str) -> String {
        if std::env::var_os(variable).is_some() {
            return format!("unset {variable}");
        }
        let key = variable.strip_prefix(&self.prefix).unwrap_or(variable).to_ascii_lowercase();
        format!("take `{key}` out of {}", self.file)
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.values.get(&format!("{}{name}", self.prefix)).map(String::as_str)
    }
}

/// The keys of the file are those of the environment without the prefix, in small letters.
fn from_file(text: &str, prefix: &str) -> Result<BTreeMap<String, String>, String> {
    // Without the line itself, which may hold a password.
    let table: toml::Table = toml::from_str(text).map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        format!(
            "line {}: {}",
            1 + before.matches('\n').count(),
            error.message().replace('\n', ", ")
        )
    })?;
    let value =
        |value: &toml::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let name = |key: &str| format!("{prefix}{}", key.to_ascii_uppercase());
    Ok(table.iter().map(|(key, one)| (name(key), value(one))).collect())
}

#[cfg(test)]
mod tests {
    use super::from_file;

    #[test]
    fn keys_of_the_file_are_variables() {
        let values = from_file("addr = \"[::1]:1\"\ndrain_delay_seconds = 3", "SHOP_").unwrap();
        assert_eq!(values["SHOP_ADDR"], "[::1]:1");
        assert_eq!(values["SHOP_DRAIN_DELAY_SECONDS"], "3");
        let error = from_file("a = 1\npassword = canary", "SHOP_").unwrap_err();
        assert!(error.starts_with("line 2: ") && !error.contains("canary"), "{error}");
    }
}
