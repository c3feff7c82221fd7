//! From the commit of a ban to its refusal in six services, each with a connection of its own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use ticketkit_auth::{
    Claims, Clock, Grant, RemoteAuth, RevocationView,
    feed::{About, RevocationPublisher},
    remote::{Fetch, FetchError},
    revocation::{Ban, Mark, Revocation, Snapshot, Standing},
    testing::TestAuth,
};
use ticketkit_bench::Figure;
use ticketkit_events::{
    BoxFuture, Bus, Publisher,
    sql::{Database, Relay},
};
use uuid::Uuid;

use crate::Result;

const SERVICES: usize = 6;
const BANS: usize = 300;
const BETWEEN: Duration = Duration::from_millis(15);

#[derive(Clone)]
struct Issuer {
    auth: TestAuth,
    revocations: RevocationPublisher,
    position: Arc<AtomicI64>,
}

impl Fetch for Issuer {
    fn get<'a>(&'a self, path: &'a str) -> BoxFuture<'a, std::result::Result<Bytes, FetchError>> {
        Box::pin(async move {
            let failed = |source: Box<dyn std::error::Error + Send + Sync>| FetchError::Io {
                url: path.to_owned(),
                source,
            };
            if path.ends_with("jwks.json") {
                let set = serde_json::to_vec(&self.auth.ring().jwks());
                return set.map(Bytes::from).map_err(|error| failed(error.into()));
            }
            let position = self.position.load(Ordering::SeqCst);
            let mark = Mark { position, at: Clock::system().unix_millis() };
            let signed = self.revocations.sign_snapshot(mark, Snapshot::default());
            signed.map(Bytes::from).map_err(|error| failed(error.into()))
        })
    }
}

pub(crate) fn run() -> Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure())
}

async fn measure() -> Result<()> {
    let url = std::env::var("TICKETKIT_TEST_AMQP_URL")
        .map_err(|_| "TICKETKIT_TEST_AMQP_URL must name a broker")?;
    let auth = TestAuth::new();
    let publisher = Publisher::new("auth");
    let revocations = RevocationPublisher::new(auth.ring(), "ticketing", publisher);
    let issuer = Issuer { auth: auth.clone(), revocations, position: Arc::default() };

    let mut views = Vec::new();
    for n in 0..SERVICES {
        let bus = Bus::open(&url).await?;
        let builder =
            RemoteAuth::builder("http://issuer", "ticketing", "ticketing", auth.cookies());
        let remote = builder.fetch(issuer.clone()).bind(&format!("service{n}"), &bus).await?;
        let status = remote.status();
        views.push(remote.revocations());
        tokio::spawn(remote.run(std::future::pending()));
        while status.check().is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    let folder = tempfile::tempdir()?;
    let database = Database::open_file(folder.path().join("auth.db")).await?;
    let bus = Bus::open(&url).await?;
    tokio::spawn(Relay::new(&database, &bus).run(std::future::pending()));

    let mut all = Vec::new();
    for _ in 0..BANS {
        all.extend(ban(&issuer, &database, &views).await?);
        tokio::time::sleep(BETWEEN).await;
    }
    all.sort_unstable();
    let millis = |part: f64| {
        let at = ((all.len() - 1) as f64 * part) as usize;
        all[at].as_secs_f64() * 1e3
    };
    println!("{}", Figure::at_most("ban-to-refusal-median", millis(0.5), 20.0, "ms"));
    println!("{}", Figure::at_most("ban-to-refusal-99%", millis(0.99), 100.0, "ms"));
    Ok(())
}

/// Bans somebody, and returns after how long each service refuses.
async fn ban(
    issuer: &Issuer,
    database: &Database,
    views: &[RevocationView],
) -> Result<Vec<Duration>> {
    let user = Uuid::now_v7().to_string();
    let token = issuer.auth.token_for(&Grant::new(&user, Uuid::now_v7().to_string()));
    let claims: Arc<Claims> = issuer.auth.verifier().verify(&token)?;
    let position = issuer.position.fetch_add(1, Ordering::SeqCst) + 1;
    let ban = Some(Ban { version: 1, banned: true, until: None });
    let at = Clock::system().unix_millis();
    let news = Revocation::User { user: user.clone(), min_epoch: 1, ban, at };
    let mut tx = database.begin().await?;
    let about = About { user: &user, version: 1, position, report: false };
    issuer.revocations.publish(&mut tx, about, &news).await?;
    tx.commit().await?;

    let begun = Instant::now();
    let mut refused: Vec<Option<Duration>> = vec![None; views.len()];
    while refused.iter().any(Option::is_none) {
        if begun.elapsed() > Duration::from_secs(10) {
            return Err("a service does not learn of a ban".into());
        }
        for (view, refused) in views.iter().zip(&mut refused) {
            if refused.is_none() && view.standing(&claims) == Standing::Banned {
                *refused = Some(begun.elapsed());
            }
        }
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    Ok(refused.into_iter().flatten().collect())
}
