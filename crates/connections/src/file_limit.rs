use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The number of files kept for everything except client connections: connections to Redis and
/// PostgreSQL, files, metrics.
const RESERVE_MIN: usize = 64;

/// The share of all files (1 in 8) that is kept if it is more than [`RESERVE_MIN`].
const RESERVE_SHARE: usize = 8;

/// The limit assumed where the system sets none.
const UNLIMITED: usize = 1 << 20;

/// The number of files, including connections, that this process may have open at once.
#[derive(Clone, Copy, Debug)]
pub struct FileLimit(usize);

impl FileLimit {
    /// Raises the process's limit (`RLIMIT_NOFILE`) to its hard limit: the default of many systems
    /// is 1,024, for programs that use `select(2)`.
    pub fn raise() -> Self {
        let limit = getrlimit(Resource::Nofile);
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        let current = match setrlimit(Resource::Nofile, raised) {
            Ok(()) => limit.maximum,
            Err(error) => {
                tracing::debug!(%error, "the limit of open files can't be raised");
                limit.current
            }
        };
        let open_max = current.and_then(|files| usize::try_from(files).ok());
        Self(open_max.unwrap_or(UNLIMITED).min(UNLIMITED))
    }

    /// The most client connections within the limit; at least one.
    pub const fn connections_max(self) -> usize {
        let share = self.0 / RESERVE_SHARE;
        let reserve = if share > RESERVE_MIN { share } else { RESERVE_MIN };
        let connections = self.0.saturating_sub(reserve);
        if connections == 0 { 1 } else { connections }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_files_is_kept_for_everything_else() {
        for (files, connections) in [(0, 1), (64, 1), (100, 36), (1_024, 896), (8_192, 7_168)] {
            assert_eq!(FileLimit(files).connections_max(), connections, "{files}");
        }
    }
}
