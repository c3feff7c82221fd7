//! S7, S8: refresh tokens.

use proptest::prelude::*;
use ticketkit_auth::refresh::{Outcome, RefreshRow, RefreshToken, RefreshTokens};

const START: i64 = 1_790_000_000_000;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn tokens() -> RefreshTokens {
    RefreshTokens::new(&[7; 32]).expect("a secret")
}

/// Presents a token and, where it is good, stores what the outcome says.
fn present(row: &mut RefreshRow, token: &RefreshToken, now: i64) -> Outcome {
    let tokens = tokens();
    let presented = tokens.parse(token.as_str()).expect("a token of ours");
    let outcome = tokens.decide(row, &presented, now);
    if let Outcome::Rotated { row: new, .. } = &outcome {
        row.clone_from(new);
    }
    outcome
}

#[track_caller]
fn rotated(outcome: Outcome) -> RefreshToken {
    match outcome {
        Outcome::Rotated { token, .. } => token,
        other => panic!("{other:?}"),
    }
}

#[test]
fn s8_a_token_is_opaque_and_stored_as_a_hash() {
    let (token, row) = tokens().start(START).expect("random bytes");
    assert!(token.as_str().len() >= 22, "128 bits in base64url");
    let stored = format!("{row:?}");
    assert!(!stored.contains(token.as_str()));
    let (other, _) = tokens().start(START).expect("random bytes");
    assert_ne!(token, other);
    assert_eq!(format!("{token:?}"), "RefreshToken(…)");
}

#[test]
fn s8_each_use_rotates() {
    let (mut token, mut row) = tokens().start(START).expect("random bytes");
    for hour in 1..=20 {
        let next = rotated(present(&mut row, &token, START + hour * HOUR));
        assert_ne!(next, token);
        token = next;
    }
}

#[test]
fn s8_reuse_ends_the_session() {
    let (first, mut row) = tokens().start(START).expect("random bytes");
    let second = rotated(present(&mut row, &first, START + HOUR));
    let outside = START + HOUR + 10_001;
    assert_eq!(present(&mut row, &first, outside), Outcome::Reused, "the parent, too late");
    let _third = rotated(present(&mut row, &second, outside));
    assert_eq!(present(&mut row, &first, outside + 1), Outcome::Reused, "a grandparent, at once");
}

#[test]
fn s8_two_tabs_at_once_get_the_same_successor() {
    let (first, mut row) = tokens().start(START).expect("random bytes");
    let second = rotated(present(&mut row, &first, START + HOUR));
    for later in [0, 1, 10_000] {
        let outcome = present(&mut row, &first, START + HOUR + later);
        assert_eq!(outcome, Outcome::Repeated { token: second.clone() });
    }
    rotated(present(&mut row, &second, START + HOUR + 10_001));
}

#[test]
fn s8_of_two_that_read_the_same_row_both_have_the_same_answer() {
    let (first, row) = tokens().start(START).expect("random bytes");
    let a = rotated(present(&mut row.clone(), &first, START + 1));
    let b = rotated(present(&mut row.clone(), &first, START + 2));
    assert_eq!(a, b, "so it does not matter whose row is stored");
}

#[test]
fn s7_idle_and_absolute_limits() {
    let (first, row) = tokens().start(START).expect("random bytes");
    rotated(present(&mut row.clone(), &first, START + 7 * DAY - 1));
    assert_eq!(present(&mut row.clone(), &first, START + 7 * DAY), Outcome::Expired);

    let (mut token, mut row) = tokens().start(START).expect("random bytes");
    for day in 1..30 {
        token = rotated(present(&mut row, &token, START + day * DAY));
    }
    assert_eq!(present(&mut row, &token, START + 30 * DAY), Outcome::Expired);
}

#[test]
fn a_token_that_we_never_made_is_nothing_and_ends_no_session() {
    let (token, row) = tokens().start(START).expect("random bytes");
    let other = RefreshTokens::new(&[8; 32]).expect("another secret");
    assert!(other.parse(token.as_str()).is_none());
    let (foreign, _) = tokens().start(START).expect("random bytes");
    let presented = tokens().parse(foreign.as_str()).expect("ours");
    assert_eq!(tokens().decide(&row, &presented, START), Outcome::Reused, "of another session");
    assert!(RefreshTokens::new(&[7; 31]).is_err());
}

proptest! {
    #[test]
    fn no_other_text_is_a_token(at in 0_usize..100, byte in "[A-Za-z0-9_.-]", text in ".{0,120}") {
        prop_assert!(tokens().parse(&text).is_none());
        let (token, _) = tokens().start(START).expect("random bytes");
        let mut changed = token.as_str().to_owned();
        let at = at % changed.len();
        changed.replace_range(at..=at, &byte);
        prop_assert!(changed == token.as_str() || tokens().parse(&changed).is_none());
    }
}
