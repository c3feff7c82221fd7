use std::fmt::Write as _;

use super::Settings;

/// What can be set, as a page and as a help text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference(Vec<Row>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    name: String,
    form: String,
    default: Option<String>,
    about: String,
}

impl Reference {
    /// Reads the keys of a struct.
    #[must_use]
    pub fn of<T: Settings>(prefix: &str) -> Self {
        let shown = T::KEYS.iter().filter(|key| !key.is_hidden);
        let rows = shown.map(|key| {
            let secret = if key.is_secret { ", secret" } else { "" };
            let required = !key.is_optional && key.default.is_none();
            Row {
                name: key.variable(prefix),
                form: format!("{}{secret}", key.form),
                default: match key.default.or(key.unset) {
                    None if required => Some("must be set".to_owned()),
                    None => None,
                    Some(default) => Some(format!("`{default}`")),
                },
                about: key.about.to_owned(),
            }
        });
        Self(rows.collect())
    }

    /// Adds a variable that something else reads, such as `RUST_LOG`.
    #[must_use]
    pub fn variable(mut self, name: &str, form: &str, default: &str, about: &str) -> Self {
        let default = (!default.is_empty()).then(|| format!("`{default}`"));
        let [name, form, about] = [name, form, about].map(str::to_owned);
        self.0.push(Row { name, form, default, about });
        self
    }

    /// Writes a table in Markdown.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = "| name | allowed | default | meaning |\n|---|---|---|---|\n".to_owned();
        for Row { name, form, default, about } in &self.0 {
            let default = default.as_deref().unwrap_or("unset");
            let cells = [&format!("`{name}`"), form, default, about].map(cell);
            // A String takes everything that is written.
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        text
    }

    /// Writes lines for a terminal: the name, the first sentence and the default.
    #[must_use]
    pub fn to_help(&self) -> String {
        let width = self.0.iter().map(|row| row.name.len()).max().unwrap_or_default();
        let mut text = String::new();
        for Row { name, default, about, .. } in &self.0 {
            let sentence = about.split_once(". ").map_or(about.as_str(), |(first, _)| first);
            let about = sentence.trim_end_matches('.').replace('\n', " ");
            let default = default.as_deref().unwrap_or_default().replace('`', "");
            let default = if default.is_empty() { default } else { format!("  [{default}]") };
            let _ = writeln!(text, "  {name:width$}  {about}{default}");
        }
        text
    }
}

/// One cell of a table has one line, and no bar but its own.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::chassis::config::{Secret, parse, settings_from};

    /// The doc comment of the struct is no part of the page.
    #[derive(Debug, Deserialize, crate::chassis::config::Settings)]
    struct Shop {
        /// Where it listens. A second
        /// sentence | with a bar.
        #[serde(deserialize_with = "parse")]
        #[setting(default = "127.0.0.1:3000")]
        addr: std::net::SocketAddr,
        /// Whether it is open.
        #[serde(deserialize_with = "parse")]
        #[setting(default = "true")]
        open: bool,
        /// Who runs it.
        #[setting(unset = "nobody")]
        owner: Option<String>,
        /// Opens the till.
        #[serde(rename = "till_key")]
        till: Secret,
        #[setting(hidden)]
        old: Option<Vec<u8>>,
    }

    #[test]
    fn the_page_says_what_the_doc_comments_say() {
        let page = Reference::of::<Shop>("SHOP_")
            .variable("RUST_LOG", "levels", "info", "What is logged.")
            .to_markdown();
        assert_eq!(
            page,
            "| name | allowed | default | meaning |\n\
             |---|---|---|---|\n\
             | `SHOP_ADDR` | IP address and port | `127.0.0.1:3000` | Where it listens. A second \
             sentence \\| with a bar. |\n\
             | `SHOP_OPEN` | `true` or `false` | `true` | Whether it is open. |\n\
             | `SHOP_OWNER` | text | `nobody` | Who runs it. |\n\
             | `SHOP_TILL_KEY` | text, secret | must be set | Opens the till. |\n\
             | `RUST_LOG` | levels | `info` | What is logged. |\n"
        );
        let help = Reference::of::<Shop>("SHOP_").to_help();
        assert!(help.contains("  SHOP_ADDR      Where it listens  [127.0.0.1:3000]\n"), "{help}");
    }

    #[test]
    fn what_the_page_calls_the_default_is_the_default() {
        let shop: Shop = settings_from("SHOP_", None, [("SHOP_TILL_KEY", "hunter2")]).unwrap();
        assert_eq!((shop.addr.port(), shop.open, shop.owner), (3000, true, None));
        assert_eq!((shop.till.expose(), shop.old), ("hunter2", None));
        assert_eq!(Shop::KEYS.len(), 5);
    }
}
