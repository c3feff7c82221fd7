use std::fmt;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// The names that the contract has a meaning for.
pub(super) const RESERVED: [&str; 11] =
    ["iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp", "epo", "roles", "email"];

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
    /// What else it says.
    #[serde(flatten)]
    pub(super) custom: Map<String, Value>,
}

impl Claims {
    /// Tells whether the user has the role.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|own| own == role)
    }

    /// Returns the claims of your own that the issuer [granted](super::Grant::custom).
    ///
    /// ```
    /// use serde::{Deserialize, Serialize};
    /// use ticketkit_auth::{Grant, testing::TestAuth};
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct Plan {
    ///     tenant: String,
    ///     permissions: Vec<String>,
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let auth = TestAuth::new();
    /// let plan = Plan { tenant: "acme".to_owned(), permissions: vec!["refund".to_owned()] };
    /// let token = auth.token_for(&Grant::new("user-1", "session-1").custom(&plan)?);
    ///
    /// let claims = auth.verifier().verify(&token)?;
    /// assert_eq!(claims.custom::<Plan>()?.tenant, "acme");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If they are not of this type: the issuer is older or newer than the caller.
    pub fn custom<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.custom)
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
