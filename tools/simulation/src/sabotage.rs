//! Ways to break the engine from outside, to prove that the simulation notices.

use std::fmt;

/// An error of the environment, or one of the engine that the environment causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Sabotage {
    /// A snapshot is stored at once, while Redis may still lose entries that it includes.
    HastySnapshots,
    /// The stream is trimmed by one entry more than the oldest snapshot allows.
    TrimTooFar,
    /// An engine that starts skips the first entry after its snapshot.
    SkipOnRecovery,
    /// Outputs get the server's next id instead of their own.
    DrawnIds,
    /// Outputs that could not be written at once are dropped.
    DropOnRetry,
    /// A former leader may still write.
    Unfenced,
    /// Replies are published before the outputs that they refer to.
    ReplyFirst,
    /// A restarted server is trusted to still have all outputs.
    Gullible,
    /// Answers don't wait until the replica has what they are about.
    Unconfirmed,
}

impl Sabotage {
    /// All variants.
    pub const ALL: [Self; 9] = [
        Self::HastySnapshots,
        Self::TrimTooFar,
        Self::SkipOnRecovery,
        Self::DrawnIds,
        Self::DropOnRetry,
        Self::Unfenced,
        Self::ReplyFirst,
        Self::Gullible,
        Self::Unconfirmed,
    ];
}

impl fmt::Display for Sabotage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
