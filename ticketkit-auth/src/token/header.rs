use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// All that a header may have.
///
/// Whatever else RFC 7515 knows would change how the token is to be read (`crit`, `b64`, `zip`) or
/// where its key comes from (`jku`, `jwk`, `x5u`, `x5c`), so a header with any of it is refused.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header<'a> {
    #[serde(borrow)]
    pub(super) alg: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) kid: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) typ: Cow<'a, str>,
}
