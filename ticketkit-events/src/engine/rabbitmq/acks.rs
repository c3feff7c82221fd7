//! Gathers settled deliveries, so that few frames acknowledge many.

use std::collections::BTreeMap;

/// What became of a delivery, in the broker's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    Ack,
    Requeue,
}

/// A frame to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    Ack { tag: u64, multiple: bool },
    Requeue { tag: u64 },
}

/// The deliveries of one channel that are settled and not said to be so.
///
/// A cumulative ack covers the settled prefix alone: past an unfinished delivery
/// it would lose it. What is settled beyond a gap is acknowledged one by one, so
/// that a slow handler does not hold up the window.
#[derive(Debug, Default)]
pub(super) struct Acks {
    /// All up to here are settled and said to be so.
    floor: u64,
    /// Beyond the floor: settled and, where true, said to be so.
    settled: BTreeMap<u64, (Settled, bool)>,
    unsaid: usize,
}

impl Acks {
    pub(super) fn settle(&mut self, tag: u64, how: Settled) {
        if tag > self.floor && self.settled.insert(tag, (how, false)).is_none() {
            self.unsaid += 1;
        }
    }

    /// Returns how many wait to be said.
    pub(super) fn unsaid(&self) -> usize {
        self.unsaid
    }

    /// Returns the frames that say it all.
    pub(super) fn flush(&mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        // Requeued ones first: then they are no longer covered by `multiple`.
        for (&tag, (how, said)) in &mut self.settled {
            if *how == Settled::Requeue && !*said {
                frames.push(Frame::Requeue { tag });
                *said = true;
            }
        }
        let (mut last, mut count) = (0, 0);
        while let Some(entry) = self.settled.first_entry() {
            if *entry.key() != self.floor + 1 {
                break;
            }
            let (tag, (_, said)) = entry.remove_entry();
            self.floor = tag;
            if !said {
                (last, count) = (tag, count + 1);
            }
        }
        if count > 0 {
            frames.push(Frame::Ack { tag: last, multiple: count > 1 });
        }
        for (&tag, (_, said)) in &mut self.settled {
            if !*said {
                frames.push(Frame::Ack { tag, multiple: false });
                *said = true;
            }
        }
        self.unsaid = 0;
        frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acks(tags: &[u64]) -> Acks {
        let mut acks = Acks::default();
        tags.iter().for_each(|&tag| acks.settle(tag, Settled::Ack));
        acks
    }

    #[test]
    fn the_settled_prefix_is_one_frame() {
        assert_eq!(acks(&[2, 1, 3]).flush(), [Frame::Ack { tag: 3, multiple: true }]);
        assert_eq!(acks(&[1]).flush(), [Frame::Ack { tag: 1, multiple: false }]);
        assert_eq!(acks(&[]).flush(), []);
    }

    #[test]
    fn no_frame_covers_what_is_not_settled() {
        let mut acks = acks(&[1, 2, 4, 5]);
        let frames = acks.flush();
        assert_eq!(
            frames,
            [
                Frame::Ack { tag: 2, multiple: true },
                Frame::Ack { tag: 4, multiple: false },
                Frame::Ack { tag: 5, multiple: false },
            ]
        );
        acks.settle(3, Settled::Ack);
        acks.settle(6, Settled::Ack);
        // 4 and 5 have been said: the broker does not mind that this covers them.
        assert_eq!(acks.flush(), [Frame::Ack { tag: 6, multiple: true }]);
    }

    #[test]
    fn what_is_requeued_is_said_before_it_is_covered() {
        let mut acks = acks(&[1, 3]);
        acks.settle(2, Settled::Requeue);
        assert_eq!(
            acks.flush(),
            [Frame::Requeue { tag: 2 }, Frame::Ack { tag: 3, multiple: true }]
        );
        acks.settle(2, Settled::Ack);
        assert_eq!(acks.flush(), [], "settled once");
    }

    #[test]
    fn a_random_order_says_each_once_and_nothing_early() {
        let mut outstanding: Vec<u64> = (1..=500).collect();
        let (mut acks, mut settled, mut said) =
            (Acks::default(), vec![false; 501], vec![false; 501]);
        let mut seed = 7_u64;
        while !outstanding.is_empty() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let index = (seed >> 33) as usize % outstanding.len().min(40);
            let tag = outstanding.remove(index);
            acks.settle(tag, Settled::Ack);
            settled[tag as usize] = true;
            if seed >> 62 == 0 || outstanding.is_empty() {
                for frame in acks.flush() {
                    let Frame::Ack { tag, multiple } = frame else { panic!("{frame:?}") };
                    let from = if multiple { 1 } else { tag };
                    for tag in from..=tag {
                        assert!(settled[tag as usize], "{tag} is not settled");
                        said[tag as usize] = true;
                    }
                }
            }
        }
        assert!(said[1..].iter().all(|&said| said));
    }
}
