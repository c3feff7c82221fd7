use std::{borrow::Cow, fmt::Write as _};

use super::{Catalogue, Entry};

/// Renders the page: one table, one line for each entry.
pub(super) fn page(catalogue: &Catalogue) -> String {
    let mut page = format!(
        "# Errors of {}\n\n\
         | status | code | title | detail | field | headers | retry |\n\
         |---|---|---|---|---|---|---|\n",
        text(catalogue.service()),
    );
    for entry in catalogue.entries() {
        let Entry { status, code, title, detail, field, headers, retryable } = entry;
        // Writing into memory can't fail.
        let _ = writeln!(
            page,
            "| {} | `{code}` | {} | {} | {} | {} | {} |",
            status.as_u16(),
            text(title),
            detail.as_deref().map_or(Cow::Borrowed(""), text),
            field.as_deref().map_or(String::new(), code_span),
            headers.iter().map(|name| code_span(name)).collect::<Vec<_>>().join(", "),
            if *retryable { "yes" } else { "" },
        );
    }
    page
}

/// Keeps a text from being read as Markdown or HTML, and inside its cell.
fn text(text: &str) -> Cow<'_, str> {
    const SPECIAL: [char; 10] = ['\\', '|', '`', '*', '_', '<', '[', ']', '&', '\n'];
    if !text.contains(SPECIAL) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => escaped.push(' '),
            _ => {
                if SPECIAL.contains(&c) {
                    escaped.push('\\');
                }
                escaped.push(c);
            }
        }
    }
    escaped.into()
}

fn code_span(name: &str) -> String {
    format!("`{}`", name.replace(['`', '|', '\n'], ""))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_text_stays_in_its_cell_and_is_no_markup() {
        assert_eq!(super::text("a | b\n*c* <d>"), r"a \| b \*c\* \<d>");
        assert_eq!(super::text("plain {0}."), "plain {0}.");
    }
}
