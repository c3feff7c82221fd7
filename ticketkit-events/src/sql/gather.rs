//! Statements that those share who have the same to ask or to write.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Semaphore, oneshot};

/// One statement for all who come while others of them are under way.
///
/// Nobody waits for company: who comes when there is room executes the statement at once, and takes
/// along who has come meanwhile. Each is answered by a statement that began after it came. So a rush
/// of the same costs as many statements as fit into its time, however many come.
pub(crate) struct Gather<K, V> {
    waiting: Mutex<Waiting<K, V>>,
    room: Semaphore,
}

/// Who waits, and for the answer to what; an answer of none says that the shared statement failed.
type Waiting<K, V> = Vec<(K, oneshot::Sender<Option<Option<V>>>)>;

impl<K, V> Gather<K, V>
where
    K: Clone + Ord + Hash,
    V: Clone,
{
    /// At most so many statements are executed at the same time, and at least 1.
    pub(crate) fn new(at_once: usize) -> Self {
        Self { waiting: Mutex::default(), room: Semaphore::new(at_once.max(1)) }
    }

    /// Executes `statement` for a key, and for those of others that wait; returns what it returns of
    /// the key. It gets each key once, in their order.
    ///
    /// If this future is dropped, the others go on.
    ///
    /// # Errors
    ///
    /// If the statement fails for this key alone. Whose fault it is that a shared one fails nobody
    /// knows, so each executes it by itself then.
    pub(crate) async fn run<E, Fut>(
        &self,
        key: K,
        statement: impl Fn(Vec<K>) -> Fut,
    ) -> Result<Option<V>, E>
    where
        Fut: Future<Output = Result<HashMap<K, V>, E>>,
    {
        match self.shared(&key, &statement).await {
            Some(answer) => Ok(answer),
            None => statement(vec![key.clone()]).await.map(|mut found| found.remove(&key)),
        }
    }

    async fn shared<E, Fut>(&self, key: &K, statement: &impl Fn(Vec<K>) -> Fut) -> Option<Option<V>>
    where
        Fut: Future<Output = Result<HashMap<K, V>, E>>,
    {
        loop {
            let (answer, mut answered) = oneshot::channel();
            self.waiting().push((key.clone(), answer));
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
                        let mut keys: Vec<K> = all.iter().map(|(key, _)| key.clone()).collect();
                        keys.sort_unstable();
                        keys.dedup();
                        let found = statement(keys).await.ok();
                        for (key, answer) in all {
                            // Who was dropped meanwhile needs no answer.
                            let _ = answer.send(found.as_ref().map(|f| f.get(&key).cloned()));
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

    fn waiting(&self) -> MutexGuard<'_, Waiting<K, V>> {
        // Nothing panics while it is held.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V> fmt::Debug for Gather<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gather").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use tokio::{sync::Notify, task::JoinSet};

    use super::*;

    /// A statement that tells of whom it was executed for, and waits to be allowed to go on.
    #[derive(Default)]
    struct Statement {
        executed: Mutex<Vec<Vec<u32>>>,
        go_on: Notify,
    }

    impl Statement {
        async fn execute(&self, keys: Vec<u32>) -> Result<HashMap<u32, ()>, &'static str> {
            self.executed.lock().unwrap().push(keys.clone());
            self.go_on.notified().await;
            match keys.len() {
                5 => Err("five are too many"),
                // The first of them is found.
                _ => Ok(keys.into_iter().take(1).map(|key| (key, ())).collect()),
            }
        }

        fn sizes(&self) -> Vec<usize> {
            self.executed.lock().unwrap().iter().map(Vec::len).collect()
        }
    }

    type Answers = JoinSet<Result<Option<()>, &'static str>>;

    struct Case {
        gather: Arc<Gather<u32, ()>>,
        statement: Arc<Statement>,
        /// How many have come, each with a key of its own.
        come: AtomicU32,
    }

    impl Case {
        fn new() -> Self {
            Self {
                gather: Arc::new(Gather::new(1)),
                statement: Arc::default(),
                come: AtomicU32::new(0),
            }
        }

        /// Lets so many come, one after the other.
        async fn come(&self, answers: &mut Answers, count: usize) {
            for _ in 0..count {
                let (gather, statement) = (self.gather.clone(), self.statement.clone());
                let key = self.come.fetch_add(1, Ordering::Relaxed);
                answers.spawn(async move { gather.run(key, |keys| statement.execute(keys)).await });
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
        assert_eq!(answers.iter().filter(|answer| **answer == Ok(Some(()))).count(), 2);
        assert_eq!(answers.iter().filter(|answer| **answer == Ok(None)).count(), 8);
    }

    #[tokio::test]
    async fn those_who_ask_for_the_same_are_one_in_the_statement() {
        let (case, mut answers) = (Case::new(), Answers::new());
        case.come(&mut answers, 1).await;
        for _ in 0..9 {
            let (gather, statement) = (case.gather.clone(), case.statement.clone());
            answers.spawn(async move { gather.run(7, |keys| statement.execute(keys)).await });
        }
        case.go_on().await;
        case.go_on().await;
        assert!(answers.join_all().await.iter().all(|answer| *answer == Ok(Some(()))));
        assert_eq!(case.statement.sizes(), [1, 1]);
    }

    #[tokio::test]
    async fn after_a_shared_failure_each_tries_alone() {
        let (case, mut answers) = (Case::new(), Answers::new());
        case.come(&mut answers, 6).await;
        for _ in 0..7 {
            case.go_on().await;
        }
        let answers = answers.join_all().await;
        assert_eq!(case.statement.sizes(), [1, 5, 1, 1, 1, 1, 1]);
        assert!(answers.iter().all(|answer| *answer == Ok(Some(()))), "{answers:?}");
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
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    }
}
