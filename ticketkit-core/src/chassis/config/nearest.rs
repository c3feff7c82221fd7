/// Finds the known name that was probably meant.
pub(super) fn nearest<'a>(wrong: &str, known: &[&'a str]) -> Option<&'a str> {
    let wrong = wrong.to_lowercase().replace('-', "_");
    let (distance, name) =
        known.iter().map(|name| (distance(&wrong, name), *name)).min_by_key(|(d, _)| *d)?;
    (distance <= (wrong.len() / 3).max(1)).then_some(name)
}

/// The number of letters to add, drop or change (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    // What nobody can have meant need not be measured to its end.
    for (i, from) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let change = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["hold_seconds", "addr", "data_dir"];
        assert_eq!(nearest("hold_second", &known), Some("hold_seconds"));
        assert_eq!(nearest("Hold-Seconds", &known), Some("hold_seconds"));
        assert_eq!(nearest("adr", &known), Some("addr"));
        assert_eq!(nearest("colour", &known), None);
        assert_eq!(nearest("", &known), None);
        assert_eq!(nearest("x", &[]), None);
    }
}
