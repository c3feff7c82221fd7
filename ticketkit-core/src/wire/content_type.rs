use http::{HeaderMap, header};

/// Tells whether the content type is `application/json` or ends in `+json`, once and with any
/// parameters.
///
/// ```
/// use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
/// use ticketkit_core::wire;
///
/// let with = |value| HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(value))]);
/// assert!(wire::is_json(&with("application/json; charset=utf-8")));
/// assert!(!wire::is_json(&with("text/plain")));
/// ```
#[must_use]
pub fn is_json(headers: &HeaderMap) -> bool {
    essence(headers).is_some_and(|essence| {
        essence == "application/json"
            || (essence.starts_with("application/") && essence.ends_with("+json"))
    })
}

/// Tells whether the content type is `application/x-www-form-urlencoded`.
///
/// ```
/// use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
/// use ticketkit_core::wire;
///
/// let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
/// assert!(wire::is_form(&HeaderMap::from_iter([(CONTENT_TYPE, kind)])));
/// ```
#[must_use]
pub fn is_form(headers: &HeaderMap) -> bool {
    essence(headers).is_some_and(|essence| essence == "application/x-www-form-urlencoded")
}

/// The type without its parameters; none where the header is missing or stands there twice.
fn essence(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let essence = value.to_str().ok()?.split(';').next()?.trim();
    Some(essence.to_ascii_lowercase())
}
