use std::sync::Arc;

use lapin::BasicProperties;

use crate::Envelope;

/// An event that is held.
#[derive(Clone, Debug)]
pub(in super::super) struct Held {
    pub(in super::super) envelope: Arc<Envelope>,
    pub(in super::super) properties: Box<BasicProperties>,
    pub(in super::super) origin: Origin,
    pub(in super::super) failures: u32,
    pub(in super::super) crashes: u32,
}

/// Where a held event is at the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Origin {
    /// Delivered under this tag.
    Delivered(u64),
    /// Among the parked events, at this place, and redriven.
    Parked(i64),
}

impl Origin {
    /// Redriven events come before those that were delivered since.
    pub(super) fn place(self) -> i64 {
        match self {
            Self::Delivered(tag) => tag.cast_signed(),
            Self::Parked(place) => i64::MIN.saturating_add(place.max(0)),
        }
    }
}
