//! The cookies of one page request: those that the browser sent, and those that an API set since.

use http::{HeaderMap, HeaderValue, header};

#[derive(Debug)]
pub(super) struct Jar {
    /// As they came: a cookie that came twice goes on twice, for the services to refuse.
    pairs: Vec<(String, String)>,
    fresh: Vec<HeaderValue>,
}

impl Jar {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let pairs = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect();
        Self { pairs, fresh: Vec::new() }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(known, _)| known == name)
    }

    /// Takes over what an answer sets and clears.
    pub(super) fn update(&mut self, headers: &HeaderMap) {
        for line in headers.get_all(header::SET_COOKIE) {
            let Ok(text) = line.to_str() else { continue };
            let mut parts = text.split(';');
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            let (name, value) = (name.trim(), value.trim());
            self.pairs.retain(|(known, _)| known != name);
            let cleared = parts.any(|part| part.trim().eq_ignore_ascii_case("max-age=0"));
            if !cleared && !value.is_empty() {
                self.pairs.push((name.to_owned(), value.to_owned()));
            }
            // The browser gets the last word on each cookie, and only that.
            let earlier = format!("{name}=");
            self.fresh.retain(|line| !line.as_bytes().starts_with(earlier.as_bytes()));
            self.fresh.push(line.clone());
        }
    }

    pub(super) fn forget(&mut self, name: &str) {
        self.pairs.retain(|(known, _)| known != name);
    }

    /// The header for the next call to an API.
    pub(super) fn to_header(&self) -> Option<HeaderValue> {
        let pairs: Vec<_> = self.pairs.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let mut value = HeaderValue::from_str(&pairs.join("; ")).ok()?;
        value.set_sensitive(true);
        (!pairs.is_empty()).then_some(value)
    }

    /// The lines for the browser.
    pub(super) fn fresh(&self) -> &[HeaderValue] {
        &self.fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &header::HeaderName, lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (name.clone(), HeaderValue::from_static(line))).collect()
    }

    #[test]
    fn what_an_api_sets_replaces_what_the_browser_sent() {
        let mut jar = Jar::of(&headers(&header::COOKIE, &["a=1; b=2", "c=x=y"]));
        jar.update(&headers(
            &header::SET_COOKIE,
            &["a=9; Path=/; HttpOnly", "b=; Path=/; Max-Age=0", "d=4"],
        ));
        assert_eq!(jar.to_header().unwrap(), "c=x=y; a=9; d=4");
        assert!(jar.has("a") && !jar.has("b"));
        jar.update(&headers(&header::SET_COOKIE, &["a=; Max-Age=0"]));
        assert_eq!(jar.fresh(), ["b=; Path=/; Max-Age=0", "d=4", "a=; Max-Age=0"]);
    }

    #[test]
    fn a_doubled_cookie_stays_doubled() {
        let jar = Jar::of(&headers(&header::COOKIE, &["a=1", "a=2"]));
        assert_eq!(jar.to_header().unwrap(), "a=1; a=2");
    }
}
