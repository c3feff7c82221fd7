//! The memory that hashes are computed in, used again and again.
//!
//! Allocated anew for each hash, on one of many blocking threads, it would stay with the allocator:
//! glibc keeps what was freed by thread. A process that had hashed a thousand passwords, two at a time,
//! held 700 MB.

use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::Block;

/// As many blocks as a hash takes, for each hash that runs at the same time.
#[derive(Debug)]
pub(super) struct Memory {
    blocks: usize,
    free: Mutex<Vec<Vec<Block>>>,
}

impl Memory {
    /// Makes one for hashes of so many blocks; it is allocated when it is needed.
    pub(super) fn new(blocks: usize) -> Self {
        Self { blocks, free: Mutex::default() }
    }

    /// Lends so many blocks, with whatever is in them. For more than a hash takes, they are
    /// allocated for this once.
    pub(super) fn lend<T>(&self, blocks: usize, work: impl FnOnce(&mut [Block]) -> T) -> T {
        if blocks > self.blocks {
            return work(&mut allocate(blocks));
        }
        let free = self.free().pop();
        let mut lent = free.unwrap_or_else(|| allocate(self.blocks));
        let done = work(&mut lent[..blocks]);
        self.free().push(lent);
        done
    }

    fn free(&self) -> MutexGuard<'_, Vec<Vec<Block>>> {
        // Nothing panics while it is held.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn allocate(blocks: usize) -> Vec<Block> {
    vec![Block::new(); blocks]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the blocks begin, and how many are lent.
    fn lend(memory: &Memory, blocks: usize) -> (*const Block, usize) {
        memory.lend(blocks, |lent| (lent.as_ptr(), lent.len()))
    }

    #[test]
    fn what_was_lent_is_lent_again_and_what_is_larger_is_not_kept() {
        let memory = Memory::new(16);
        let (first, few) = lend(&memory, 8);
        assert_eq!(few, 8);
        assert_eq!(lend(&memory, 16), (first, 16));
        assert_eq!(lend(&memory, 17).1, 17);
        assert_eq!(memory.free().len(), 1);
    }

    #[test]
    fn those_who_hash_at_the_same_time_have_their_own() {
        let memory = Memory::new(16);
        memory.lend(16, |outer| {
            let (inner, _) = lend(&memory, 16);
            assert_ne!(outer.as_ptr(), inner);
        });
        assert_eq!(memory.free().len(), 2);
    }
}
