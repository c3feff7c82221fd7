use std::str::FromStr;

use serde::Serialize;

use crate::{FieldError, error::Validation};

/// Where a page of a list begins, and how long it is.
///
/// Lists are read by key: `after` is the id of the last item of the page before, so that nothing
/// is skipped or shown twice while the list changes.
///
/// ```
/// use ticketkit_core::{axum::Paging, error::Validation};
///
/// let mut rules = Validation::default();
/// let paging = Paging::<u64>::check(Some("7"), None, &mut rules);
/// assert_eq!((paging.after, paging.limit), (Some(7), 20));
/// Paging::<u64>::check(Some("x"), Some("101"), &mut rules);
/// assert_eq!(rules.errors().len(), 2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging<T> {
    /// The last item of the page before.
    pub after: Option<T>,
    /// How many items at the most: 1 to 100, 20 unless asked otherwise.
    pub limit: u32,
}

impl<T: FromStr> Paging<T> {
    /// Reads the parameters `after` and `limit` as they stand in the query, noting broken rules.
    pub fn check(after: Option<&str>, limit: Option<&str>, rules: &mut Validation) -> Self {
        let after = after.and_then(|after| {
            rules.take(after.parse().map_err(|_| {
                FieldError::new("must be the `next` of a page").parameter("after").code("format")
            }))
        });
        let limit = limit.map_or(Ok(20), |limit| match limit.parse() {
            // A number has one form: Rust's parser would take a plus sign too.
            Ok(number @ 1..=100) if !limit.starts_with('+') => Ok(number),
            _ => Err(FieldError::new("must be from 1 to 100").parameter("limit").code("range")),
        });
        Self { after, limit: rules.take(limit).unwrap_or(20) }
    }
}

/// A page of a list.
///
/// ```
/// use ticketkit_core::axum::Page;
///
/// // Two were asked for, and one more was read.
/// let page = Page::new(vec![7, 8, 9], 2, ToString::to_string);
/// assert_eq!((page.items, page.next.as_deref()), (vec![7, 8], Some("8")));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// What to send as `after` for the next page; `null` where this is the last.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of up to `limit + 1` items that were read: the one too many tells of a next
    /// page.
    pub fn new(mut items: Vec<T>, limit: u32, id: impl FnOnce(&T) -> String) -> Self {
        let limit = limit as usize;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(id) } else { None };
        Self { items, next }
    }

    /// Changes the items.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next: self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_too_many_makes_a_next_page() {
        let page = |count: u32| Page::new((0..count).collect(), 3, |item: &u32| item.to_string());
        assert_eq!(page(3), Page { items: vec![0, 1, 2], next: None });
        assert_eq!(page(4), Page { items: vec![0, 1, 2], next: Some("2".to_owned()) });
    }

    #[test]
    fn a_limit_is_a_number_from_1_to_100_in_its_one_form() {
        for limit in ["0", "101", "-1", "+5", " 5", "5.0", "", "99999999999", "x"] {
            let mut rules = Validation::default();
            Paging::<u64>::check(None, Some(limit), &mut rules);
            assert_eq!(rules.errors()[0].field.as_deref(), Some("limit"), "{limit}");
        }
    }
}
