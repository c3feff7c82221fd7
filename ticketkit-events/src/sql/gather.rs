//! Statements that those share who have the same to ask or to write.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Semaphore, oneshot};

use crate::EventId;

type Waiting = Vec<(EventId, oneshot::Sender<Option<bool>>)>;

/// One statement for all who come while others of them are under way.
///
/// Nobody waits for company: who comes when there is room executes it at once, and takes along who
/// has come meanwhile.
#[derive(Debug)]
pub(super) struct Gather {
    waiting: Mutex<Waiting>,
    room: Semaphore,
}

impl Gather {
    /// `at_once` statements are executed at the same time at most.
    pub(super) fn new(at_once: usize) -> Self {
        Self { waiting: Mutex::default(), room: Semaphore::new(at_once) }
    }

    /// Executes `statement` for an event, and for those of others that wait; returns whether the
    /// event is among those that it returns.
    ///
    /// None: it failed, and whose fault that was nobody knows. Each tries by itself then, so that
    /// one has no share in what is wrong with another. If this future is dropped, the others go on.
    pub(super) async fn run<E, Fut>(
        &self,
        event: EventId,
        statement: impl Fn(Vec<EventId>) -> Fut,
    ) -> Option<bool>
    where
        Fut: Future<Output = Result<HashSet<EventId>, E>>,
    {
        loop {
            let (answer, mut answered) = oneshot::channel();
            self.waiting().push((event, answer));
            tokio::select! {
                biased;
                // An error: who had taken it along was dropped half-way.
                answer = &mut answered => match answer {
                    Ok(answer) => return answer,
                    Err(_) => continue,
                },
                // Nobody closes it.
                _room = self.room.acquire() => {
                    let all = std::mem::take(&mut *self.waiting());
                    if !all.is_empty() {
                        let found = statement(all.iter().map(|(event, _)| *event).collect()).await;
                        for (event, answer) in all {
                            // Who was dropped meanwhile needs no answer.
                            let _ = answer.send(found.as_ref().ok().map(|f| f.contains(&event)));
                        }
                    }
                }
            }
            // It was among these, or one before has taken it along.
            if let Ok(answer) = answered.await {
                return answer;
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Nothing panics while it is held.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::{sync::Notify, task::JoinSet};

    use super::*;

    /// A statement that tells of whom it was executed for, and waits to be allowed to go on.
    #[derive(Default)]
    struct Statement {
        executed: Mutex<Vec<Vec<EventId>>>,
        go_on: Notify,
    }

    impl Statement {
        async fn execute(&self, events: Vec<EventId>) -> Result<HashSet<EventId>, &'static str> {
            self.executed.lock().unwrap().push(events.clone());
            self.go_on.notified().await;
            match events.len() {
                5 => Err("five are too many"),
                // The first of them is found.
                _ => Ok(events.into_iter().take(1).collect()),
            }
        }

        fn sizes(&self) -> Vec<usize> {
            self.executed.lock().unwrap().iter().map(Vec::len).collect()
        }
    }

    type Answers = JoinSet<Option<bool>>;

    struct Case {
        gather: Arc<Gather>,
        statement: Arc<Statement>,
    }

    impl Case {
        fn new() -> Self {
            Self { gather: Arc::new(Gather::new(1)), statement: Arc::default() }
        }

        /// Lets so many come, one after the other.
        async fn come(&self, answers: &mut Answers, count: usize) {
            for _ in 0..count {
                let (gather, statement) = (self.gather.clone(), self.statement.clone());
                answers.spawn(async move {
                    gather.run(EventId::new(), |events| statement.execute(events)).await
                });
                tokio::task::yield_now().await;
            }
        }

        async fn go_on(&self) {
            self.statement.go_on.notify_one();
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        }
    }

    #[tokio::test]
    async fn who_comes_while_one_is_under_way_shares_the_next() {
        let (case, mut answers) = (Case::new(), Answers::new());
        case.come(&mut answers, 10).await;
        case.go_on().await;
        case.go_on().await;
        let answers = answers.join_all().await;
        assert_eq!(case.statement.sizes(), [1, 9]);
        assert_eq!(answers.iter().filter(|answer| **answer == Some(true)).count(), 2);
        assert_eq!(answers.iter().filter(|answer| **answer == Some(false)).count(), 8);
    }

    #[tokio::test]
    async fn a_failure_says_nothing_of_anybody() {
        let (case, mut answers) = (Case::new(), Answers::new());
        case.come(&mut answers, 6).await;
        case.go_on().await;
        case.go_on().await;
        let answers = answers.join_all().await;
        assert_eq!(case.statement.sizes(), [1, 5]);
        assert_eq!(answers.iter().filter(|answer| answer.is_none()).count(), 5);
    }

    #[tokio::test]
    async fn the_others_go_on_when_the_one_who_took_them_along_is_dropped() {
        let (case, mut dropped, mut answers) = (Case::new(), Answers::new(), Answers::new());
        case.come(&mut dropped, 1).await;
        let mut second = Answers::new();
        case.come(&mut second, 1).await;
        case.come(&mut answers, 3).await;
        // The second takes the three along, and is dropped.
        case.go_on().await;
        assert_eq!(case.statement.sizes(), [1, 4]);
        second.abort_all();
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        case.go_on().await;
        let answers = answers.join_all().await;
        assert_eq!(case.statement.sizes(), [1, 4, 3]);
        assert!(answers.iter().all(Option::is_some), "{answers:?}");
    }
}
