//! A client that hangs up drops the handler at any of its awaits.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use serde_json::json;

use crate::fixture::{Service, eventually};

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

#[tokio::test]
async fn a_session_that_is_gone_is_refused_wherever_the_client_hung_up() {
    let service = Service::start().await;
    for after in 0.. {
        let mut ada = service.sign_up(&format!("ada{after}@example.com")).await;
        let mut witness = ada.clone();
        let sign_out = ada.send("POST", "/api/users/signout", None);
        let ended = cut_off(sign_out, after).await;
        // Transactions come one after the other: behind this one, that one is over.
        service.database.begin().await.unwrap().rollback().await.unwrap();
        let gone = service
            .column("select id from users where id not in (select user_id from sessions)")
            .await
            .contains(&witness_id(&service, &witness));
        assert!(gone || !ended);
        eventually("the view to agree with the database", async || {
            (witness.me().await == json!(null)) == gone
        })
        .await;
        if ended {
            break;
        }
    }
}

fn witness_id(service: &Service, browser: &crate::fixture::Browser) -> String {
    service.verifier.verify(&browser.cookie("ticketkit")).unwrap().sub.clone()
}
