use super::PARTITIONS;

/// Returns how many partitions the relay at this place among all has a right to.
pub(super) fn share(relays: usize, place: usize) -> usize {
    let all = usize::from(PARTITIONS);
    let relays = relays.max(1);
    all / relays + usize::from(place < all % relays)
}

/// A partition as the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owned {
    pub(super) partition: u8,
    pub(super) by: Option<String>,
    /// Whether its lease is over.
    pub(super) over: bool,
}

/// What a relay does to come to its share.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) take: Vec<u8>,
    /// How many it has too many.
    pub(super) surplus: usize,
    /// How many it lacks and nobody has given up yet.
    pub(super) lacking: usize,
}

impl Plan {
    /// Makes the plan of `relay`; `relays` are those that run.
    pub(super) fn new(relay: &str, relays: &[String], all: &[Owned]) -> Self {
        let place = relays.iter().filter(|other| other.as_str() < relay).count();
        let share = share(relays.len(), place);
        let is_mine = |owned: &&Owned| owned.by.as_deref() == Some(relay);
        let mine = all.iter().filter(is_mine).count();
        let free = all.iter().filter(|owned| !is_mine(owned) && (owned.by.is_none() || owned.over));
        let lacking = share.saturating_sub(mine);
        let take: Vec<u8> = free.take(lacking).map(|owned| owned.partition).collect();
        Self { surplus: mine.saturating_sub(share), lacking: lacking - take.len(), take }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(partition: u8, by: Option<&str>, over: bool) -> Owned {
        Owned { partition, by: by.map(str::to_owned), over }
    }

    #[test]
    fn shares_add_up_to_all_partitions_and_differ_by_one() {
        for relays in 1..40 {
            let shares: Vec<usize> = (0..relays).map(|place| share(relays, place)).collect();
            assert_eq!(shares.iter().sum::<usize>(), usize::from(PARTITIONS), "{shares:?}");
            assert!(shares[0] - shares[relays - 1] <= 1, "{shares:?}");
        }
    }

    #[test]
    fn relays_that_follow_their_plans_come_to_their_shares_from_anywhere() {
        let relays: Vec<String> = ["a", "b", "c"].map(str::to_owned).into();
        let mut all: Vec<Owned> = (0..PARTITIONS)
            .map(|p| owned(p, Some(if p < 12 { "a" } else { "gone" }), p > 13))
            .collect();
        for _ in 0..2 {
            for relay in &relays {
                let plan = Plan::new(relay, &relays, &all);
                let mut surplus = plan.surplus;
                for owned in &mut all {
                    if plan.take.contains(&owned.partition) {
                        (owned.by, owned.over) = (Some(relay.clone()), false);
                    } else if surplus > 0 && owned.by.as_ref() == Some(relay) {
                        (owned.by, surplus) = (None, surplus - 1);
                    }
                }
            }
            // The lease of the one that is gone is over at last.
            all.iter_mut().for_each(|owned| owned.over = owned.by.as_deref() == Some("gone"));
        }
        let count = |relay: &str| all.iter().filter(|o| o.by.as_deref() == Some(relay)).count();
        assert_eq!(["a", "b", "c"].map(count), [6, 5, 5], "{all:?}");
    }

    #[test]
    fn what_another_holds_is_not_taken() {
        let relays: Vec<String> = ["a", "b"].map(str::to_owned).into();
        let all: Vec<Owned> = (0..PARTITIONS).map(|p| owned(p, Some("a"), false)).collect();
        assert_eq!(Plan::new("b", &relays, &all), Plan { lacking: 8, ..Plan::default() });
        assert_eq!(Plan::new("a", &relays, &all), Plan { surplus: 8, ..Plan::default() });
    }
}
