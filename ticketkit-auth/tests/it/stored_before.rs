//! S8, P8: tables that an earlier version made, with rows in them, are taken over whole.
//!
//! `tests/data` keeps what each version's first migration was when it was released. It is never
//! edited: a database out there has it.

use std::{net::IpAddr, time::Duration};

use ticketkit_auth::{
    ManualClock,
    refresh::RefreshTokens,
    session::{Device, Refreshed, Sessions, SqlSessions},
    throttle::{SignInThrottle as _, SqlThrottle, ThrottleError},
};
use ticketkit_events::sql::{Database, Migration};

use crate::place::{Place, on_each_database};

on_each_database!(
    s8_sessions_of_an_earlier_version_go_on,
    p8_failures_of_an_earlier_version_count,
    p8_two_that_start_at_once_make_the_tables_once,
);

const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

async fn before(place: &Place, table: &'static str, schema: &'static str) -> Database {
    let database = place.open().await;
    let first = [Migration::new(1, "as released", schema)];
    database.migrate_own(table, &first).await.expect("the tables of before");
    database
}

async fn s8_sessions_of_an_earlier_version_go_on(place: Place) {
    let schema = include_str!("../data/sessions_1.sql");
    let database = before(&place, "_ticketkit_sessions_migrations", schema).await;
    let clock = ManualClock::default();
    let tokens = RefreshTokens::new(&[7; 32]).expect("a secret");
    let now = clock.now().as_millis();
    let (token, row) = tokens.start(now).expect("random bytes");
    let mut tx = database.begin().await.expect("a transaction");
    sqlx::query(
        "insert into ticketkit_sessions
         (id, user_id, current_token, parent_token, created_at, used_at, user_agent, address)
         values ($1, 'ada', $2, null, $3, $3, 'Firefox', null)",
    )
    .bind(row.session.as_str())
    .bind(row.current.as_str())
    .bind(now)
    .execute(tx.conn())
    .await
    .expect("a session of before");
    sqlx::query("insert into ticketkit_ended_sessions (id, ended_at) values ('ended', $1)")
        .bind(now)
        .execute(tx.conn())
        .await
        .expect("one that was ended");
    tx.commit().await.expect("it commits");
    database.close().await;

    let database = place.open().await;
    let store = SqlSessions::open(&database).await.expect("the tables are taken over");
    let sessions = Sessions::new(tokens, store, clock.clock());
    let listed = sessions.list("ada", None, 10).await.expect("it lists");
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].refresh, row);
    assert_eq!(listed[0].device, Device { user_agent: Some("Firefox".into()), address: None });
    assert_eq!(sessions.ended_since(now).await.expect("it answers").len(), 1);

    clock.advance(Duration::from_secs(60));
    let presented = sessions.parse(token.as_str()).expect("a token of ours");
    let mut tx = database.begin().await.expect("a transaction");
    let refreshed = sessions.refresh(&mut tx, &presented, Device::default()).await;
    tx.commit().await.expect("it commits");
    assert!(matches!(refreshed, Ok(Refreshed::Rotated { .. })), "{refreshed:?}");
}

async fn p8_failures_of_an_earlier_version_count(place: Place) {
    let clock = ManualClock::default();
    {
        let schema = include_str!("../data/throttle_1.sql");
        let database = before(&place, "_ticketkit_throttle_migrations", schema).await;
        let throttle = SqlThrottle::open(&database, clock.clock()).await.expect("it opens");
        // Written by the throttle itself, since the names of buckets are its own; then twice more.
        throttle.record_failure("ada", ADDRESS).await.expect("the first one counts");
        let mut tx = database.begin().await.expect("a transaction");
        sqlx::query(
            "insert into ticketkit_failed_sign_ins (bucket, at)
             select bucket, at from ticketkit_failed_sign_ins, (values (1), (2)) as twice",
        )
        .execute(tx.conn())
        .await
        .expect("rows of before");
        tx.commit().await.expect("it commits");
        database.close().await;
    }
    let database = place.open().await;
    let throttle = SqlThrottle::open(&database, clock.clock()).await.expect("it is taken over");
    for _ in 3..10 {
        throttle.record_failure("ada", ADDRESS).await.expect("fewer than ten");
    }
    let eleventh = throttle.check("ada", ADDRESS).await;
    assert!(matches!(eleventh, Err(ThrottleError::Limited(_))), "{eleventh:?}");
}

async fn p8_two_that_start_at_once_make_the_tables_once(place: Place) {
    // The file or database itself is there.
    place.open().await.close().await;
    let start = async || {
        let database = place.open().await;
        SqlSessions::open(&database).await.expect("the tables are made");
        let clock = ManualClock::default().clock();
        let throttle = SqlThrottle::open(&database, clock).await.expect("the table is made");
        throttle.record_failure("ada", ADDRESS).await.expect("it counts");
    };
    tokio::join!(start(), start(), start());
}
