//! Codes and titles from the names of variants.

/// `TicketReserved` becomes `ticket_reserved`.
pub(crate) fn code(name: &str) -> String {
    words(name).join("_")
}

/// `TicketReserved` becomes `Ticket reserved`.
pub(super) fn title(name: &str) -> String {
    let text = words(name).join(" ");
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for c in name.trim_start_matches("r#").chars() {
        if c == '_' {
            words.push(String::new());
        } else if c.is_uppercase() || words.is_empty() {
            words.push(c.to_lowercase().collect());
        } else if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_name_becomes_a_code_and_a_title() {
        assert_eq!(super::code("TicketReserved"), "ticket_reserved");
        assert_eq!(super::title("TicketReserved"), "Ticket reserved");
        assert_eq!(super::code("Gone"), "gone");
    }
}
