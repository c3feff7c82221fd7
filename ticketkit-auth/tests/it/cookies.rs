//! C1 to C9.

use http::{HeaderMap, HeaderValue, header};
use ticketkit_auth::{
    AuthLayer, Caller, CookiePolicy, Refusal,
    cookies::{CookieError, Found, SetCookies},
    testing::TestAuth,
    token::InvalidToken,
};

fn secure() -> CookiePolicy {
    CookiePolicy::for_url("https://tickets.example.com").expect("https")
}

fn loopback() -> CookiePolicy {
    CookiePolicy::for_url("http://127.0.0.1:3000").expect("loopback")
}

fn set(cookies: &SetCookies) -> Vec<String> {
    let mut headers = HeaderMap::new();
    cookies.apply(&mut headers);
    let values = headers.get_all(header::SET_COOKIE).iter();
    values.map(|value| value.to_str().expect("text").to_owned()).collect()
}

fn request(cookies: &[&str]) -> HeaderMap {
    let value = |text: &&str| (header::COOKIE, HeaderValue::from_str(text).expect("a value"));
    cookies.iter().map(value).collect()
}

#[test]
fn c1_the_attributes() {
    let cookies = secure().session("a.b.c", Some("r")).expect("small");
    assert_eq!(
        set(&cookies),
        [
            "__Host-ticketkit=a.b.c; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=604800",
            "__Host-ticketkit-refresh=r; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=604800",
        ]
    );
    let cookies = loopback().session("a.b.c", None).expect("small");
    assert_eq!(set(&cookies), ["ticketkit=a.b.c; HttpOnly; SameSite=Lax; Path=/; Max-Age=604800"]);
}

#[test]
fn c2_c9_a_cookie_twice_is_refused_in_one_header_or_in_several() {
    let auth = TestAuth::new();
    let layer = auth.layer();
    let good = auth.cookie("ada@example.com");
    let other = auth.cookie("eve@example.com");
    assert!(matches!(layer.caller(&request(&[&good])), Caller::User(_)));
    assert!(matches!(layer.caller(&request(&["a=1; b=2", &good, "c=3"])), Caller::User(_)));
    for headers in [
        request(&[&format!("{good}; {good}")]),
        request(&[&format!("{good}; a=1; {other}")]),
        request(&[&good, &other]),
        request(&[&good, &good]),
        request(&[&good, "ticketkit="]),
        request(&["ticketkit=x; a=1", "b=2", &good]),
    ] {
        let caller = layer.caller(&headers);
        assert!(
            matches!(caller, Caller::Refused(Refusal::Invalid(InvalidToken::DuplicateCookie))),
            "{caller:?}"
        );
    }
}

#[test]
fn c3_a_twin_without_the_prefix_is_ignored() {
    let auth = TestAuth::new();
    let layer = AuthLayer::new(auth.verifier(), secure());
    let token = auth.token("ada@example.com");
    let twin = format!("ticketkit={token}");
    let own = format!("__Host-ticketkit={token}");
    assert!(matches!(layer.caller(&request(&[&twin])), Caller::Anonymous));
    assert!(matches!(layer.caller(&request(&["ticketkit=x", &own])), Caller::User(_)));
    for name in ["__host-ticketkit", "__Host-Ticketkit", "__Secure-ticketkit", "x__Host-ticketkit"]
    {
        let caller = layer.caller(&request(&[&format!("{name}={token}")]));
        assert!(matches!(caller, Caller::Anonymous), "{name}");
    }
}

#[test]
fn c4_clearing_has_the_same_attributes() {
    for policy in [secure(), loopback()] {
        let issued = set(&policy.session("", Some("")).expect("small"));
        let cleared = set(&policy.cleared());
        let of_issued: Vec<_> =
            issued.iter().map(|cookie| cookie.replace("Max-Age=604800", "Max-Age=0")).collect();
        assert_eq!(cleared, of_issued);
    }
}

#[test]
fn c5_no_store_comes_with_every_cookie() {
    for cookies in [secure().session("a", None).expect("small"), secure().cleared()] {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
        cookies.apply(&mut headers);
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    }
}

#[test]
fn c6_debug_output_hides_tokens() {
    let auth = TestAuth::new();
    let token = auth.issuer().issue(&auth.grant("ada@example.com")).expect("a token");
    let cookies = secure().session(token.as_str(), Some("refresh-canary")).expect("small");
    let mut headers = HeaderMap::new();
    cookies.apply(&mut headers);
    let (_, signature) = token.as_str().rsplit_once('.').expect("three parts");
    for text in [format!("{token:?}"), format!("{cookies:?}"), format!("{headers:?}")] {
        assert!(!text.contains(signature) && !text.contains("refresh-canary"), "{text}");
    }
}

#[test]
fn c7_a_cookie_and_a_bearer_token_together_are_refused() {
    let auth = TestAuth::new();
    let layer = auth.layer();
    let bearer = HeaderValue::from_str(&format!("Bearer {}", auth.token("ada@example.com")))
        .expect("a value");
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, bearer.clone());
    assert!(matches!(layer.caller(&headers), Caller::User(_)), "a bearer token alone");

    headers.extend(request(&[&auth.cookie("ada@example.com")]));
    let caller = layer.caller(&headers);
    assert!(matches!(caller, Caller::Refused(Refusal::Invalid(InvalidToken::CookieAndBearer))));

    let mut twice = HeaderMap::new();
    twice.append(header::AUTHORIZATION, bearer.clone());
    twice.append(header::AUTHORIZATION, bearer);
    let caller = layer.caller(&twice);
    assert!(matches!(caller, Caller::Refused(Refusal::Invalid(InvalidToken::Authorization))));

    let mut basic = request(&[&auth.cookie("ada@example.com")]);
    basic.insert(header::AUTHORIZATION, HeaderValue::from_static("Basic YTpi"));
    assert!(matches!(layer.caller(&basic), Caller::User(_)), "another scheme is not ours");
}

#[test]
fn c8_insecure_cookies_are_for_loopback_or_an_explicit_setting() {
    for url in ["http://tickets.example.com", "http://10.0.0.1:3000", "http://localhost.evil.com"] {
        assert_eq!(CookiePolicy::for_url(url), Err(CookieError::Insecure(url.to_owned())));
        assert!(CookiePolicy::danger_allow_insecure(url).is_ok_and(|policy| !policy.is_secure()));
    }
    for url in ["http://localhost:3000", "http://127.0.0.1", "http://[::1]:3000/"] {
        assert!(CookiePolicy::for_url(url).is_ok_and(|policy| !policy.is_secure()), "{url}");
    }
    for url in ["", "localhost", "ftp://localhost", "https://", "//localhost"] {
        assert_eq!(CookiePolicy::for_url(url), Err(CookieError::Url(url.to_owned())));
    }
}

#[test]
fn t13_a_cookie_above_4096_bytes_is_refused_when_it_is_written() {
    let attributes = set(&secure().session("", None).expect("small"))[0].len();
    let longest = "a".repeat(4096 - attributes);
    assert!(secure().session(&longest, None).is_ok());
    let error = secure().session(&format!("{longest}a"), None).expect_err("too large");
    assert_eq!(error, CookieError::TooLarge(4097));
}

#[test]
fn values_that_would_end_the_cookie_are_refused() {
    for value in ["a; Domain=evil.com", "a,b", "a b", "a\r\nx: y", "\"a\"", "ü"] {
        assert_eq!(secure().session(value, None), Err(CookieError::Value), "{value}");
    }
}

#[test]
fn the_refresh_token_is_read_like_the_access_token() {
    let policy = secure();
    let headers = request(&["__Host-ticketkit-refresh=r; __Host-ticketkit=a"]);
    assert_eq!(policy.refresh(&headers), Found::One("r"));
    assert_eq!(policy.access(&headers), Found::One("a"));
    let headers = request(&["__Host-ticketkit-refresh=r", "__Host-ticketkit-refresh=s"]);
    assert_eq!(policy.refresh(&headers), Found::Ambiguous);
}
