use std::fmt;

use serde::Serialize;

/// What an access token says, all of it verified.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Claims {
    /// Who issued the token.
    pub iss: String,
    /// For whom it is.
    pub aud: String,
    /// The id of the user.
    pub sub: String,
    /// The id of the session, which is the family of refresh tokens.
    pub sid: String,
    /// The id of this token.
    pub jti: String,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
    /// The auth epoch of the user when it was issued; a ban or a password change raises it.
    pub epo: i64,
    /// The roles of the user.
    pub roles: Vec<String>,
    /// The e-mail address of the user.
    pub email: String,
}

impl Claims {
    /// Tells whether the user has the role.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|own| own == role)
    }
}

// The address is personal, and debug output ends up in logs.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("sub", &self.sub)
            .field("sid", &self.sid)
            .field("jti", &self.jti)
            .field("exp", &self.exp)
            .field("epo", &self.epo)
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}
