//! P1 to P7.

use std::time::{Duration, Instant};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use ticketkit_auth::password::{
    Cost, Password, PasswordError, PasswordHasher, Verdict, WeakPassword,
};

const CHEAP: Cost = Cost { memory: 64, passes: 1, lanes: 1 };

fn password(text: &str) -> Password {
    Password::new(text.to_owned()).expect("an allowed password")
}

#[test]
fn p1_length_is_counted_in_characters_and_nothing_else_is_asked() {
    for (text, expected) in [
        ("gqx7vpl", Err(WeakPassword::Length)),
        ("gqx7vplm", Ok(())),
        ("ünïcödéß", Ok(())),
        ("ünïcödé", Err(WeakPassword::Length)),
        ("🔑🎫🎸🎻🥁🎺🎷🪕", Ok(())),
        ("only lower case words", Ok(())),
        ("        x7qp", Ok(())),
    ] {
        assert_eq!(Password::new(text.to_owned()).map(|_| ()), expected, "{text}");
    }
    let long: String = ('a'..='z').cycle().step_by(3).take(128).collect();
    assert!(Password::new(long.clone()).is_ok());
    assert_eq!(Password::new(format!("{long}x")).map(|_| ()), Err(WeakPassword::Length));
}

#[tokio::test]
async fn p1_nothing_is_cut_off_trimmed_or_folded() {
    let hasher = PasswordHasher::with_limits(CHEAP, 2, 10).expect("a hasher");
    let long: String = ('a'..='z').cycle().step_by(3).take(128).collect();
    let stored = hasher.hash(password(&long)).await.expect("a hash");
    for other in [&long[..127], &format!("{long} "), &format!(" {long}"), &long.to_uppercase()] {
        let verdict = hasher.verify(other.to_owned(), Some(stored.clone())).await;
        assert_eq!(verdict, Ok(Verdict::Wrong));
    }
    let verdict = hasher.verify(long, Some(stored)).await;
    assert_eq!(verdict, Ok(Verdict::Right { rehashed: None }));
}

#[test]
fn p2_common_passwords_are_refused() {
    for text in
        ["password", "PASSWORD", "12345678", "QwertyUiop", "iloveyou", "FootBall1", "P@ssw0rd"]
    {
        assert_eq!(Password::new(text.to_owned()).map(|_| ()), Err(WeakPassword::Common), "{text}");
    }
}

/// The cost is what the hash says of itself, and what was really spent: argon2 itself comes to the same
/// bytes with these parameters.
#[tokio::test]
async fn p3_the_hash_is_argon2id_with_19_mib_2_passes_and_1_lane() {
    assert_eq!(Cost::DEFAULT, Cost { memory: 19 * 1024, passes: 2, lanes: 1 });
    let hasher = PasswordHasher::new().expect("a hasher");
    let first = hasher.hash(password("gqx7vplm")).await.expect("a hash");
    let parts: Vec<_> = first.split('$').collect();
    let ["", "argon2id", "v=19", "m=19456,t=2,p=1", salt, hash] = parts[..] else {
        panic!("{first}")
    };
    let [salt, hash] = [salt, hash].map(|part| STANDARD_NO_PAD.decode(part).expect("base64"));
    assert_eq!((salt.len(), hash.len()), (16, 32));
    let params = argon2::Params::new(19 * 1024, 2, 1, Some(32)).expect("parameters");
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let mut again = [0; 32];
    argon2.hash_password_into(b"gqx7vplm", &salt, &mut again).expect("a hash");
    assert_eq!(hash, again);

    let second = hasher.hash(password("gqx7vplm")).await.expect("a hash");
    assert_ne!(first, second, "each has its own salt");
}

/// A check spends what the stored hash says: with any other number it does not come to the same hash.
#[tokio::test]
async fn p3_a_check_runs_with_the_cost_of_the_stored_hash() {
    let hasher = PasswordHasher::new().expect("a hasher");
    let stored = hasher.hash(password("gqx7vplm")).await.expect("a hash");
    let verdict = async |stored: String| hasher.verify("gqx7vplm".to_owned(), Some(stored)).await;
    assert_eq!(verdict(stored.clone()).await, Ok(Verdict::Right { rehashed: None }));
    for other in ["m=9728,t=2,p=1", "m=19456,t=1,p=1", "m=19456,t=3,p=1", "m=19456,t=2,p=2"] {
        let claimed = stored.replace("m=19456,t=2,p=1", other);
        assert_ne!(claimed, stored);
        assert_eq!(verdict(claimed).await, Ok(Verdict::Wrong), "{other}");
    }
}

#[tokio::test]
async fn p4_a_right_password_is_hashed_again_when_the_cost_has_changed() {
    let old = PasswordHasher::with_limits(CHEAP, 1, 10).expect("a hasher");
    let stored = old.hash(password("gqx7vplm")).await.expect("a hash");
    let new = PasswordHasher::with_limits(Cost { passes: 2, ..CHEAP }, 1, 10).expect("a hasher");

    let wrong = new.verify("wrong".to_owned(), Some(stored.clone())).await;
    assert_eq!(wrong, Ok(Verdict::Wrong));
    let right = new.verify("gqx7vplm".to_owned(), Some(stored)).await;
    let Ok(Verdict::Right { rehashed: Some(rehashed) }) = right else { panic!("{right:?}") };
    assert!(rehashed.contains("t=2"), "{rehashed}");
    let again = new.verify("gqx7vplm".to_owned(), Some(rehashed)).await;
    assert_eq!(again, Ok(Verdict::Right { rehashed: None }));
}

#[tokio::test]
async fn p5_stored_parameters_above_the_cap_are_refused() {
    let hasher = PasswordHasher::with_limits(CHEAP, 1, 10).expect("a hasher");
    let good = hasher.hash(password("gqx7vplm")).await.expect("a hash");
    for parameters in
        ["m=1048576,t=1,p=1", "m=64,t=1000,p=1", "m=4096,t=1,p=64", "m=4294967295,t=1,p=1"]
    {
        let stored = good.replace("m=64,t=1,p=1", parameters);
        let begin = Instant::now();
        let verdict = hasher.verify("gqx7vplm".to_owned(), Some(stored)).await;
        assert!(matches!(verdict, Err(PasswordError::Cap(_))), "{parameters}: {verdict:?}");
        assert!(begin.elapsed() < Duration::from_secs(1), "nothing was computed");
    }
    let (without_output, _) = good.rsplit_once('$').expect("a hash in the PHC string format");
    let (other, old) = (good.replace("argon2id", "argon2i"), good.replace("v=19", "v=16"));
    for stored in ["", "plain", &other, &old, without_output] {
        let verdict = hasher.verify("gqx7vplm".to_owned(), Some(stored.to_owned())).await;
        assert!(matches!(verdict, Err(PasswordError::Stored(_))), "{stored}: {verdict:?}");
    }
}

#[tokio::test]
async fn p6_who_finds_it_full_is_refused_at_once_and_hanging_up_frees_nothing() {
    // Slow enough that the first is still at it when the others come.
    let slow = Cost { memory: 64 * 1024, passes: 4, lanes: 1 };
    let hasher = PasswordHasher::with_limits(slow, 1, 0).expect("a hasher");

    let mut first = Box::pin(hasher.verify("x".to_owned(), None));
    assert!(futures_poll_once(&mut first).await.is_none(), "it has begun");
    drop(first);
    assert_eq!(hasher.verify("x".to_owned(), None).await, Err(PasswordError::Busy));

    let deadline = Instant::now() + Duration::from_secs(20);
    while hasher.verify("x".to_owned(), None).await == Err(PasswordError::Busy) {
        assert!(Instant::now() < deadline, "the place is free when the work is done");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Polls a future once.
async fn futures_poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        let polled = std::pin::Pin::new(&mut *future).poll(context);
        std::task::Poll::Ready(match polled {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

#[tokio::test]
async fn p6_busy_is_a_503_with_retry_after() {
    let response: http::Response<Vec<u8>> = ticketkit_core::respond(&PasswordError::Busy);
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "1");
}

#[tokio::test]
async fn p7_unknown_users_take_as_long_as_wrong_passwords() {
    let hasher = PasswordHasher::new().expect("a hasher");
    let stored = hasher.hash(password("gqx7vplm")).await.expect("a hash");
    // The medians come close to one another, whatever else runs on the machine: it hits both alike.
    let (mut unknown, mut wrong) = (Vec::new(), Vec::new());
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        for (times, stored) in [(&mut unknown, None), (&mut wrong, Some(stored.clone()))] {
            let begin = Instant::now();
            assert_eq!(hasher.verify("wrong".to_owned(), stored).await, Ok(Verdict::Wrong));
            times.push(begin.elapsed());
            times.sort_unstable();
        }
        let (unknown, wrong) = (unknown[unknown.len() / 2], wrong[wrong.len() / 2]);
        if (0.8..1.25).contains(&(unknown.as_secs_f64() / wrong.as_secs_f64())) {
            break;
        }
        assert!(Instant::now() < deadline, "{unknown:?} for nobody, {wrong:?} for somebody");
    }
}
