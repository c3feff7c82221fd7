//! S1, S2, S5: what happens to an account, from the issuer's database to the other services.

use ticketkit_auth::{
    AuthError, Grant, ManualClock,
    refresh::{RefreshToken, RefreshTokens},
    revocation::Revocation,
    session::{Device, Refreshed, Session, Sessions, SqlSessions},
};
use ticketkit_events::sql::{Database, Tx};

use crate::{
    issuer::{Issuer, RunningService, eventually},
    place::{Place, on_each_database},
};

on_each_database!(
    s1_a_role_change_ends_every_session_and_the_next_one_has_another_id,
    s2_after_the_sign_out_the_token_is_dead_in_every_service,
    s5_an_administrator_ends_one_session_or_all_of_a_user,
);

/// An issuer with its sessions, and two other services.
struct World {
    issuer: Issuer,
    database: Database,
    sessions: Sessions<SqlSessions>,
    services: [RunningService; 2],
}

/// What a browser has.
struct Browser {
    session: Session,
    token: RefreshToken,
    cookie: String,
}

impl World {
    async fn open(place: &Place) -> Self {
        let issuer = Issuer::new();
        let database = place.open().await;
        let store = SqlSessions::open(&database).await.expect("the tables are made");
        let tokens = RefreshTokens::new(&[7; 32]).expect("a secret");
        let clock: ManualClock = issuer.time.clone();
        let sessions = Sessions::new(tokens, store, clock.clock());
        let services = [issuer.service("tickets").await, issuer.service("orders").await];
        for service in &services {
            service.ready().await;
        }
        Self { issuer, database, sessions, services }
    }

    async fn tx(&self) -> Tx {
        self.database.begin().await.expect("a transaction")
    }

    async fn sign_in(&self, user: &str, epoch: i64, roles: &[&str]) -> Browser {
        let mut tx = self.tx().await;
        let started = self.sessions.start(&mut tx, user, Device::default()).await;
        tx.commit().await.expect("it commits");
        let (session, token) = started.expect("it starts");
        let grant = Grant::new(user, session.id()).epoch(epoch).roles(roles.iter().copied());
        let cookie = self.issuer.auth.cookie_for(&grant);
        Browser { session, token, cookie }
    }

    async fn refresh(&self, browser: &Browser) -> Refreshed {
        let presented = self.sessions.parse(browser.token.as_str()).expect("a token of ours");
        let mut tx = self.tx().await;
        let refreshed = self.sessions.refresh(&mut tx, &presented, Device::default()).await;
        tx.commit().await.expect("it commits");
        refreshed.expect("the database answers")
    }

    /// Ends all sessions of a user, as a ban, a new password and another role do.
    async fn raise_epoch(&self, user: &str, min_epoch: i64) {
        let mut tx = self.tx().await;
        self.sessions.end_all(&mut tx, user).await.expect("they end");
        tx.commit().await.expect("it commits");
        let (user, at) = (user.to_owned(), self.issuer.now());
        self.issuer.revoke(&Revocation::User { user, min_epoch, ban: None, at }).await;
    }

    async fn end(&self, session: &Session) -> bool {
        let mut tx = self.tx().await;
        let ended = self.sessions.end(&mut tx, session.id()).await.expect("it answers");
        tx.commit().await.expect("it commits");
        let (session, at) = (session.id().to_owned(), self.issuer.now());
        self.issuer.revoke(&Revocation::Session { session, at }).await;
        ended.is_some()
    }

    /// Neither token of the browser is good for anything.
    async fn is_out(&self, browser: &Browser) {
        for service in &self.services {
            eventually("the session is over", || {
                service.judge(&browser.cookie) == Err(AuthError::SessionRevoked)
            })
            .await;
        }
        assert!(matches!(self.refresh(browser).await, Refreshed::Gone));
    }

    /// Every service serves the browser.
    fn is_in(&self, browser: &Browser) {
        for service in &self.services {
            assert_eq!(service.judge(&browser.cookie), Ok(()));
        }
    }
}

async fn s1_a_role_change_ends_every_session_and_the_next_one_has_another_id(place: Place) {
    let world = World::open(&place).await;
    let before = [world.sign_in("ada", 0, &[]).await, world.sign_in("ada", 0, &[]).await];
    let other = world.sign_in("bob", 0, &[]).await;
    world.raise_epoch("ada", 1).await;
    for browser in &before {
        world.is_out(browser).await;
    }
    world.is_in(&other);

    let promoted = world.sign_in("ada", 1, &["admin"]).await;
    world.is_in(&promoted);
    assert!(before.iter().all(|browser| browser.session.id() != promoted.session.id()));

    // And the rights that were taken away are gone with the session that had them.
    world.raise_epoch("ada", 2).await;
    world.is_out(&promoted).await;
    world.is_in(&world.sign_in("ada", 2, &[]).await);
}

async fn s2_after_the_sign_out_the_token_is_dead_in_every_service(place: Place) {
    let world = World::open(&place).await;
    let (laptop, phone) = (world.sign_in("ada", 0, &[]).await, world.sign_in("ada", 0, &[]).await);
    world.is_in(&laptop);
    assert!(world.end(&laptop.session).await);
    world.is_out(&laptop).await;
    world.is_in(&phone);
    assert!(!world.end(&laptop.session).await, "a second time is none");

    // A service that starts later knows too, before it serves anybody.
    let late = world.issuer.service("late").await;
    late.ready().await;
    assert_eq!(late.judge(&laptop.cookie), Err(AuthError::SessionRevoked));
    assert_eq!(late.judge(&phone.cookie), Ok(()));
}

async fn s5_an_administrator_ends_one_session_or_all_of_a_user(place: Place) {
    let world = World::open(&place).await;
    let mut browsers = Vec::new();
    for _ in 0..3 {
        browsers.push(world.sign_in("ada", 0, &[]).await);
    }
    let other = world.sign_in("bob", 0, &[]).await;
    // One: `Sessions::end` asks nobody whose it is, `end_own` does.
    assert!(world.end(&browsers[0].session).await);
    world.is_out(&browsers[0]).await;
    world.is_in(&browsers[1]);
    world.is_in(&browsers[2]);
    // All.
    world.raise_epoch("ada", 1).await;
    for browser in &browsers[1..] {
        world.is_out(browser).await;
    }
    world.is_in(&other);
    assert!(matches!(world.refresh(&other).await, Refreshed::Rotated { .. }));
}
