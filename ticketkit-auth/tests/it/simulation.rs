//! E3: bans under loss, duplication, reordering, partition and restart.
//!
//! A world in logical time: an issuer that bans and lifts, a stream and a way to snapshots that do
//! whatever networks do, and one service that follows. Every seed is a world of its own, and at every
//! step: no token that was voided longer than the bound ago is good. At the end the network is whole
//! again, and everybody is judged as the issuer would.

use std::{sync::Arc, thread, time::Duration};

use ticketkit_auth::{
    Claims, ManualClock, RevocationView,
    revocation::{Ban, Follower, Mark, Revocation, Snapshot, Standing},
    testing::{TestAuth, user_id},
};

const SEEDS: u64 = 100_000;
const STEPS: u32 = 28;
const BOUND: i64 = 5_000;
const USERS: usize = 3;
const EPOCHS: usize = 8;
const START: i64 = 1_790_000_000_000;
const LIFETIME: Duration = Duration::from_secs(910);

/// What is followed with: the library, or a variant with a fault in it.
trait Follow {
    fn new(view: RevocationView) -> Self;
    fn news(&mut self, position: i64, news: &Revocation);
    fn heartbeat(&mut self, mark: Mark);
    fn snapshot(&mut self, mark: Mark, snapshot: &Snapshot);
    fn needs_snapshot(&self) -> bool;
}

impl Follow for Follower {
    fn new(view: RevocationView) -> Self {
        Self::new(view)
    }

    fn news(&mut self, position: i64, news: &Revocation) {
        self.news(position, news);
    }

    fn heartbeat(&mut self, mark: Mark) {
        self.heartbeat(mark);
    }

    fn snapshot(&mut self, mark: Mark, snapshot: &Snapshot) {
        self.snapshot(mark, snapshot);
    }

    fn needs_snapshot(&self) -> bool {
        self.needs_snapshot()
    }
}

/// The fault: it takes a heartbeat for a proof that nothing is missing, whatever its number.
struct Trusting(RevocationView, bool);

impl Follow for Trusting {
    fn new(view: RevocationView) -> Self {
        Self(view, false)
    }

    fn news(&mut self, _: i64, news: &Revocation) {
        self.0.apply(news);
    }

    fn heartbeat(&mut self, mark: Mark) {
        if self.1 {
            self.0.heartbeat(mark.at);
        }
    }

    fn snapshot(&mut self, mark: Mark, snapshot: &Snapshot) {
        self.0.import(snapshot);
        self.0.heartbeat(mark.at);
        self.1 = true;
    }

    fn needs_snapshot(&self) -> bool {
        !self.1
    }
}

#[derive(Clone)]
enum Message {
    News(i64, Revocation),
    Heartbeat(Mark),
    Snapshot(Mark, Snapshot),
}

struct User {
    epoch: i64,
    banned: bool,
    ban_version: i64,
    /// When the tokens of each epoch were voided, and when its present ban began.
    voided: [Option<i64>; EPOCHS],
    banned_at: i64,
}

/// One user's tokens, by epoch.
type Tokens = [Vec<Arc<Claims>>; USERS];

fn tokens() -> Tokens {
    let auth = TestAuth::with_clock(ManualClock::at_unix_millis(START).clock());
    [0, 1, 2].map(|user| {
        let claims = |epoch| {
            let grant = auth.grant(&format!("user{user}@example.com")).epoch(epoch);
            auth.verifier().verify(&auth.token_for(&grant)).expect("a token")
        };
        (0..EPOCHS as i64).map(claims).collect()
    })
}

struct World<'a, F> {
    dice: Dice,
    time: ManualClock,
    tokens: &'a Tokens,
    users: [User; USERS],
    known: RevocationView,
    position: i64,
    beat_at: i64,
    in_flight: Vec<(i64, Message)>,
    /// Until when the stream, and the way to snapshots, are cut.
    cut: [i64; 2],
    asked_at: i64,
    view: RevocationView,
    follower: F,
}

impl<'a, F: Follow> World<'a, F> {
    fn new(seed: u64, tokens: &'a Tokens) -> Self {
        let time = ManualClock::at_unix_millis(START);
        let user = |_| User {
            epoch: 0,
            banned: false,
            ban_version: 0,
            voided: [None; EPOCHS],
            banned_at: 0,
        };
        let view = fresh_view(&time);
        Self {
            dice: Dice(seed),
            tokens,
            users: [0, 1, 2].map(user),
            known: RevocationView::without_heartbeat(LIFETIME, time.clock()),
            position: 0,
            beat_at: 0,
            in_flight: Vec::new(),
            cut: [0; 2],
            asked_at: 0,
            follower: F::new(view.clone()),
            view,
            time,
        }
    }

    fn now(&self) -> i64 {
        self.time.clock().unix_millis()
    }

    fn run(mut self) -> Result<(), String> {
        for _ in 0..STEPS {
            self.disturb();
            self.step(true);
            self.check()?;
        }
        // The network is whole again; what is on its way arrives.
        self.cut = [0; 2];
        for _ in 0..10 {
            self.step(false);
            self.check()?;
        }
        self.check_everybody()
    }

    fn disturb(&mut self) {
        let now = self.now();
        match self.dice.below(12) {
            0 | 1 => self.change_a_ban(),
            2 => self.cut[0] = now + self.dice.up_to(12_000),
            3 => self.cut[1] = now + self.dice.up_to(12_000),
            4 if self.dice.below(3) == 0 => {
                self.view = fresh_view(&self.time);
                self.follower = F::new(self.view.clone());
            }
            _ => {}
        }
    }

    fn change_a_ban(&mut self) {
        let (at, index) = (self.now(), self.dice.below(USERS as u64) as usize);
        let user = &mut self.users[index];
        if user.epoch as usize + 1 >= EPOCHS {
            return;
        }
        user.ban_version += 1;
        user.banned = !user.banned;
        if user.banned {
            user.voided[user.epoch as usize] = Some(at);
            user.epoch += 1;
            user.banned_at = at;
        }
        let ban = Some(Ban { version: user.ban_version, banned: user.banned, until: None });
        let id = user_id(&format!("user{index}@example.com"));
        let news = Revocation::User { user: id, min_epoch: user.epoch, ban, at };
        self.known.apply(&news);
        self.position += 1;
        self.send(Message::News(self.position, news), true);
    }

    /// Sends by the stream: as it is, or with everything that can happen on the way.
    fn send(&mut self, message: Message, disturbed: bool) {
        let now = self.now();
        if !disturbed {
            self.in_flight.push((now, message));
            return;
        }
        if now < self.cut[0] {
            return;
        }
        let copies = match self.dice.below(8) {
            0 => 0,
            1 => 2,
            _ => 1,
        };
        for _ in 0..copies {
            let longest = if self.dice.below(4) == 0 { 9_000 } else { 300 };
            let arrival = now + self.dice.up_to(longest);
            self.in_flight.push((arrival, message.clone()));
        }
    }

    fn step(&mut self, disturbed: bool) {
        let by = 100 + self.dice.up_to(900);
        self.time.advance(Duration::from_millis(by.unsigned_abs()));
        let now = self.now();
        let mark = Mark { position: self.position, at: now };
        if now - self.beat_at >= 1_000 {
            self.beat_at = now;
            self.send(Message::Heartbeat(mark), disturbed);
        }
        if self.follower.needs_snapshot() && now - self.asked_at >= 500 {
            self.asked_at = now;
            if now >= self.cut[1] {
                let arrival = if disturbed { now + self.dice.up_to(3_000) } else { now };
                self.in_flight.push((arrival, Message::Snapshot(mark, self.known.export())));
            }
        }
        let (due, later) =
            std::mem::take(&mut self.in_flight).into_iter().partition(|m| m.0 <= now);
        self.in_flight = later;
        let mut due: Vec<(i64, Message)> = due;
        due.sort_by_key(|(arrival, _)| *arrival);
        for (_, message) in due {
            match message {
                Message::News(position, news) => self.follower.news(position, &news),
                Message::Heartbeat(mark) => self.follower.heartbeat(mark),
                Message::Snapshot(mark, snapshot) => self.follower.snapshot(mark, &snapshot),
            }
        }
    }

    /// No token that was voided longer than the bound ago is good, and no banned user's is.
    fn check(&self) -> Result<(), String> {
        let now = self.now();
        for (index, user) in self.users.iter().enumerate() {
            // The last epochs; older ones are void the longer.
            for epoch in (user.epoch - 2).max(0) as usize..=user.epoch as usize {
                let is_void = user.voided[epoch].is_some_and(|at| now - at > BOUND)
                    || (user.banned && now - user.banned_at > BOUND);
                let standing = self.view.standing(&self.tokens[index][epoch]);
                if is_void && standing == Standing::Good {
                    return Err(format!("user {index}, epoch {epoch} of {}", user.epoch));
                }
            }
        }
        Ok(())
    }

    /// Everybody is judged as the issuer would: no honest user is refused for good.
    fn check_everybody(&self) -> Result<(), String> {
        for (index, user) in self.users.iter().enumerate() {
            let standing = self.view.standing(&self.tokens[index][user.epoch as usize]);
            let expected = if user.banned { Standing::Banned } else { Standing::Good };
            if standing != expected {
                return Err(format!("user {index} is {standing:?} at the end, not {expected:?}"));
            }
        }
        Ok(())
    }
}

fn fresh_view(time: &ManualClock) -> RevocationView {
    RevocationView::new(LIFETIME, Duration::from_millis(BOUND.unsigned_abs()), time.clock())
}

/// splitmix64: a seed is a sequence.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn up_to(&mut self, limit: i64) -> i64 {
        i64::try_from(self.below(limit.unsigned_abs() + 1)).unwrap_or(0)
    }
}

/// Returns the seeds whose worlds break a rule, and how.
fn broken<F: Follow>(seeds: u64) -> Vec<(u64, String)> {
    let tokens = tokens();
    let threads = thread::available_parallelism().map_or(1, |n| n.get() as u64);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|first| {
                let tokens = &tokens;
                scope.spawn(move || {
                    let worlds = (first..seeds).step_by(threads as usize);
                    let fails = |seed| Some((seed, World::<F>::new(seed, tokens).run().err()?));
                    worlds.filter_map(fails).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no world panics")).collect()
    })
}

#[test]
fn e3_no_banned_user_is_served_after_the_bound_and_no_honest_one_refused_for_good() {
    let broken = broken::<Follower>(SEEDS);
    assert!(broken.is_empty(), "{} of {SEEDS} worlds, first {:?}", broken.len(), broken.first());
}

/// The simulation finds the fault that the numbers are there against.
#[test]
fn e3_a_follower_that_trusts_heartbeats_is_caught() {
    assert!(broken::<Trusting>(1_000).len() > 10);
}
