use std::{fs, hint::black_box, sync::Arc, time::Duration};

use ticketkit_auth::{
    Claims, Clock, Grant, RevocationView,
    revocation::{Ban, Revocation},
    testing::TestAuth,
};
use ticketkit_bench::{Figure, measure};
use uuid::Uuid;

const LIVE: usize = 1_000_000;
/// Users who send requests in turn, whose entries stay in the caches of the processor.
const BUSY: usize = 1_000;
/// So many that each request finds its entry in the memory alone.
const MANY: usize = 100_000;

/// A million users are banned, and none of them is forgotten yet.
pub(crate) fn run() {
    let clock = Clock::system();
    let at = clock.unix_millis();
    let view = RevocationView::without_heartbeat(Duration::from_secs(900), clock);
    let before = resident();
    for n in 0..LIVE {
        let ban = Some(Ban { version: 1, banned: true, until: None });
        view.apply(&Revocation::User { user: user(n), min_epoch: 1, ban, at });
    }
    let megabytes = (resident() - before) / 1e6;
    println!("{}", Figure::at_most("view-of-a-million", megabytes, 80.0, "MB"));

    let auth = TestAuth::new();
    let banned: Vec<Arc<Claims>> =
        (0..MANY).map(|n| claims(&auth, &user(n * (LIVE / MANY)))).collect();
    let others: Vec<Arc<Claims>> =
        (0..BUSY).map(|_| claims(&auth, &Uuid::now_v7().to_string())).collect();
    let spread: Vec<_> = banned.iter().step_by(MANY / BUSY).cloned().collect();
    let of_banned = look_up(&view, &spread);
    println!("{}", Figure::at_most("look-up-of-a-banned-user", of_banned, 100.0, "ns"));
    let of_others = look_up(&view, &others);
    println!("{}", Figure::at_most("look-up-of-another", of_others, 100.0, "ns"));
    // Beside one that only reads what is asked about, which is not in the caches either.
    let from_memory = look_up(&view, &banned);
    let mut next = 0;
    let reading = measure(|| {
        next = (next + 1) % banned.len();
        black_box(banned[next].sub.as_bytes().first())
    });
    println!("{}", Figure::new("look-up-from-memory", from_memory, reading, "ns"));
}

/// The id of one of the banned: spread like others, and kept by nobody but the view.
fn user(n: usize) -> String {
    const SPREAD: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
    Uuid::from_u128(SPREAD.wrapping_mul(n as u128 + 1)).to_string()
}

/// Measures a look-up, in nanoseconds, where these ask one after the other.
fn look_up(view: &RevocationView, asked: &[Arc<Claims>]) -> f64 {
    let mut next = 0;
    measure(|| {
        next = (next + 1) % asked.len();
        black_box(view.standing(&asked[next]))
    })
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
