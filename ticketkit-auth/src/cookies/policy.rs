use std::time::Duration;

use super::{CookieError, Origin, SetCookies};

/// The largest cookie that is written, name, value and attributes together, in bytes.
const MAX_COOKIE_BYTES: usize = 4096;

/// Names and attributes of the cookies, as they follow from the public URL. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookiePolicy {
    origin: Origin,
    max_age: u64,
}

impl CookiePolicy {
    /// Makes the policy of a system whose users open this URL.
    ///
    /// # Errors
    ///
    /// If it is no http or https URL, or plain HTTP anywhere but on a loopback address.
    pub fn for_url(public_url: &str) -> Result<Self, CookieError> {
        let policy = Self::read(public_url)?;
        if !policy.is_secure() {
            if !policy.origin.is_loopback() {
                return Err(CookieError::Insecure(public_url.to_owned()));
            }
            tracing::info!(
                "session cookies without Secure: {public_url} is plain HTTP on loopback"
            );
        }
        Ok(policy)
    }

    /// As [`for_url`](Self::for_url), and allows plain HTTP anywhere: whoever is on the way between
    /// the browser and the service can take over every session.
    ///
    /// # Errors
    ///
    /// If it is no http or https URL.
    pub fn danger_allow_insecure(public_url: &str) -> Result<Self, CookieError> {
        let policy = Self::read(public_url)?;
        if !policy.is_secure() {
            tracing::warn!(
                "session cookies without Secure: anyone on the way to {public_url} can read them"
            );
        }
        Ok(policy)
    }

    fn read(public_url: &str) -> Result<Self, CookieError> {
        let origin =
            Origin::of_url(public_url).ok_or_else(|| CookieError::Url(public_url.to_owned()))?;
        Ok(Self { origin, max_age: 7 * 24 * 3600 })
    }

    /// Sets how long a browser keeps the cookies: 7 days by default, as long as a session may idle.
    ///
    /// The access token in it ends much earlier; it stays, so that the service can tell an expired
    /// session from none.
    #[must_use]
    pub const fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age.as_secs();
        self
    }

    /// Tells whether the cookies travel over https alone.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.origin.https
    }

    /// Returns the name of the cookie with the access token.
    #[must_use]
    pub const fn access_name(&self) -> &'static str {
        if self.is_secure() { "__Host-ticketkit" } else { "ticketkit" }
    }

    /// Returns the name of the cookie with the refresh token.
    #[must_use]
    pub const fn refresh_name(&self) -> &'static str {
        if self.is_secure() { "__Host-ticketkit-refresh" } else { "ticketkit-refresh" }
    }

    pub(crate) const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Makes the cookies of a session; without a refresh token that cookie is left as it is.
    ///
    /// # Errors
    ///
    /// If a cookie would be larger than browsers keep, or a value could not stand in one.
    pub fn session(&self, access: &str, refresh: Option<&str>) -> Result<SetCookies, CookieError> {
        let mut cookies = SetCookies::default();
        cookies.push(self.cookie(self.access_name(), access, self.max_age)?);
        if let Some(refresh) = refresh {
            cookies.push(self.cookie(self.refresh_name(), refresh, self.max_age)?);
        }
        Ok(cookies)
    }

    /// Makes the cookies that end a session in the browser, with the attributes they were set with.
    pub fn cleared(&self) -> SetCookies {
        let mut cookies = SetCookies::default();
        for name in [self.access_name(), self.refresh_name()] {
            cookies.extend(self.cookie(name, "", 0));
        }
        cookies
    }

    fn cookie(
        &self,
        name: &str,
        value: &str,
        max_age: u64,
    ) -> Result<http::HeaderValue, CookieError> {
        // RFC 6265, section 4.1.1.
        let allowed =
            |byte: u8| matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e);
        if !value.bytes().all(allowed) {
            return Err(CookieError::Value);
        }
        let secure = if self.is_secure() { "Secure; " } else { "" };
        let cookie =
            format!("{name}={value}; {secure}HttpOnly; SameSite=Lax; Path=/; Max-Age={max_age}");
        if cookie.len() > MAX_COOKIE_BYTES {
            return Err(CookieError::TooLarge(cookie.len()));
        }
        http::HeaderValue::try_from(cookie).map_err(|_| CookieError::Value)
    }
}
