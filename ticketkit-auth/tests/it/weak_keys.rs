//! T19: weak and unfit keys are refused at start, by whichever way they come.

use std::{fs, sync::Arc};

use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use ticketkit_auth::{
    Clock, KeySet,
    keys::{Algorithm, KeyError, KeyRing, SigningKey, secret_from_file},
    refresh::RefreshTokens,
    remote::RemoteKeys,
};

use crate::{forge::changed, issuer::Issuer};

const RSA_1024: &str = include_str!("../data/rsa_1024.key");
const RSA_1024_PKCS1: &str = include_str!("../data/rsa_1024_pkcs1.key");
const RSA_2048: &str = include_str!("../data/rsa_2048.key");

fn pem(label: &str, content: &[u8]) -> String {
    let content = STANDARD.encode(content);
    format!("-----BEGIN {label}-----\n{content}\n-----END {label}-----\n")
}

/// Every way in which a service gets the keys that it signs with, for a key in a PEM file. An error
/// of a file has that of its content as its source.
fn refusals(pem: &str) -> Vec<KeyError> {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("active-x.pem"), pem).expect("written");
    let good = SigningKey::generate(Algorithm::EdDsa).expect("a key").to_pem();
    let running = KeyRing::generate(Algorithm::EdDsa).expect("a ring");
    let results = [
        SigningKey::from_pem(pem).map(drop),
        KeyRing::from_pem(pem).map(drop),
        // As the next key of a ring whose first is good.
        KeyRing::from_pem(&format!("{good}{pem}")).map(drop),
        KeyRing::open(folder.path(), Algorithm::EdDsa).map(drop),
        running.reload(folder.path()).map(drop),
    ];
    let refusals = results.map(|result| match result.expect_err("it is refused") {
        KeyError::Content { path, source } => {
            assert!(path.ends_with("active-x.pem"));
            *source
        }
        error => error,
    });
    refusals.into()
}

#[test]
fn t19_rsa_keys_under_2048_bits_are_refused_however_they_come() {
    for weak in [RSA_1024, RSA_1024_PKCS1] {
        for error in refusals(weak) {
            assert!(matches!(error, KeyError::WeakRsa { bits: 1024 }), "{error:?}");
            let text = error.to_string();
            assert_eq!(text, "an RSA key of 1024 bits is too short, it needs at least 2048");
        }
    }
    // A longer one is refused too: no token is signed with RSA here.
    for error in refusals(RSA_2048) {
        assert!(matches!(error, KeyError::Malformed("it is an RSA key")), "{error:?}");
    }
    let der =
        STANDARD.decode(RSA_1024.lines().filter(|line| !line.starts_with('-')).collect::<String>());
    let error = SigningKey::from_pkcs8(&der.expect("base64")).expect_err("it is refused");
    assert!(matches!(error, KeyError::WeakRsa { bits: 1024 }), "{error:?}");
}

/// Half a file, or lengths that lie, are an error and no panic.
#[test]
fn t19_rsa_keys_that_are_cut_off_are_refused() {
    let text: String = RSA_1024.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(text).expect("base64");
    for length in 0..der.len() {
        assert!(SigningKey::from_pkcs8(&der[..length]).is_err(), "{length}");
        let mut lying = der.clone();
        lying[length] = 0xff;
        assert!(SigningKey::from_pkcs8(&lying).is_err(), "{length}");
    }
}

#[test]
fn t19_secrets_under_32_bytes_are_refused_however_they_come() {
    for length in [0, 1, 31] {
        let secret = vec![7; length];
        let weak =
            |error: &KeyError| matches!(error, KeyError::WeakSecret { length: l } if *l == length);
        let mut errors = refusals(&pem("SECRET KEY", &secret));
        errors.push(SigningKey::from_secret(&secret).expect_err("it is refused"));
        errors.push(RefreshTokens::new(&secret).map(drop).expect_err("it is refused"));
        assert!(errors.iter().all(weak), "{length}: {errors:?}");

        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("refresh.secret");
        fs::write(&path, STANDARD.encode(&secret)).expect("written");
        let error = secret_from_file(&path).expect_err("it is refused");
        assert!(matches!(&error, KeyError::Content { source, .. } if weak(source)), "{error:?}");
    }
}

#[test]
fn t19_private_keys_of_another_curve_or_form_are_refused() {
    let p384 = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).expect("a key");
    let p384 = p384.to_pkcs8v1().expect("PKCS#8");
    let of_ours = SigningKey::generate(Algorithm::Es256).expect("a key").to_pem();
    for unfit in [
        pem("PRIVATE KEY", p384.as_ref()),
        of_ours.replace("PRIVATE KEY", "EC PRIVATE KEY"),
        of_ours.replace("PRIVATE KEY", "PUBLIC KEY"),
        of_ours.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
        of_ours.replace("END PRIVATE KEY", "END SECRET KEY"),
    ] {
        let errors = refusals(&unfit);
        let malformed = |error: &KeyError| matches!(error, KeyError::Malformed(_));
        assert!(errors.iter().all(malformed), "{unfit}: {errors:?}");
    }
}

fn jwk(algorithm: Algorithm) -> Value {
    let ring = KeyRing::generate(algorithm).expect("a key");
    serde_json::to_value(ring.jwks()).expect("JSON")["keys"][0].clone()
}

fn set(keys: &[Value]) -> Result<KeySet, KeyError> {
    KeySet::from_jwks(json!({ "keys": keys }).to_string().as_bytes())
}

fn rsa(modulus: &[u8]) -> Value {
    json!({ "kty": "RSA", "kid": "rsa", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode(modulus) })
}

#[test]
fn t19_rsa_keys_under_2048_bits_spoil_a_key_set() {
    let good = jwk(Algorithm::EdDsa);
    let mut just_under = vec![0xff; 256];
    just_under[0] = 0x7f;
    // Zeros before the modulus make it no longer.
    let padded = [&[0; 200][..], &[0xff; 128]].concat();
    for (modulus, expected) in [
        (vec![0xff; 128], 1024),
        (just_under, 2047),
        (padded, 1024),
        (vec![], 0),
        (vec![0; 300], 0),
    ] {
        let error = set(&[good.clone(), rsa(&modulus)]).map(drop).expect_err("it is refused");
        assert!(matches!(error, KeyError::WeakRsa { bits } if bits == expected), "{error:?}");
    }
    for n in [None, Some(json!("!"))] {
        let unfit = changed(rsa(&[0xff; 256]), "n", n);
        assert!(matches!(set(&[good.clone(), unfit]), Err(KeyError::Jwks(_))));
    }
    // One of good length is of no use here, and does not harm.
    assert_eq!(set(&[good, rsa(&[0xff; 256])]).expect("a key set").len(), 1);
}

#[test]
fn t19_unfit_members_of_a_key_spoil_its_set() {
    let other = json!("c2VjcmV0");
    for (algorithm, wrong_alg) in [(Algorithm::EdDsa, "ES256"), (Algorithm::Es256, "EdDSA")] {
        let good = jwk(algorithm);
        assert!(set(std::slice::from_ref(&good)).is_ok());
        for (name, value) in [
            ("use", Some(json!("enc"))),
            ("use", Some(json!(""))),
            ("alg", Some(json!(wrong_alg))),
            ("alg", Some(json!("HS256"))),
            ("alg", Some(json!("none"))),
            ("key_ops", Some(json!(["sign"]))),
            ("key_ops", Some(json!(["verify", "sign"]))),
            ("key_ops", Some(json!([]))),
            ("crv", Some(json!("X25519"))),
            ("crv", Some(json!("P-384"))),
            ("crv", Some(json!("secp256k1"))),
            ("crv", None),
            ("kty", Some(json!("oct"))),
            ("kty", None),
            ("k", Some(other.clone())),
            ("d", Some(other.clone())),
            ("p", Some(other.clone())),
            ("q", Some(other.clone())),
            ("kid", None),
            ("kid", Some(json!(""))),
            ("x", None),
            ("x", Some(json!("AAAA"))),
        ] {
            let key = changed(good.clone(), name, value.clone());
            assert!(set(&[key]).is_err(), "{algorithm}: {name}: {value:?}");
        }
    }
    // Each key type with the curve of the other.
    let swapped = changed(jwk(Algorithm::EdDsa), "crv", Some(json!("P-256")));
    assert!(set(&[swapped]).is_err());
    // A point beside the curve.
    let beside = changed(jwk(Algorithm::Es256), "y", Some(json!(URL_SAFE_NO_PAD.encode([7; 32]))));
    assert!(matches!(set(&[beside]), Err(KeyError::Malformed(_))));
}

#[test]
fn t5_t19_a_key_id_twice_in_a_set_is_refused() {
    let (one, other) = (jwk(Algorithm::EdDsa), jwk(Algorithm::Es256));
    let same_id = changed(other, "kid", Some(one["kid"].clone()));
    for twice in [[one.clone(), one.clone()], [one, same_id]] {
        assert!(matches!(set(&twice), Err(KeyError::Duplicate(_))));
    }
    let key = SigningKey::generate(Algorithm::EdDsa).expect("a key").to_pem();
    assert!(matches!(KeyRing::from_pem(&key.repeat(2)), Err(KeyError::Duplicate(_))));
}

#[test]
fn t19_public_and_symmetric_keys_are_never_in_one_set() {
    let ring = KeyRing::generate(Algorithm::EdDsa).expect("a key");
    let secret = SigningKey::from_secret(&[7; 32]).expect("a secret");
    assert!(matches!(ring.add_standby(secret.clone()), Err(KeyError::MixedSet(_))));
    assert_eq!(ring.key_set().len(), 1, "the set is as it was");
    let mixed = ring.active().to_pem() + &secret.to_pem();
    assert!(matches!(KeyRing::from_pem(&mixed), Err(KeyError::MixedSet(_))));

    let symmetric =
        json!({ "kty": "oct", "kid": "s", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0" });
    for keys in [vec![jwk(Algorithm::EdDsa), symmetric.clone()], vec![symmetric]] {
        assert!(matches!(set(&keys), Err(KeyError::MixedSet(_))));
    }
}

/// A service that follows an issuer does not begin with a set that has an unfit key in it.
#[tokio::test]
async fn t19_a_service_takes_no_fetched_set_with_a_weak_key() {
    let issuer = Issuer::new();
    let keys = RemoteKeys::new(Arc::new(issuer.clone()), Clock::system()).expect("a set");
    let weak = json!({ "keys": [jwk(Algorithm::EdDsa), rsa(&[0xff; 128])] }).to_string();
    *issuer.network.false_keys.lock().expect("whole") = Some(weak);
    let error = keys.refresh().await.expect_err("it is refused");
    assert!(error.to_string().contains("RSA key of 1024 bits"), "{error}");
    assert!(keys.set().is_empty());
}
