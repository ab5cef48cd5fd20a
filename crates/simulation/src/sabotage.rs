//! Ways to break the engine from outside, to see that the simulation notices.

use std::fmt;

/// What the world does wrong, or lets the engine do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Sabotage {
    /// A snapshot is stored as soon as it is taken, while Redis may still lose what it contains.
    HastySnapshots,
    /// The stream is trimmed by one entry more than the oldest snapshot allows.
    TrimTooFar,
    /// Whoever starts passes over the first entry after its snapshot.
    SkipOnRecovery,
    /// Outputs get the server's next id and not their own.
    DrawnIds,
    /// What could not be written at once is forgotten.
    DropOnRetry,
    /// Whoever led once may write for ever.
    Unfenced,
    /// Replies go out before the outputs that they speak of.
    ReplyFirst,
    /// A server that came back is trusted to have all outputs that it had.
    Gullible,
}

impl Sabotage {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::HastySnapshots,
        Self::TrimTooFar,
        Self::SkipOnRecovery,
        Self::DrawnIds,
        Self::DropOnRetry,
        Self::Unfenced,
        Self::ReplyFirst,
        Self::Gullible,
    ];
}

impl fmt::Display for Sabotage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
