use ticketkit_auth::password::Password;
use ticketkit_core::error::Validation;

/// Takes a new password from a member of a body, or notes the rule that it breaks.
pub(crate) fn new_password(
    text: String,
    field: &'static str,
    rules: &mut Validation,
) -> Option<Password> {
    rules.take(Password::new(text).map_err(|weak| weak.field_error(field)))
}
