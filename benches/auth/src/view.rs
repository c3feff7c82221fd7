use std::{fs, hint::black_box, sync::Arc, time::Duration};

use ticketkit_auth::{
    Claims, Clock, Grant, RevocationView,
    revocation::{Ban, Revocation},
    testing::TestAuth,
};
use ticketkit_bench::{Figure, measure};
use uuid::Uuid;

const LIVE: usize = 1_000_000;

/// A million users are banned, and none of them is forgotten yet.
pub(crate) fn run() {
    let clock = Clock::system();
    let at = clock.unix_millis();
    let view = RevocationView::without_heartbeat(Duration::from_secs(900), clock);
    let before = resident();
    let mut known = Vec::new();
    for n in 0..LIVE {
        let user = Uuid::now_v7().to_string();
        let ban = Some(Ban { version: 1, banned: true, until: None });
        if n % (LIVE / 1000) == 0 {
            known.push(user.clone());
        }
        view.apply(&Revocation::User { user, min_epoch: 1, ban, at });
    }
    let megabytes = (resident() - before) / 1e6;
    println!("{}", Figure::at_most("view-of-a-million", megabytes, 80.0, "MB"));

    let auth = TestAuth::new();
    let banned: Vec<Arc<Claims>> = known.iter().map(|user| claims(&auth, user)).collect();
    let others: Vec<Arc<Claims>> =
        (0..1000).map(|_| claims(&auth, &Uuid::now_v7().to_string())).collect();
    for (name, asked) in [("look-up-of-a-banned-user", banned), ("look-up-of-another", others)] {
        let mut next = 0;
        let nanoseconds = measure(|| {
            next = (next + 1) % asked.len();
            black_box(view.standing(&asked[next]))
        });
        println!("{}", Figure::at_most(name, nanoseconds, 100.0, "ns"));
    }
}

fn claims(auth: &TestAuth, user: &str) -> Arc<Claims> {
    let token = auth.token_for(&Grant::new(user, Uuid::now_v7().to_string()));
    match auth.verifier().verify(&token) {
        Ok(claims) => claims,
        Err(error) => panic!("a token of one's own is good: {error}"),
    }
}

/// The memory of the process in bytes, as the kernel counts it.
fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().unwrap_or_default();
    kib * 1024.0
}
