use std::fmt;

/// The life of a key, in this order; how long it stays in the first and the third, the
/// [`Overlap`](super::Overlap) says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyStage {
    /// Published, so that every verifier has it before the first token comes; signs nothing yet.
    Standby,
    /// Signs. One key of a ring is active.
    Active,
    /// Signs nothing any more, and verifies until the last token that it signed has ended.
    Retiring,
    /// Neither signs nor verifies.
    Removed,
}

impl KeyStage {
    /// Returns the name, as the key files have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standby => "standby",
            Self::Active => "active",
            Self::Retiring => "retiring",
            Self::Removed => "removed",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        [Self::Standby, Self::Active, Self::Retiring, Self::Removed]
            .into_iter()
            .find(|stage| stage.name() == name)
    }
}

impl fmt::Display for KeyStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
