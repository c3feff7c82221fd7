//! A client that hangs up drops the handler at any of its awaits.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use serde_json::json;

use crate::fixture::{Browser, Service, eventually};

/// Polls a future so many times and drops it then; tells whether it has ended.
async fn cut_off<F: Future>(future: F, after: usize) -> bool {
    let mut future = pin!(future);
    let mut polls = 0;
    poll_fn(|context| {
        if future.as_mut().poll(context).is_ready() {
            return Poll::Ready(true);
        }
        polls += 1;
        if polls > after { Poll::Ready(false) } else { Poll::Pending }
    })
    .await
}

/// A commit that was sent and not waited for is the moment that matters. Which poll it falls on
/// differs from run to run, so every number of polls is tried again and again.
#[tokio::test]
async fn a_session_that_is_gone_is_refused_wherever_the_client_hung_up() {
    let service = Service::start().await;
    let (mut completed, mut number) = (0, 0);
    let mut after = 0;
    while completed < 20 {
        number += 1;
        let mut ada = service.sign_up(&format!("ada{number}@example.com")).await;
        let mut witness = ada.clone();
        let ended = cut_off(ada.send("POST", "/api/users/signout", None), after).await;
        // On SQLite this one begins when that one is over; PostgreSQL may still be busy with a commit
        // that nobody waits for, so the database is asked each time.
        service.database.begin().await.unwrap().rollback().await.unwrap();
        let user = user_id(&service, &witness);
        let gone = async || {
            let gone = "select id from users
                        where id not in (select user_id from ticketkit_sessions)";
            service.column(gone).await.contains(&user)
        };
        assert!(!ended || gone().await);
        eventually("the view to agree with the database", async || {
            (witness.me().await == json!(null)) == gone().await
        })
        .await;
        completed += usize::from(ended);
        after = if ended { 0 } else { after + 1 };
    }
}

fn user_id(service: &Service, browser: &Browser) -> String {
    service.verifier.verify(&browser.cookie("ticketkit")).unwrap().sub.clone()
}
