//! What all processes together know of the subscriptions.
//!
//! The broker tells of a queue how much is ready in it and how many consume it, but not what these
//! hold, and it lists its queues to nobody without the management plug-in. So whoever wants to know
//! calls the roll: a question goes to every process that has subscriptions, and each answers with its
//! figures. While nobody asks, nothing is sent.
//!
//! Questions and answers go over the connections for publishing, on channels of their own and without
//! confirms, and not at all while the broker takes no events. A process that does not answer in time
//! is one whose deliveries are not counted.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use lapin::types::ShortString;
use serde::{Deserialize, Serialize};
use tokio::{
    task::AbortHandle,
    time::{Instant, sleep, timeout_at},
};
use tracing::debug;
use uuid::Uuid;

use super::{
    Inner,
    link::backoff,
    mailbox::{Mailbox, say_once},
    stats::Figures,
};
use crate::{
    engine::{EngineError, SubscriptionStats},
    handler::describe,
};

/// How long answers are waited for.
const PATIENCE: Duration = Duration::from_millis(500);
/// Answers that are read, at most.
const MOST: usize = 1_000;
/// Subscriptions that are remembered for when nobody runs them any more.
const REMEMBERED: usize = 1_000;

/// What a process answers.
#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    /// Of the engine that answers.
    id: Uuid,
    figures: Vec<Figures>,
}

/// The part of an engine in surveys.
#[derive(Debug)]
pub(super) struct Surveys {
    id: Uuid,
    /// The task that answers, once there is a subscription.
    answering: Mutex<Option<AbortHandle>>,
    /// What earlier surveys have found, without its figures.
    remembered: Mutex<BTreeMap<String, Figures>>,
}

impl Default for Surveys {
    fn default() -> Self {
        let (answering, remembered) = (Mutex::default(), Mutex::default());
        Self { id: Uuid::now_v7(), answering, remembered }
    }
}

impl Surveys {
    /// Answers from now on.
    pub(super) fn join(&self, inner: &Arc<Inner>) {
        // Nothing panics while it is held.
        let mut answering = self.answering.lock().unwrap_or_else(PoisonError::into_inner);
        answering.get_or_insert_with(|| {
            tokio::spawn(answer(Arc::downgrade(inner), self.id)).abort_handle()
        });
    }

    /// Adds what is not among the figures and was before, and remembers all.
    fn remember(&self, figures: &mut BTreeMap<String, Figures>) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, one) in figures.iter().filter(|(_, one)| one.lasts()) {
            if remembered.len() < REMEMBERED || remembered.contains_key(name) {
                remembered.insert(name.clone(), one.without_counts());
            }
        }
        for (name, one) in remembered.iter() {
            figures.entry(name.clone()).or_insert_with(|| one.clone());
        }
    }
}

impl Drop for Surveys {
    fn drop(&mut self) {
        let answering = self.answering.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = answering {
            task.abort();
        }
    }
}

/// Answers every question, for as long as the engine is there.
async fn answer(inner: Weak<Inner>, id: Uuid) {
    let mut attempt = 0;
    while let Some(engine) = inner.upgrade() {
        let opened = Mailbox::open(&engine.link, &engine.topology.members(), id).await;
        drop(engine);
        match opened {
            Ok(mut mailbox) => {
                attempt = 0;
                while let Some(question) = mailbox.next().await {
                    let Some(engine) = inner.upgrade() else { return };
                    let Some(asker) = question.properties.reply_to().clone() else { continue };
                    if let Err(error) = engine.answer_to(&asker).await {
                        debug!(error = describe(&error), "a survey gets no answer");
                    }
                }
            }
            Err(error) => {
                attempt += 1;
                debug!(attempt, error = describe(&error), "surveys get no answer");
            }
        }
        sleep(backoff(attempt)).await;
    }
}

impl Inner {
    async fn answer_to(&self, asker: &ShortString) -> Result<(), EngineError> {
        let consumed = self.figures().into_iter().filter(Figures::is_consumed);
        let answer = Answer { id: self.surveys.id, figures: consumed.collect() };
        // Figures are always JSON; an empty answer is none.
        let answer = serde_json::to_vec(&answer).unwrap_or_default();
        say_once(&self.publisher, "", asker.as_str(), &answer, None).await
    }

    /// Asks every process for its figures, and the broker for the rest.
    pub(super) async fn survey(
        &self,
        also: &[&str],
    ) -> Result<Vec<SubscriptionStats>, EngineError> {
        let mut all: BTreeMap<String, Figures> = BTreeMap::new();
        for one in self.figures().into_iter().chain(self.call_the_roll().await?) {
            all.entry(one.name.clone()).and_modify(|sum| sum.add(&one)).or_insert(one);
        }
        self.surveys.remember(&mut all);
        let missing = also.iter().filter(|name| !all.contains_key(**name));
        // Which of the two it is, only the broker knows.
        let missing: Vec<_> = missing.flat_map(|name| Figures::either(name)).collect();
        let mut found = self.count_at_broker(all.into_values().chain(missing).collect()).await?;
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    /// Returns what the other processes answer.
    async fn call_the_roll(&self) -> Result<Vec<Figures>, EngineError> {
        let exchange = self.topology.members();
        let mut mailbox = Mailbox::open(&self.link, &exchange, Uuid::now_v7()).await?;
        let mut all = Vec::new();
        let asker = mailbox.queue().into();
        match say_once(&self.publisher, &exchange, "", b"", Some(asker)).await {
            Ok(()) => {
                let end = Instant::now() + PATIENCE;
                while all.len() < MOST
                    && let Ok(Some(message)) = timeout_at(end, mailbox.next()).await
                {
                    // The question comes here, too, and is no answer.
                    let answer = serde_json::from_slice::<Answer>(&message.data).ok();
                    all.extend(answer.filter(|answer| answer.id != self.surveys.id));
                }
            }
            Err(error) => debug!(error = describe(&error), "other processes are not asked"),
        }
        mailbox.close().await;
        Ok(all.into_iter().flat_map(|answer| answer.figures).collect())
    }
}
