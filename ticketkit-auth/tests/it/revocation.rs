//! The merge of revocations: neither order nor duplicates matter, at any time.

use std::{sync::Arc, time::Duration};

use proptest::prelude::*;
use ticketkit_auth::{
    Claims, ManualClock, RevocationView,
    revocation::{Ban, Revocation, Standing},
    testing::TestAuth,
};

const LIFETIME: Duration = Duration::from_secs(910);

fn view(time: &ManualClock) -> RevocationView {
    RevocationView::without_heartbeat(LIFETIME, time.clock())
}

fn claims(epoch: i64) -> Arc<Claims> {
    let auth = TestAuth::new();
    let grant = auth.grant("ada@example.com").epoch(epoch);
    auth.verifier().verify(&auth.token_for(&grant)).expect("a token")
}

fn ban(version: i64, banned: bool) -> Option<Ban> {
    Some(Ban { version, banned, until: None })
}

#[test]
fn lifting_a_ban_does_not_bring_old_sessions_back() {
    let time = ManualClock::default();
    let (view, at) = (view(&time), time.clock().unix_millis());
    let old = claims(0);
    let user = old.sub.clone();
    view.apply(&Revocation::User { user: user.clone(), min_epoch: 1, ban: ban(1, true), at });
    view.apply(&Revocation::User { user: user.clone(), min_epoch: 0, ban: ban(2, false), at });
    assert_eq!(view.standing(&old), Standing::Revoked);
    assert_eq!(view.standing(&claims(1)), Standing::Good);
    // The ban comes again, late.
    view.apply(&Revocation::User { user, min_epoch: 1, ban: ban(1, true), at });
    assert_eq!(view.standing(&claims(1)), Standing::Good);
}

#[test]
fn what_concerns_no_token_any_more_is_dropped_and_not_taken_in() {
    let time = ManualClock::default();
    let view = view(&time);
    let news = Revocation::User {
        user: "u".to_owned(),
        min_epoch: 1,
        ban: ban(1, true),
        at: time.clock().unix_millis(),
    };
    let session = Revocation::Session { session: "s".to_owned(), at: time.clock().unix_millis() };
    view.apply(&news);
    view.apply(&session);
    time.advance(LIFETIME);
    view.trim();
    assert_eq!(view.len(), 2, "a token from before could still be valid");
    time.advance(Duration::from_millis(1));
    view.trim();
    assert!(view.is_empty());
    view.apply(&news);
    view.apply(&session);
    assert!(view.is_empty(), "it is no news");
}

#[test]
fn memory_is_trimmed_as_news_comes_in() {
    let time = ManualClock::default();
    let view = view(&time);
    for i in 0..10_000 {
        let at = time.clock().unix_millis();
        view.apply(&Revocation::Session { session: format!("s{i}"), at });
        time.advance(Duration::from_secs(1));
    }
    assert!(view.len() <= 911 + 1024, "{}", view.len());
}

#[test]
fn a_stream_that_is_behind_is_not_taken_for_fresh() {
    let time = ManualClock::default();
    let view = RevocationView::new(LIFETIME, Duration::from_secs(5), time.clock());
    assert_eq!(view.age(), None);
    view.heartbeat(time.clock().unix_millis() - 10_000);
    assert_eq!(view.age(), Some(Duration::from_secs(10)));
    assert!(view.is_stale());
    view.heartbeat(time.clock().unix_millis());
    view.heartbeat(time.clock().unix_millis() - 10_000);
    assert_eq!(view.age(), Some(Duration::ZERO), "an old one after it makes it no older");
    view.heartbeat(time.clock().unix_millis() + 3_600_000);
    time.advance(Duration::from_secs(6));
    assert!(view.is_stale(), "a clock that is ahead makes it no fresher");
}

fn news(now: i64) -> impl Strategy<Value = Revocation> {
    let users = prop::sample::select(vec!["a", "b", "01890a5d-ac96-774b-bcce-b302099a8057"]);
    let bans = prop::option::of((0..5_i64, any::<bool>(), prop::option::of(0..5_i64)).prop_map(
        move |(version, banned, until)| Ban {
            version,
            banned,
            until: until.map(|minutes| now + minutes * 60_000),
        },
    ));
    let user =
        (users, 0..5_i64, bans, 0..2_000_000_i64).prop_map(move |(user, epoch, ban, age)| {
            Revocation::User { user: user.to_owned(), min_epoch: epoch, ban, at: now - age }
        });
    let session = (0..5_u8, 0..2_000_000_i64).prop_map(move |(session, age)| Revocation::Session {
        session: session.to_string(),
        at: now - age,
    });
    prop_oneof![user, session]
}

fn sorted(view: &RevocationView) -> Vec<String> {
    let snapshot = view.export();
    let users = snapshot.users.iter().map(|user| format!("{user:?}"));
    let sessions = snapshot.sessions.iter().map(|session| format!("{session:?}"));
    let mut all: Vec<_> = users.chain(sessions).collect();
    all.sort();
    all
}

proptest! {
    #[test]
    fn order_duplicates_and_the_way_do_not_matter(
        (original, shuffled) in prop::collection::vec(news(1_790_000_000_000), 0..30)
            .prop_flat_map(|all| {
                let twice = [all.clone(), all.clone()].concat();
                (Just(all), Just(twice).prop_shuffle())
            }),
        cut in 0_usize..30,
    ) {
        let time = ManualClock::default();
        let straight = view(&time);
        original.iter().for_each(|news| straight.apply(news));

        let mixed = view(&time);
        shuffled.iter().for_each(|news| mixed.apply(news));
        prop_assert_eq!(sorted(&straight), sorted(&mixed));

        // A part by a snapshot that went over a wire, the rest by events, some by both.
        let cut = cut.min(original.len());
        let (early, late) = (view(&time), view(&time));
        original[..cut].iter().for_each(|news| early.apply(news));
        original[cut / 2..].iter().for_each(|news| late.apply(news));
        let wire = serde_json::to_string(&early.export()).expect("JSON");
        late.import(&serde_json::from_str(&wire).expect("a snapshot"));
        prop_assert_eq!(sorted(&straight), sorted(&late));
    }
}
