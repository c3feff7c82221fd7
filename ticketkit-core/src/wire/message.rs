use std::borrow::Cow;

/// Says in the contract's words what serde found, and which member is missing.
///
/// serde's own text can quote the value, which may be a password, so it is never passed on.
pub(super) fn message(text: &str) -> (Cow<'static, str>, Option<String>) {
    let quoted = |text: &str| text.split('`').nth(1).map(str::to_owned);
    if text.starts_with("missing field") {
        return (REQUIRED.into(), quoted(text));
    }
    if text.starts_with("duplicate field") {
        return (ONCE.into(), quoted(text));
    }
    if let Some((_, allowed)) =
        text.starts_with("unknown variant").then(|| text.rsplit_once(", expected ")).flatten()
    {
        // The names that are allowed are those of the type, and nothing that was sent.
        let allowed = allowed.rsplit_once(" at line").map_or(allowed, |(allowed, _)| allowed);
        return (format!("must be {}", allowed.replace('`', "")).into(), None);
    }
    let expected = text
        .split_once(", expected ")
        .map(|(_, rest)| rest.rsplit_once(" at line").map_or(rest, |(expected, _)| expected));
    let message = match expected {
        _ if text.starts_with("number out of range") => "must be a number of at most 64 bits",
        _ if text.starts_with("UUID parsing failed") || text.starts_with("must be a UUID") => {
            "must be a UUID"
        }
        _ if text.contains("surrogate") => "must be Unicode text",
        Some(kind) if kind.contains("UUID") => "must be a UUID",
        Some("a string" | "a borrowed string") => "must be a string",
        Some("a boolean") => "must be true or false",
        Some("i64" | "u64" | "i32" | "u32") => "must be an integer of at most 64 bits",
        Some(kind) if kind.starts_with("struct") || kind == "a map" => "must be an object",
        Some("a sequence") => "must be an array",
        _ => "has not the expected form",
    };
    (message.into(), None)
}

pub(super) const REQUIRED: &str = "is required";
pub(super) const ONCE: &str = "must stand there once";

/// The rule that a message is about, for machines.
pub(super) fn rule(message: &str) -> &'static str {
    match message {
        REQUIRED => "required",
        _ => "type",
    }
}
