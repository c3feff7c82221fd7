//! Where threads run: what a request costs depends on whether its client is on the same processor.

use crate::Result;

/// A processor for servers and another for clients, where the system lets threads choose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Processors(#[cfg(target_os = "linux")] Option<[usize; 2]>);

#[cfg(target_os = "linux")]
impl Processors {
    /// Chooses the first and the last of those that this process may use; none where it is one alone.
    pub(crate) fn choose() -> Self {
        let allowed = rustix::thread::sched_getaffinity(None).ok();
        let allowed = allowed
            .into_iter()
            .flat_map(|set| (0..rustix::thread::CpuSet::MAX_CPU).filter(move |&at| set.is_set(at)));
        let allowed: Vec<usize> = allowed.collect();
        match allowed[..] {
            [first, .., last] => Self(Some([first, last])),
            _ => Self(None),
        }
    }

    /// Puts the calling thread where servers run.
    pub(crate) fn server(self) -> Result<()> {
        self.stay(0)
    }

    /// Puts the calling thread where clients run.
    pub(crate) fn client(self) -> Result<()> {
        self.stay(1)
    }

    fn stay(self, at: usize) -> Result<()> {
        let Some(processors) = self.0 else { return Ok(()) };
        let mut one = rustix::thread::CpuSet::new();
        one.set(processors[at]);
        Ok(rustix::thread::sched_setaffinity(None, &one)?)
    }
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "as where threads can choose")]
impl Processors {
    pub(crate) fn choose() -> Self {
        Self()
    }

    pub(crate) fn server(self) -> Result<()> {
        Ok(())
    }

    pub(crate) fn client(self) -> Result<()> {
        Ok(())
    }
}
