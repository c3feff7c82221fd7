//! L2, T5, T21: what the log has, and what it never has.

use std::{
    io,
    sync::{Arc, Mutex},
};

use http::{HeaderMap, HeaderValue, header};
use serde_json::json;
use ticketkit_auth::{AuthLayer, testing::TestAuth};

use crate::forge::Forge;

/// All that is logged while the action runs.
fn logged(action: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("one writer").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let buffer = Buffer::default();
    let writer = buffer.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, action);
    let bytes = buffer.0.lock().expect("no writer is left").clone();
    String::from_utf8(bytes).expect("text")
}

fn cookie(token: &str) -> HeaderMap {
    let value = HeaderValue::from_str(&format!("ticketkit={token}")).expect("a value");
    HeaderMap::from_iter([(header::COOKIE, value)])
}

#[test]
fn t21_the_log_has_the_reason_that_the_client_never_sees() {
    let forge = Forge::new();
    let layer = AuthLayer::new(forge.verifier.clone(), TestAuth::new().cookies());
    for (token, reason) in [
        (forge.claim("iss", Some(json!("evil"))), "it is from another issuer"),
        (forge.member("crit", Some(json!([]))), "a member that is not allowed"),
        (forge.member("kid", Some(json!("a\r\nb"))), "the key is unknown"),
    ] {
        let log = logged(|| drop(layer.caller(&cookie(&token))));
        assert!(log.contains(reason), "{log}");
        assert_eq!(log.lines().count(), 1, "{log}");
    }
}

#[test]
fn l2_no_token_is_ever_logged() {
    let forge = Forge::new();
    let layer = AuthLayer::new(forge.verifier.clone(), TestAuth::new().cookies());
    let good = forge.token();
    let expired = forge.claim("exp", Some(json!(forge.now() + 1)));
    let forged = forge.claim("aud", Some(json!("canary-audience")));
    forge.advance(10);
    let log = logged(|| {
        for token in [&good, &expired, &forged, "canary-token"] {
            drop(layer.caller(&cookie(token)));
        }
    });
    assert!(!log.is_empty());
    for token in [&good, &expired, &forged] {
        for part in token.split('.') {
            assert!(!log.contains(part), "{log}");
        }
    }
    assert!(!log.contains("canary") && !log.contains("ada@example.com"), "{log}");
}
