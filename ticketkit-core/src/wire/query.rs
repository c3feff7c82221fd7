use serde::de::DeserializeOwned;

use crate::{FieldError, error::Validation};

/// Reads a value from the query of a URI.
pub(crate) fn from_query<T: DeserializeOwned>(query: &str) -> Result<T, Validation> {
    let pairs = serde_urlencoded::Deserializer::new(form_pairs(query));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let path = error.path().to_string();
        let text = error.into_inner().to_string();
        // serde_urlencoded knows no path for a missing or doubled parameter, but names it.
        let name = text.split('`').nth(1).filter(|_| path == ".").unwrap_or(&path).to_owned();
        let message = if text.starts_with("missing field") {
            "is required"
        } else if text.starts_with("duplicate field") {
            "must stand there once"
        } else {
            "has not the expected form"
        };
        FieldError::new(message).parameter(name).code("type").into()
    })
}

fn form_pairs(query: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(query.as_bytes())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Page {
        limit: Option<u32>,
    }

    #[test]
    fn a_parameter_that_does_not_parse_is_named() {
        for query in ["limit=abc", "limit=", "limit=-1", "limit=1.5", "limit=1&limit=2"] {
            let error = from_query::<Page>(query).unwrap_err();
            assert_eq!(error.errors()[0].field.as_deref(), Some("limit"), "{query}");
        }
        assert_eq!(from_query::<Page>("limit=5&other=%ff").unwrap().limit, Some(5));
    }
}
