//! T9, T10, T11, T12, T18, T21: what a token says.

use std::time::Duration;

use serde_json::{Value, json};
use ticketkit_auth::{
    Grant, TokenIssuer, TokenVerifier,
    testing::TestAuth,
    token::{InvalidToken, IssueError, VerifyError},
};

use crate::forge::Forge;

#[test]
fn t9_the_audience_is_exactly_one_text() {
    let forge = Forge::new();
    for aud in ["", "Ticketing", "ticketing ", "ticketing,other", "other"] {
        assert_eq!(forge.refused(&forge.claim("aud", Some(json!(aud)))), InvalidToken::Audience);
    }
    for aud in [None, Some(Value::Null), Some(json!(["ticketing"])), Some(json!(5))] {
        assert_eq!(forge.refused(&forge.claim("aud", aud)), InvalidToken::Claims);
    }
}

#[test]
fn t10_the_issuer_is_exactly_one_text() {
    let forge = Forge::new();
    for iss in ["", "TICKETING", "ticketing/", "evil"] {
        assert_eq!(forge.refused(&forge.claim("iss", Some(json!(iss)))), InvalidToken::Issuer);
    }
    for iss in [None, Some(Value::Null), Some(json!(["ticketing"])), Some(json!({}))] {
        assert_eq!(forge.refused(&forge.claim("iss", iss)), InvalidToken::Claims);
    }
}

#[test]
fn t11_the_end_is_an_integer_within_the_maximum() {
    let forge = Forge::new();
    let now = forge.now();
    for exp in [
        None,
        Some(Value::Null),
        Some(json!((now + 60).to_string())),
        Some(json!(now as f64 + 60.5)),
    ] {
        assert_eq!(forge.refused(&forge.claim("exp", exp)), InvalidToken::Claims);
    }
    for exp in [
        "1e300",
        "1e3",
        "1790000060.0",
        "18446744073709551615",
        "9223372036854775808",
        "true",
        "[1]",
    ] {
        let claims = forge.claims().to_string().replace(&(now + 300).to_string(), exp);
        let token = forge.sign(forge.header().to_string().as_bytes(), claims.as_bytes());
        assert_eq!(forge.refused(&token), InvalidToken::Claims, "{exp}");
    }
    for exp in [-1, 0, i64::MIN, now, now + 901, i64::MAX] {
        let token = forge.claim("exp", Some(json!(exp)));
        assert_eq!(forge.refused(&token), InvalidToken::Lifetime, "{exp}");
    }
    let token = forge.claim("iat", Some(json!(i64::MIN)));
    assert_eq!(forge.refused(&token), InvalidToken::Lifetime);
    assert!(forge.verifier.verify(&forge.claim("exp", Some(json!(now + 900)))).is_ok());
}

#[test]
fn t11_a_token_past_its_end_is_told_from_an_invalid_one() {
    let forge = Forge::new();
    let (token, forged) = (forge.token(), forge.claim("iss", Some(json!("evil"))));
    assert!(forge.verifier.verify(&token).is_ok(), "and now in the cache");
    forge.advance(301);
    assert!(forge.verifier.verify(&token).is_ok(), "inside the leeway");
    forge.advance(1);
    assert!(matches!(forge.verifier.verify(&token), Err(VerifyError::Expired(_))));
    assert_eq!(forge.refused(&forged), InvalidToken::Issuer, "expired and of another issuer");
    // Also where it comes for the first time when it is past its end.
    let cold = forge.verifier.clone().cache(0);
    assert!(matches!(cold.verify(&token), Err(VerifyError::Expired(_))));
}

#[test]
fn t11_what_was_judged_by_another_maximum_is_judged_again() {
    let forge = Forge::new();
    let token = forge.token();
    assert!(forge.verifier.verify(&token).is_ok(), "and now in the cache");
    let strict = forge.verifier.clone().max_lifetime(Duration::from_secs(299));
    assert_eq!(strict.verify(&token), Err(VerifyError::Invalid(InvalidToken::Lifetime)));
}

#[test]
fn t12_tokens_of_the_future_are_refused() {
    let forge = Forge::new();
    let now = forge.now();
    let from = |iat: i64| {
        let mut claims = forge.claims();
        claims["iat"] = json!(iat);
        forge.with_claims(&claims)
    };
    assert!(forge.verifier.verify(&from(now + 2)).is_ok());
    assert_eq!(forge.refused(&from(now + 3)), InvalidToken::IssuedInFuture);
    assert!(forge.verifier.verify(&forge.claim("nbf", Some(json!(now + 2)))).is_ok());
    let later = forge.claim("nbf", Some(json!(now + 60)));
    assert_eq!(forge.refused(&later), InvalidToken::NotYetValid);
    forge.advance(58);
    assert!(forge.verifier.verify(&later).is_ok(), "its time has come");
    for nbf in [json!("0"), json!(0.5), Value::Null, json!([])] {
        assert_eq!(forge.refused(&forge.claim("nbf", Some(nbf))), InvalidToken::Claims);
    }
}

#[test]
fn t12_nobody_can_configure_more_leeway_than_5_s() {
    let forge = Forge::new();
    let lenient = forge.verifier.clone().leeway(Duration::from_secs(3600));
    let token = forge.token();
    forge.advance(304);
    assert!(lenient.verify(&token).is_ok());
    forge.advance(1);
    assert!(matches!(lenient.verify(&token), Err(VerifyError::Expired(_))));
}

#[test]
fn t14_every_claim_of_the_contract_is_required() {
    let forge = Forge::new();
    for name in ["sub", "sid", "jti", "iat", "epo", "roles", "email"] {
        assert_eq!(forge.refused(&forge.claim(name, None)), InvalidToken::Claims, "{name}");
    }
    for (name, value) in [
        ("sub", json!("")),
        ("sub", json!(7)),
        ("epo", json!(-1)),
        ("epo", json!("0")),
        ("roles", json!("admin")),
        ("roles", json!([1])),
        ("roles", json!({ "admin": true })),
    ] {
        assert_eq!(forge.refused(&forge.claim(name, Some(value))), InvalidToken::Claims, "{name}");
    }
}

#[test]
fn t18_a_token_of_another_service_tenant_or_environment_is_refused() {
    let forge = Forge::new();
    let clock = forge.time.clock();
    let issue = |iss: &str, aud: &str| {
        let issuer = TokenIssuer::new(forge.ring.clone(), iss, aud).clock(clock.clone());
        issuer.issue(&Grant::new("user", "session")).expect("a token").as_str().to_owned()
    };
    assert!(forge.verifier.verify(&issue("ticketing", "ticketing")).is_ok());
    assert_eq!(forge.refused(&issue("ticketing-staging", "ticketing")), InvalidToken::Issuer);
    assert_eq!(forge.refused(&issue("ticketing", "billing")), InvalidToken::Audience);

    let other = Forge::new();
    let stranger = TokenVerifier::new(&other.ring, "ticketing", "ticketing").clock(clock);
    assert_eq!(
        stranger.verify(&forge.token()),
        Err(VerifyError::Invalid(InvalidToken::UnknownKey))
    );
}

#[test]
fn t21_the_text_for_others_is_the_same_for_every_reason() {
    let forge = Forge::new();
    let mut texts: Vec<String> = [
        forge.claim("iss", Some(json!("evil"))),
        forge.member("alg", Some(json!("none"))),
        "x".to_owned(),
        "x".repeat(5000),
    ]
    .iter()
    .map(|token| forge.verifier.verify(token).expect_err("refused").to_string())
    .collect();
    texts.dedup();
    assert_eq!(texts, ["the token is invalid"]);
}

#[test]
fn claims_of_ones_own_come_back_and_cannot_be_taken_for_those_of_the_contract() {
    let auth = TestAuth::new();
    let custom = json!({"tenant": "acme", "limits": {"seats": 5}, "flags": [true, null]});
    let grant = auth.grant("ada@example.com").custom(&custom).expect("an object");
    let claims = auth.verifier().verify(&auth.token_for(&grant)).expect("a good token");
    assert_eq!(claims.custom::<serde_json::Value>().expect("JSON"), custom);
    assert_eq!(claims.email, "ada@example.com");

    for name in ["iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp", "epo", "roles", "email"] {
        let refused = auth.grant("eve").custom(&json!({name: "admin"}));
        assert!(matches!(refused, Err(IssueError::Reserved(taken)) if taken == name));
    }
    assert!(matches!(auth.grant("eve").custom(&["admin"]), Err(IssueError::NoObject)));
    #[derive(Debug, serde::Deserialize)]
    struct Other {
        #[expect(dead_code, reason = "that it is missing is the point")]
        plan: String,
    }
    assert!(claims.custom::<Other>().is_err());
}
