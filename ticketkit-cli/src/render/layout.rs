//! Lays out what depends on how long names are, as rustfmt would.
//!
//! Templates mark a list with `«a¦b¦c»`. If its line fits, it stays on it; otherwise each item gets a
//! line of its own. A list that begins with `{` is that of a struct's fields, one that begins with
//! `|` that of an import. What stands behind `=↵` may go on a line of its own. Imports and modules in
//! consecutive lines are sorted, because the name of the project or of a resource decides on their
//! order.

/// The `max_width` of the generated `rustfmt.toml`.
const WIDTH: usize = 100;

/// Lays out a Rust file.
pub(super) fn rust(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        lines.extend(laid_out(line));
    }
    sort_statements(&mut lines);
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

fn laid_out(line: &str) -> Vec<String> {
    if let Some((before, after)) = line.split_once('↵') {
        return assignment(before, after.trim_start());
    }
    let Some((before, rest)) = line.split_once('«') else { return vec![line.to_owned()] };
    let Some((list, after)) = rest.split_once('»') else { return vec![line.to_owned()] };
    let indent = line.len() - line.trim_start().len();
    if let Some(list) = list.strip_prefix('|') {
        return import(before, &split(list), after, indent);
    }
    let (open, list, close) =
        list.strip_prefix('{').map_or(("", list, ""), |list| ("{ ", list, " }"));
    let items = split(list);
    let flat = format!("{before}{open}{}{close}{after}", items.join(", "));
    if flat.chars().count() <= WIDTH {
        return vec![flat];
    }
    let inner = " ".repeat(indent + 4);
    let mut lines = vec![format!("{before}{}", open.trim_end())];
    lines.extend(items.iter().map(|item| format!("{inner}{item},")));
    lines.push(format!("{}{}{after}", " ".repeat(indent), close.trim_start()));
    lines
}

/// What is assigned goes on a line of its own if it does not fit behind the name. A list that does
/// not fit there either begins behind the name.
fn assignment(before: &str, after: &str) -> Vec<String> {
    let fits = |lines: &[String]| matches!(lines, [line] if line.chars().count() <= WIDTH);
    let behind = laid_out(&format!("{before} {after}"));
    if fits(&behind) {
        return behind;
    }
    let indent = before.len() - before.trim_start().len();
    let below = laid_out(&format!("{}{after}", " ".repeat(indent + 4)));
    if after.contains('«') && !fits(&below) {
        return behind;
    }
    [vec![before.to_owned()], below].concat()
}

/// An import is filled rather than listed.
fn import(before: &str, items: &[&str], after: &str, indent: usize) -> Vec<String> {
    let mut items = items.to_vec();
    items.sort_unstable();
    if let [item] = items[..] {
        return vec![format!("{before}{item}{after}")];
    }
    let flat = format!("{before}{{{}}}{after}", items.join(", "));
    // As seen of rustfmt 1.9: an import of 98 characters stays on its line, one of 99 does not.
    if flat.len() + 2 <= WIDTH {
        return vec![flat];
    }
    let inner = " ".repeat(indent + 4);
    let mut lines = vec![format!("{before}{{")];
    let mut line = inner.clone();
    for item in items {
        if line.len() > inner.len() && line.len() + 1 + item.len() + 1 > WIDTH {
            lines.push(std::mem::replace(&mut line, inner.clone()));
        }
        if line.len() > inner.len() {
            line.push(' ');
        }
        line.push_str(item);
        line.push(',');
    }
    lines.push(line);
    lines.push(format!("{}}}{after}", " ".repeat(indent)));
    lines
}

fn split(list: &str) -> Vec<&str> {
    list.split('¦').map(str::trim).filter(|item| !item.is_empty()).collect()
}

/// Sorts runs of `use` and of `mod` statements, each of which may have several lines.
fn sort_statements(lines: &mut Vec<String>) {
    let mut sorted = Vec::with_capacity(lines.len());
    let mut run: Vec<(Statement, Vec<String>)> = Vec::new();
    let mut rest = std::mem::take(lines).into_iter();
    while let Some(line) = rest.next() {
        let statement = statement(&line);
        let same = |run: &[(Statement, _)]| {
            run.last()
                .is_none_or(|(last, _)| Some(last.keyword) == statement.as_ref().map(|s| s.keyword))
        };
        if !same(&run) {
            flush(&mut run, &mut sorted);
        }
        let Some(statement) = statement else {
            sorted.push(line);
            continue;
        };
        let mut whole = vec![line];
        while !whole.last().is_some_and(|line| line.ends_with(';')) {
            let Some(line) = rest.next() else { break };
            whole.push(line);
        }
        run.push((statement, whole));
    }
    flush(&mut run, &mut sorted);
    *lines = sorted;
}

fn flush(run: &mut Vec<(Statement, Vec<String>)>, into: &mut Vec<String>) {
    run.sort_by(|(one, _), (other, _)| one.path.cmp(&other.path));
    into.extend(run.drain(..).flat_map(|(_, lines)| lines));
}

struct Statement {
    keyword: &'static str,
    path: (usize, String),
}

fn statement(line: &str) -> Option<Statement> {
    let plain = line.trim_start();
    let plain = match plain.strip_prefix("pub") {
        Some(rest) if rest.starts_with(' ') => rest.trim_start(),
        Some(rest) if rest.starts_with('(') => rest.split_once(") ")?.1,
        _ => plain,
    };
    for keyword in ["use ", "mod "] {
        if let Some(path) = plain.strip_prefix(keyword) {
            // A module with a body is no statement of one line.
            if keyword == "mod " && !path.ends_with(';') {
                return None;
            }
            let path = path.trim_end_matches([';', '{', ' ']);
            // rustfmt's order: what is near comes first.
            let near = ["self", "super", "crate"];
            let first = path.split("::").next().unwrap_or_default();
            let rank = near.iter().position(|&name| name == first).unwrap_or(near.len());
            let path = (rank, path.to_owned());
            return Some(Statement { keyword, path });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_stays_on_its_line_or_gets_one_for_each_item() {
        assert_eq!(rust("    f(«a¦b»);\n"), "    f(a, b);\n");
        let long = "x".repeat(60);
        let broken = rust(&format!("    f(«{long}¦{long}») -> T {{\n"));
        assert_eq!(broken, format!("    f(\n        {long},\n        {long},\n    ) -> T {{\n"));
        assert_eq!(rust("    let a = A «{b: 1¦c»;\n"), "    let a = A { b: 1, c };\n");
        let value = "b".repeat(79);
        assert_eq!(
            rust(&format!("    let a =↵ A «{{b: {value}¦c»;\n")),
            format!("    let a =\n        A {{ b: {value}, c }};\n")
        );
        assert_eq!(
            rust(&format!("    let a =↵ A «{{b: {value}b¦c»;\n")),
            format!("    let a = A {{\n        b: {value}b,\n        c,\n    }};\n")
        );
        assert_eq!(rust("f(«»)\n"), "f()\n");
    }

    #[test]
    fn imports_are_filled_and_sorted() {
        assert_eq!(rust("use a::«|c¦B¦a»;\n"), "use a::{B, a, c};\n");
        assert_eq!(rust("use a::«|c»;\n"), "use a::c;\n");
        let of_length = |length: usize| {
            let item = "b".repeat(length - "use a::{, c};".len());
            rust(&format!("use a::«|{item}¦c»;\n")).lines().count()
        };
        assert_eq!([98, 99].map(of_length), [1, 3]);
        assert_eq!(
            rust("use b::c;\nuse a::d;\n\nmod z;\npub mod a;\n"),
            "use a::d;\nuse b::c;\n\npub mod a;\nmod z;\n"
        );
    }
}
