//! Where to go after signing in: a path of this site and nothing else.

use std::fmt;

/// A path on this site, with its query.
///
/// A link from outside may carry any `next`; a browser that follows it must never leave the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LocalPath(String);

/// Longer paths are none of ours.
const MAX_LENGTH: usize = 512;

impl LocalPath {
    /// Takes a path that starts with one `/` and consists of visible ASCII characters.
    ///
    /// Browsers read `//host`, `/\host` and `/<tab>/host` as another site.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let local = text.starts_with('/')
            && !text.starts_with("//")
            && text.len() <= MAX_LENGTH
            && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
            // Back to a form that sends away again would go in a circle.
            && !text.starts_with("/auth/");
        local.then(|| Self(text.to_owned()))
    }

    /// Takes the target of a form or link, or the home page.
    pub(crate) fn or_home(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|| Self("/".to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The page that asks to sign in and then leads here.
    pub(crate) fn sign_in(&self) -> String {
        format!("/auth/signin{}", self.query())
    }

    /// This path as the query of a link: `?next=…`, or nothing for the home page.
    pub(crate) fn query(&self) -> String {
        if self.0 == "/" {
            return String::new();
        }
        let pairs = [("next", &self.0)];
        serde_urlencoded::to_string(pairs).map(|pairs| format!("?{pairs}")).unwrap_or_default()
    }
}

impl fmt::Display for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_pass() {
        for good in ["/", "/orders", "/tickets/1?x=//y", "/?q=a%20b&after=c", "/a/../b"] {
            assert_eq!(LocalPath::parse(good).as_ref().map(LocalPath::as_str), Some(good));
        }
        for bad in [
            "",
            "orders",
            "//evil.example",
            "/\\evil.example",
            "\\/evil",
            "/a\\b",
            "/\t/evil",
            "/\n/evil",
            "/a\r\nset-cookie: x",
            " /a",
            "/a b",
            "/ä",
            "/\u{0}",
            "https://evil.example",
            "javascript:alert(1)",
            "/auth/signout",
            "/auth/signin?next=/auth/signin",
        ] {
            assert_eq!(LocalPath::parse(bad), None, "{bad:?}");
        }
        assert_eq!(LocalPath::parse(&format!("/{}", "a".repeat(MAX_LENGTH))), None);
    }

    #[test]
    fn the_way_back_survives_as_a_query() {
        let path = LocalPath::or_home("/?q=a&after=b");
        assert_eq!(path.sign_in(), "/auth/signin?next=%2F%3Fq%3Da%26after%3Db");
        assert_eq!(LocalPath::or_home("//evil").sign_in(), "/auth/signin");
    }
}
