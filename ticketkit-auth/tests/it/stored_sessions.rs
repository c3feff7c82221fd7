//! S3, S6, S7, S8: sessions in a database, on both that there are.

use std::{sync::Arc, time::Duration};

use ticketkit_auth::{
    ManualClock,
    refresh::{RefreshToken, RefreshTokens},
    session::{Device, Refreshed, Session, SessionStore as _, Sessions, SqlSessions},
};
use ticketkit_events::sql::Database;

use crate::place::{Place, on_each_database};

on_each_database!(
    s8_each_use_rotates_and_is_kept,
    s8_of_many_at_once_one_rotates_and_all_get_the_same_token,
    s8_reuse_ends_the_session_for_everybody,
    s7_what_idled_or_lasted_too_long_is_over_and_swept,
    s6_a_user_lists_and_ends_own_sessions_alone,
    s3_who_ends_all_waits_for_a_refresh_and_leaves_nothing,
    s3_who_ends_all_waits_while_a_session_is_locked,
    what_is_rolled_back_did_not_happen,
);

const DAY: Duration = Duration::from_secs(24 * 3600);

struct Issuer {
    database: Database,
    sessions: Arc<Sessions<SqlSessions>>,
    clock: ManualClock,
}

impl Issuer {
    async fn open(place: &Place) -> Self {
        let (database, clock) = (place.open().await, ManualClock::default());
        let store = SqlSessions::open(&database).await.expect("the tables are made");
        let tokens = RefreshTokens::new(&[7; 32]).expect("a secret");
        let sessions = Arc::new(Sessions::new(tokens, store, clock.clock()));
        Self { database, sessions, clock }
    }

    async fn start(&self, user: &str) -> (Session, RefreshToken) {
        let mut tx = self.database.begin().await.expect("a transaction");
        let started = self.sessions.start(&mut tx, user, device("Firefox")).await;
        tx.commit().await.expect("it commits");
        started.expect("it starts")
    }

    async fn refresh(&self, token: &RefreshToken) -> Refreshed {
        let mut tx = self.database.begin().await.expect("a transaction");
        let presented = self.sessions.parse(token.as_str()).expect("a token of ours");
        let refreshed = self.sessions.refresh(&mut tx, &presented, device("Chromium")).await;
        tx.commit().await.expect("it commits");
        refreshed.expect("the database answers")
    }

    async fn ids(&self, user: &str) -> Vec<String> {
        let found = self.sessions.list(user, None, 100).await.expect("the database answers");
        found.iter().map(|session| session.id().to_owned()).collect()
    }
}

fn device(name: &str) -> Device {
    Device { user_agent: Some(name.to_owned()), address: None }
}

#[track_caller]
fn rotated(refreshed: Refreshed) -> RefreshToken {
    match refreshed {
        Refreshed::Rotated { token, .. } => token,
        other => panic!("{other:?}"),
    }
}

async fn s8_each_use_rotates_and_is_kept(place: Place) {
    let issuer = Issuer::open(&place).await;
    let (session, mut token) = issuer.start("ada").await;
    for _ in 0..3 {
        issuer.clock.advance(Duration::from_secs(3600));
        let next = rotated(issuer.refresh(&token).await);
        assert_ne!(next, token);
        token = next;
    }
    // Another process, on the same clock, goes on with it.
    let other = Issuer { clock: issuer.clock.clone(), ..Issuer::open(&place).await };
    let found = other.sessions.list("ada", None, 10).await.expect("the database answers");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].id(), session.id());
    assert_eq!(found[0].device, device("Chromium"), "of the last use");
    assert_eq!(found[0].refresh.created_at, session.refresh.created_at);
    let stored = format!("{:?}", found[0]);
    assert!(!stored.contains(token.as_str()), "only a hash is kept");
}

async fn s8_of_many_at_once_one_rotates_and_all_get_the_same_token(place: Place) {
    let issuer = Arc::new(Issuer::open(&place).await);
    for _ in 0..5 {
        let (_, token) = issuer.start("ada").await;
        let at_once: Vec<_> = (0..8)
            .map(|_| {
                let (issuer, token) = (issuer.clone(), token.clone());
                tokio::spawn(async move { issuer.refresh(&token).await })
            })
            .collect();
        let (mut rotations, mut tokens) = (0, Vec::new());
        for refreshed in at_once {
            match refreshed.await.expect("no task panics") {
                Refreshed::Rotated { token, .. } => {
                    rotations += 1;
                    tokens.push(token);
                }
                Refreshed::Repeated { token, .. } => tokens.push(token),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(rotations, 1);
        assert!(tokens.iter().all(|other| *other == tokens[0]));
    }
}

async fn s8_reuse_ends_the_session_for_everybody(place: Place) {
    let issuer = Issuer::open(&place).await;
    let (session, first) = issuer.start("ada").await;
    let (other, _) = issuer.start("ada").await;
    let second = rotated(issuer.refresh(&first).await);
    issuer.clock.advance(Duration::from_secs(11));
    let ended_at = issuer.clock.now().as_millis();
    assert!(
        matches!(issuer.refresh(&first).await, Refreshed::Reused(ended) if ended.user == "ada")
    );
    assert!(matches!(issuer.refresh(&second).await, Refreshed::Gone), "of the thief or the user");
    assert_eq!(issuer.ids("ada").await, [other.id()]);
    let ended = issuer.sessions.ended_since(ended_at).await.expect("the database answers");
    let expected = ticketkit_auth::revocation::SessionEntry::new(session.id(), ended_at);
    assert_eq!(ended, [expected]);
    assert_eq!(issuer.sessions.ended_since(ended_at + 1).await.expect("it answers"), []);
}

async fn s7_what_idled_or_lasted_too_long_is_over_and_swept(place: Place) {
    let issuer = Issuer::open(&place).await;
    let (_, idle) = issuer.start("ada").await;
    let (used, mut token) = issuer.start("ada").await;
    for day in 1..30 {
        issuer.clock.advance(DAY);
        token = rotated(issuer.refresh(&token).await);
        let listed = issuer.ids("ada").await.len();
        assert_eq!(listed, if day < 7 { 2 } else { 1 }, "day {day}");
    }
    assert!(matches!(issuer.refresh(&idle).await, Refreshed::Expired(_)));
    issuer.clock.advance(DAY);
    let all = |session: &Session| session.id() == used.id();
    let mut tx = issuer.database.begin().await.expect("a transaction");
    let locked = issuer.sessions.store().lock(&mut tx, used.id()).await.expect("it answers");
    assert!(locked.as_ref().is_some_and(all), "it is there until it is swept");
    let later = issuer.clock.now().as_millis() + 1;
    issuer.sessions.sweep(&mut tx, later).await.expect("it sweeps");
    tx.commit().await.expect("it commits");
    assert!(matches!(issuer.refresh(&token).await, Refreshed::Gone));
    assert_eq!(issuer.sessions.ended_since(0).await.expect("it answers"), []);
}

async fn s6_a_user_lists_and_ends_own_sessions_alone(place: Place) {
    let issuer = Issuer::open(&place).await;
    let mut own = Vec::new();
    for _ in 0..5 {
        own.insert(0, issuer.start("ada").await.0);
    }
    let (foreign, _) = issuer.start("bob").await;
    let mut after: Option<String> = None;
    let mut listed = Vec::new();
    loop {
        let page = issuer.sessions.list("ada", after.as_deref(), 2).await.expect("it answers");
        let Some(last) = page.last() else { break };
        after = Some(last.id().to_owned());
        listed.extend(page);
    }
    assert_eq!(listed, own, "newest first, page by page");

    let mut tx = issuer.database.begin().await.expect("a transaction");
    for (id, there) in [(own[1].id(), true), (own[1].id(), false), (foreign.id(), false)] {
        let ended = issuer.sessions.end_own(&mut tx, "ada", id).await.expect("it answers");
        assert_eq!(ended, there, "{id}");
    }
    tx.commit().await.expect("it commits");
    assert_eq!(issuer.ids("ada").await.len(), 4);
    assert_eq!(issuer.ids("bob").await, [foreign.id()]);
}

async fn s3_who_ends_all_waits_for_a_refresh_and_leaves_nothing(place: Place) {
    let issuer = Arc::new(Issuer::open(&place).await);
    for _ in 0..10 {
        let (_, token) = issuer.start("ada").await;
        let (refreshing, ending) = (issuer.clone(), issuer.clone());
        let refreshing = tokio::spawn(async move { refreshing.refresh(&token).await });
        let ending = tokio::spawn(async move {
            let mut tx = ending.database.begin().await.expect("a transaction");
            ending.sessions.end_all(&mut tx, "ada").await.expect("they end");
            tx.commit().await.expect("it commits");
        });
        let refreshed = refreshing.await.expect("no task panics");
        assert!(matches!(refreshed, Refreshed::Rotated { .. } | Refreshed::Gone), "{refreshed:?}");
        ending.await.expect("no task panics");
        assert_eq!(issuer.ids("ada").await, [""; 0]);
    }
}

/// Between the look at a session and what is decided of it nobody ends it: else a user who is banned
/// meanwhile gets a token of the new epoch.
async fn s3_who_ends_all_waits_while_a_session_is_locked(place: Place) {
    let issuer = Arc::new(Issuer::open(&place).await);
    let (session, _) = issuer.start("ada").await;
    let mut tx = issuer.database.begin().await.expect("a transaction");
    let locked = issuer.sessions.store().lock(&mut tx, session.id()).await.expect("it answers");
    assert_eq!(locked.as_ref(), Some(&session));
    let other = issuer.clone();
    let mut ending = tokio::spawn(async move {
        let mut tx = other.database.begin().await.expect("a transaction");
        other.sessions.end_all(&mut tx, "ada").await.expect("they end");
        tx.commit().await.expect("it commits");
    });
    let early = tokio::time::timeout(Duration::from_millis(500), &mut ending).await;
    assert!(early.is_err(), "it did not wait");
    assert_eq!(issuer.ids("ada").await, [session.id()]);
    tx.commit().await.expect("it commits");
    ending.await.expect("no task panics");
    assert_eq!(issuer.ids("ada").await, [""; 0]);
}

async fn what_is_rolled_back_did_not_happen(place: Place) {
    let issuer = Issuer::open(&place).await;
    let (session, token) = issuer.start("ada").await;
    let mut tx = issuer.database.begin().await.expect("a transaction");
    issuer.sessions.start(&mut tx, "ada", Device::default()).await.expect("it starts");
    issuer.sessions.end(&mut tx, session.id()).await.expect("it ends");
    tx.rollback().await.expect("it rolls back");
    assert_eq!(issuer.ids("ada").await, [session.id()]);
    assert_eq!(issuer.sessions.ended_since(0).await.expect("it answers"), []);
    rotated(issuer.refresh(&token).await);
}
