//! What is allowed, where the type of a field tells.

use syn::{GenericArgument, PathArguments, PathSegment, Type};

/// Looks into an `Option`.
pub(super) fn optional(ty: &Type) -> (&Type, bool) {
    if let Some(segment) = last(ty)
        && segment.ident == "Option"
        && let PathArguments::AngleBracketed(arguments) = &segment.arguments
        && let Some(GenericArgument::Type(inner)) = arguments.args.first()
    {
        return (inner, true);
    }
    (ty, false)
}

pub(super) fn is_secret(ty: &Type) -> bool {
    last(ty).is_some_and(|segment| segment.ident == "Secret")
}

pub(super) fn of(ty: &Type) -> Option<String> {
    let whole = |from: &str, to: &str| format!("whole number from {from} to {to}");
    let known = match last(ty)?.ident.to_string().as_str() {
        "String" | "Secret" => "text".to_owned(),
        "PathBuf" => "path".to_owned(),
        "bool" => "`true` or `false`".to_owned(),
        "SocketAddr" => "IP address and port".to_owned(),
        "IpAddr" => "IP address".to_owned(),
        "f32" | "f64" => "number".to_owned(),
        "u8" => whole("0", &u8::MAX.to_string()),
        "u16" => whole("0", &u16::MAX.to_string()),
        "u32" => whole("0", &u32::MAX.to_string()),
        "u64" | "usize" => whole("0", &u64::MAX.to_string()),
        "i8" => whole(&i8::MIN.to_string(), &i8::MAX.to_string()),
        "i16" => whole(&i16::MIN.to_string(), &i16::MAX.to_string()),
        "i32" => whole(&i32::MIN.to_string(), &i32::MAX.to_string()),
        "i64" | "isize" => whole(&i64::MIN.to_string(), &i64::MAX.to_string()),
        _ => return None,
    };
    Some(known)
}

fn last(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        _ => None,
    }
}
