use garde::{Report, error::Path};

use super::rules;
use crate::{FieldError, error::Validation};

/// Whether a JSON pointer leads to what the names stand for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    Members,
    Parameters,
}

/// Makes `errors[]` of a report of garde, in its order.
pub(super) fn entries(
    report: Report,
    names: Names,
    translate: impl Fn(Vec<String>) -> Vec<String>,
) -> Validation {
    let mut broken = Validation::default();
    for (path, error) in report.into_inner() {
        let (code, message) = rules::split(error.message());
        let mut entry = FieldError::new(message.to_owned());
        if let Some(code) = code {
            entry = entry.code(code.to_owned());
        }
        let path = translate(parts(&path));
        entry = match names {
            _ if path.is_empty() => entry,
            Names::Members => entry.path(path),
            Names::Parameters => entry.parameter(path.join(".")),
        };
        broken.add(entry);
    }
    broken
}

/// The names and indices of a path.
///
/// Its text would not do: in it a dot in the key of a map looks like the end of a name.
fn parts(path: &Path) -> Vec<String> {
    let parts = serde_json::to_value(path).and_then(serde_json::from_value::<Vec<(Kind, String)>>);
    let parts = parts.unwrap_or_default().into_iter();
    parts.filter(|(kind, _)| *kind != Kind::None).map(|(_, part)| part).collect()
}

#[derive(PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    None,
    Key,
    Index,
}

/// For who calls garde alone; the names are those of Rust's fields, the texts garde's own.
///
/// ```
/// use garde::Validate;
/// use ticketkit_core::error::Validation;
///
/// #[derive(Validate)]
/// struct Ticket {
///     #[garde(range(min = 1))]
///     price: i64,
/// }
///
/// let broken = Validation::from(Ticket { price: 0 }.validate().unwrap_err());
/// assert_eq!(broken.errors()[0].field.as_deref(), Some("price"));
/// assert_eq!(broken.errors()[0].code.as_deref(), Some("range"));
/// ```
impl From<Report> for Validation {
    fn from(report: Report) -> Self {
        entries(report, Names::Members, |path| path)
    }
}
