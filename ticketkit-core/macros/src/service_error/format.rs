//! The placeholders of a format text.

use syn::{Error, LitStr, Result};

/// A part of a format text.
enum Part<'a> {
    Text(&'a str),
    /// What stands before and after the colon in a pair of braces.
    Placeholder {
        name: &'a str,
        spec: &'a str,
    },
}

/// Returns the names in the braces of a format text; an empty one for `{}`.
pub(super) fn placeholders(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in parts(text) {
        if let Part::Placeholder { name, .. } = part {
            names.push(name.to_owned());
        }
    }
    names
}

/// Puts `__` before each name that `known` knows, so that nothing but the arguments that the derive
/// gives can be meant.
pub(super) fn prefixed(text: &LitStr, known: impl Fn(&str) -> bool) -> Result<LitStr> {
    let value = text.value();
    let mut out = String::with_capacity(value.len() + 8);
    for part in parts(&value) {
        let (name, spec) = match part {
            Part::Text(text) => {
                out.push_str(text);
                continue;
            }
            Part::Placeholder { name, spec } => (name, spec),
        };
        if name.is_empty() {
            let message = "empty braces: name the field, as in `{0}` or `{price}`";
            return Err(Error::new(text.span(), message));
        }
        if spec.contains('$') {
            let message = format!("`{{{name}{spec}}}`: a width must be a number");
            return Err(Error::new(text.span(), message));
        }
        if name.bytes().all(|b| b.is_ascii_digit()) && !known(name) {
            return Err(Error::new(text.span(), format!("there is no field `{name}`")));
        }
        let prefix = if known(name) { "__" } else { "" };
        out.extend(["{", prefix, name, spec, "}"]);
    }
    Ok(LitStr::new(&out, text.span()))
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, braces) = rest.split_at(at);
        if braces.starts_with("{{") || braces.starts_with("}}") {
            parts.extend([Part::Text(before), Part::Text(&braces[..2])]);
            rest = &braces[2..];
            continue;
        }
        let Some(end) = braces.find('}').filter(|end| *end > 0) else {
            // `format!` will say what is wrong with it.
            break;
        };
        let inside = &braces[1..end];
        let (name, spec) = inside.split_at(inside.find(':').unwrap_or(inside.len()));
        parts.extend([Part::Text(before), Part::Placeholder { name: name.trim(), spec }]);
        rest = &braces[end + 1..];
    }
    parts.push(Part::Text(rest));
    parts
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    #[test]
    fn placeholders_are_found_between_escaped_braces() {
        assert_eq!(
            placeholders("{0} {{1}} {{{source:?}}} { name } {}"),
            ["0", "source", "name", ""]
        );
        assert!(placeholders("none {{}}").is_empty());
    }

    #[test]
    fn known_names_get_a_prefix() {
        let text = LitStr::new("{{0}} {0:>3} {other}", Span::call_site());
        let known = prefixed(&text, |name| name == "0").map(|text| text.value());
        assert_eq!(known.ok().as_deref(), Some("{{0}} {__0:>3} {other}"));
        let empty = LitStr::new("{}", Span::call_site());
        assert!(prefixed(&empty, |_| true).is_err());
    }
}
