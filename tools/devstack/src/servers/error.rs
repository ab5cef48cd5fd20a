use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::{fs, io};

/// The reason that a server is not running. Each message is one line that names the remedy or the
/// log.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The program is not installed, or not in a usual place.
    #[error("{program} was not found in {looked_in}; install {install}")]
    NotFound {
        /// The program.
        program: &'static str,
        /// The places searched.
        looked_in: &'static str,
        /// The packages that contain it.
        install: &'static str,
    },

    /// The folder holds the data of a PostgreSQL version that is not installed.
    #[error(
        "{} was made by PostgreSQL {wanted}, but only {found} is installed; install PostgreSQL {wanted}",
        data.display()
    )]
    WrongVersion {
        /// The folder.
        data: PathBuf,
        /// The major version that made it.
        wanted: String,
        /// The major versions that were found.
        found: String,
    },

    /// PostgreSQL refuses to run as root, and there is no user to run it as.
    #[error(
        "PostgreSQL does not run as root, and /etc/passwd has neither a user postgres nor nobody; create the user postgres"
    )]
    NoAccount,

    /// The user that PostgreSQL runs as may not enter the folder.
    #[error("PostgreSQL runs as the user {user}, which cannot enter {}; choose a folder that all users may enter", dir.display())]
    Unreachable {
        /// The user's name.
        user: String,
        /// The folder.
        dir: PathBuf,
    },

    /// A file or process operation failed.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// The failed operation, as a verb.
        action: &'static str,
        /// The file or program.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },

    /// The port was taken by another program.
    #[error("{server} cannot listen on 127.0.0.1:{port}: the port is in use")]
    PortInUse {
        /// The server.
        server: &'static str,
        /// The port.
        port: u16,
    },

    /// The server, or a tool that prepares its data, ended before it was ready.
    #[error("{server} ended while starting ({status}): {} (log: {})", reason(tail), log.display())]
    Exited {
        /// The server or tool.
        server: &'static str,
        /// Its exit status.
        status: ExitStatus,
        /// The path of its log.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },

    /// The server runs but accepts no connections.
    #[error(
        "{server} did not accept connections on 127.0.0.1:{port} within {seconds} s: {} (log: {})",
        reason(tail),
        log.display()
    )]
    NotReady {
        /// The server.
        server: &'static str,
        /// Its port.
        port: u16,
        /// The time waited, in seconds.
        seconds: u64,
        /// The path of its log.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },
}

impl ServerError {
    /// For `map_err`: adds the operation and the path.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }
}

/// The number of bytes at the end of a log that are shown.
const TAIL_BYTES: usize = 4096;

/// The end of what was written to a log after `from`; empty when the log can't be read.
pub(super) fn log_tail(log: &Path, from: u64) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let from = usize::try_from(from).unwrap_or(0).min(bytes.len());
    let start = from.max(bytes.len().saturating_sub(TAIL_BYTES));
    String::from_utf8_lossy(&bytes[start..]).into_owned()
}

/// The line of a log that names the cause: the last error, else the last line.
fn reason(tail: &str) -> &str {
    const COMPLAINTS: [&str; 6] =
        ["FATAL", "PANIC", "No space left", "Fatal", "rror:", "could not"];
    let lines = || tail.lines().map(str::trim).filter(|line| !line.is_empty());
    lines()
        .rfind(|line| COMPLAINTS.iter().any(|word| line.contains(word)))
        .or_else(|| lines().next_back())
        .unwrap_or("it wrote nothing")
}

#[cfg(test)]
mod tests {
    use super::reason;

    #[test]
    fn the_reason_is_the_complaint_not_the_last_line() {
        let tail = "LOG: starting\nFATAL:  could not write: No space left on device\nLOG:  database system is shut down\n";
        assert_eq!(reason(tail), "FATAL:  could not write: No space left on device");
        assert_eq!(reason("one\ntwo\n\n"), "two");
        assert_eq!(reason(""), "it wrote nothing");
    }
}
