//! K3, K4, K5, and the files that keys are kept in.

use std::{fs, path::Path};

use jsonwebtoken::crypto::{CryptoProvider, KeyUtils};
use ticketkit_auth::{
    Grant, KeyRing, TokenIssuer, TokenVerifier,
    keys::{Algorithm, KeyError, KeyStage, SigningKey, install_crypto_provider, secret_from_file},
};

use crate::forge::pem_content;

fn token(ring: &KeyRing) -> String {
    let issuer = TokenIssuer::new(ring.clone(), "ticketing", "ticketing");
    issuer.issue(&Grant::new("user", "session")).expect("a token").as_str().to_owned()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
        .collect();
    names.sort();
    names
}

/// The stages and ids in the names of the files; the time between them is left out.
fn stages(folder: &Path) -> Vec<(String, String)> {
    let parts = names(folder).into_iter().map(|name| {
        let stem = name.strip_suffix(".pem").expect("a PEM file");
        let parts: Vec<_> = stem.splitn(3, '-').collect();
        let [stage, since, kid] = parts[..] else { panic!("{name}") };
        assert!(since.parse::<i64>().is_ok(), "{name}");
        (stage.to_owned(), kid.to_owned())
    });
    parts.collect()
}

#[test]
fn k3_no_private_member_is_ever_in_the_public_set() {
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Hs256] {
        let ring = KeyRing::generate(algorithm).expect("a key");
        ring.add_standby(SigningKey::generate(algorithm).expect("a key")).expect("another key");
        let set = serde_json::to_value(ring.jwks()).expect("JSON");
        let keys = set["keys"].as_array().expect("a list");
        assert_eq!(keys.len(), if algorithm.is_symmetric() { 0 } else { 2 });
        for key in keys {
            let members: Vec<_> = key.as_object().expect("an object").keys().collect();
            let known = ["alg", "crv", "kid", "kty", "use", "x", "y"];
            assert!(members.iter().all(|member| known.contains(&member.as_str())), "{members:?}");
        }
        let secret = pem_content(&ring.active().to_pem());
        assert!(!format!("{ring:?}").contains(&format!("{secret:?}")));
    }
}

#[test]
fn k4_what_a_removed_key_signed_is_void_at_once() {
    let ring = KeyRing::generate(Algorithm::EdDsa).expect("a key");
    let verifier = TokenVerifier::new(&ring, "ticketing", "ticketing");
    let (leaked, by_leaked) = (ring.active().kid().to_owned(), token(&ring));
    assert!(verifier.verify(&by_leaked).is_ok(), "and now in the cache");

    let next = ring.add_standby(SigningKey::generate(Algorithm::EdDsa).expect("a key"));
    ring.promote_now(&next.expect("a new key")).expect("standby");
    ring.remove_now(&leaked).expect("retiring");
    assert!(verifier.verify(&by_leaked).is_err());
}

#[test]
fn k5_the_provider_can_be_installed_by_anyone_and_again() {
    for _ in 0..3 {
        install_crypto_provider().expect("the provider works");
    }
    // Another one installed by the application changes nothing here.
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    assert!(KeyRing::generate(Algorithm::EdDsa).is_ok());
}

/// What `jsonwebtoken` falls back on where both or none of its providers were compiled in: it panics
/// at the first token.
static PANICKING: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| panic!("no provider"),
    verifier_factory: |_, _| panic!("no provider"),
    key_utils: KeyUtils::new_unimplemented(),
};

/// In a process of its own, where that is the provider of everybody else: here it is never asked.
#[test]
fn k5_no_provider_of_the_process_is_ever_asked() {
    const CHILD: &str = "K5_CHILD";
    if std::env::var_os(CHILD).is_some() {
        PANICKING.install_default().expect("it is the first");
        install_crypto_provider().expect("the own provider works");
        for algorithm in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Hs256] {
            let ring = KeyRing::generate(algorithm).expect("a key");
            let verifier = TokenVerifier::new(&ring, "ticketing", "ticketing");
            assert!(verifier.verify(&token(&ring)).is_ok(), "{algorithm}");
        }
        let others = std::panic::catch_unwind(|| {
            let secret = jsonwebtoken::EncodingKey::from_secret(&[7; 32]);
            jsonwebtoken::crypto::sign(b"", &secret, jsonwebtoken::Algorithm::HS256)
        });
        assert!(others.is_err(), "the panicking one is installed");
        return;
    }
    let child = std::process::Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "keys::k5_no_provider_of_the_process_is_ever_asked"])
        .env(CHILD, "1")
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn a_folder_keeps_the_ring_with_its_stages() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("keys");
    let ring = KeyRing::open(&path, Algorithm::EdDsa).expect("a new ring");
    let (first, by_first) = (ring.active().kid().to_owned(), token(&ring));
    assert_eq!(stages(&path), [("active".to_owned(), first.clone())]);

    let again = KeyRing::open(&path, Algorithm::EdDsa).expect("the same ring");
    let verifier = TokenVerifier::new(&again, "ticketing", "ticketing");
    assert!(verifier.verify(&by_first).is_ok(), "tokens outlive a restart");

    let second =
        ring.add_standby(SigningKey::generate(Algorithm::EdDsa).expect("a key")).expect("new");
    ring.save(&path).expect("written");
    ring.promote_now(&second).expect("standby");
    ring.save(&path).expect("written");
    let expected = [("active".to_owned(), second.clone()), ("retiring".to_owned(), first.clone())];
    assert_eq!(stages(&path), expected);
    let again = KeyRing::open(&path, Algorithm::EdDsa).expect("the same ring");
    assert_eq!(again.active().kid(), second);
    assert_eq!(again.stage(&first), Some(KeyStage::Retiring));

    ring.remove_now(&first).expect("retiring");
    ring.save(&path).expect("written");
    assert_eq!(stages(&path), [("active".to_owned(), second)]);
}

#[test]
fn a_running_ring_takes_in_what_a_command_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let running = KeyRing::open(folder.path(), Algorithm::EdDsa).expect("a ring");
    let verifier = TokenVerifier::new(&running, "ticketing", "ticketing");
    let old = token(&running);
    assert!(!running.reload(folder.path()).expect("a ring"), "nothing is new");

    let command = KeyRing::open(folder.path(), Algorithm::EdDsa).expect("the ring");
    let leaked = command.active().kid().to_owned();
    let next = SigningKey::generate(Algorithm::EdDsa).expect("a key");
    let next = command.add_standby(next).expect("a new key");
    command.promote_now(&next).expect("it is standby");
    command.save(folder.path()).expect("saved");
    assert!(running.reload(folder.path()).expect("the ring"));
    assert_eq!(running.active().kid(), next);
    assert!(verifier.verify(&old).is_ok() && verifier.verify(&token(&running)).is_ok());

    command.remove_now(&leaked).expect("it is retiring");
    command.save(folder.path()).expect("saved");
    assert!(running.reload(folder.path()).expect("the ring"));
    assert!(verifier.verify(&old).is_err());

    std::fs::remove_dir_all(folder.path()).expect("removed");
    assert!(running.reload(folder.path()).is_err());
    assert_eq!(running.active().kid(), next, "it goes on with what it has");
}

#[test]
fn a_ring_comes_from_the_environment() {
    let keys = [(), ()].map(|()| SigningKey::generate(Algorithm::EdDsa).expect("a key"));
    let text = keys.each_ref().map(SigningKey::to_pem).concat();
    let ring = KeyRing::from_pem(&text).expect("two keys");
    assert_eq!(ring.active().kid(), keys[0].kid());
    assert_eq!(ring.stage(keys[1].kid()), Some(KeyStage::Retiring));
    for nonsense in ["", "secret", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
    {
        assert!(KeyRing::from_pem(nonsense).is_err(), "{nonsense}");
    }
    let mixed = keys[0].to_pem() + &SigningKey::from_secret(&[7; 32]).expect("a secret").to_pem();
    assert!(matches!(KeyRing::from_pem(&mixed), Err(KeyError::MixedSet(_))));
}

#[test]
fn a_crash_within_a_promotion_leaves_a_ring() {
    let folder = tempfile::tempdir().expect("a folder");
    let ring = KeyRing::open(folder.path(), Algorithm::EdDsa).expect("a new ring");
    let first = ring.active().kid().to_owned();
    let second =
        ring.add_standby(SigningKey::generate(Algorithm::EdDsa).expect("a key")).expect("new");
    ring.save(folder.path()).expect("written");
    // The first of the two renames, a moment later.
    let standby = names(folder.path()).pop().expect("a file");
    let active = format!("active-{}-{second}.pem", i64::MAX);
    fs::rename(folder.path().join(standby), folder.path().join(active)).expect("renamed");

    let ring = KeyRing::open(folder.path(), Algorithm::EdDsa).expect("two active files");
    assert_eq!(ring.active().kid(), second);
    assert_eq!(ring.stage(&first), Some(KeyStage::Retiring));
}

#[test]
fn unusable_folders_are_errors_and_not_new_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("active-x.pem");
    for content in ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
    {
        fs::write(&file, content).expect("written");
        assert!(KeyRing::open(folder.path(), Algorithm::EdDsa).is_err(), "{content}");
    }
    let pem = SigningKey::generate(Algorithm::EdDsa).expect("a key").to_pem();
    fs::remove_file(&file).expect("removed");
    fs::write(folder.path().join("retiring-x.pem"), pem).expect("written");
    let error = KeyRing::open(folder.path(), Algorithm::EdDsa).expect_err("none is active");
    assert!(matches!(error, KeyError::NoActive(_)));
}

#[test]
fn every_kind_of_key_survives_its_file() {
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Hs256] {
        let key = SigningKey::generate(algorithm).expect("a key");
        let again = SigningKey::from_pem(&key.to_pem()).expect("the same key");
        assert_eq!(again.kid(), key.kid());
        assert_eq!(again.algorithm(), algorithm);
    }
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_keys_and_secrets() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("keys");
    let ring = KeyRing::open(&path, Algorithm::EdDsa).expect("a new ring");
    let secret = secret_from_file(path.join("refresh.secret")).expect("a new secret");
    assert_eq!(secret_from_file(path.join("refresh.secret")).expect("the same"), secret);
    let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    let [key, refresh] = &names(&path)[..] else { panic!("no temporary file is left") };
    assert!(key.ends_with(&format!("-{}.pem", ring.active().kid())), "{key}");
    assert_eq!(mode(&path.join(key)), 0o600);
    assert_eq!(mode(&path.join(refresh)), 0o600);
}
