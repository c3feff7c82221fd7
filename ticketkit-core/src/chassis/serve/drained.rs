use std::fmt;

/// What became of the connections, and of the requests on them, after the shutdown was asked for.
///
/// A request counts from its head until the last byte of its answer was handed to the connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drained {
    /// Requests that were answered in full.
    pub finished: usize,
    /// Requests that were cut at the deadline.
    pub cut: usize,
    /// Requests whose client left.
    pub left: usize,
    /// Event streams that were ended because of the shutdown.
    pub streams: usize,
    /// Connections that were closed in order.
    pub connections: usize,
    /// Connections that were cut at the deadline.
    pub connections_cut: usize,
}

impl Drained {
    /// Tells whether nothing was cut.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.cut == 0 && self.connections_cut == 0
    }
}

impl fmt::Display for Drained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { finished, cut, left, streams, connections, connections_cut } = self;
        write!(
            f,
            "drained: {finished} requests finished, {cut} cut, {left} left by their clients; \
             {streams} event streams ended; {connections} connections closed, {connections_cut} cut"
        )
    }
}
