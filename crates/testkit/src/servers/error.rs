use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::{fs, io};

/// Why a server is not running. Each message is one line that says what to do or where to look.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The program is not installed, or not where it is usually installed.
    #[error("{program} was not found in {looked_in}; install {install}")]
    NotFound {
        /// What was looked for.
        program: &'static str,
        /// Where.
        looked_in: &'static str,
        /// The packages that bring it.
        install: &'static str,
    },

    /// The folder holds the data of a PostgreSQL whose programs are not here.
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
    #[error("the user {user}, as which PostgreSQL runs, cannot enter {}; choose a folder that everybody may enter", dir.display())]
    Unreachable {
        /// The user's name.
        user: String,
        /// The folder.
        dir: PathBuf,
    },

    /// A file or process operation failed.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was being done, as a verb.
        action: &'static str,
        /// To which file or program.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },

    /// The port was taken by another program.
    #[error("{server} cannot listen on 127.0.0.1:{port}: the port is in use")]
    PortInUse {
        /// Which server.
        server: &'static str,
        /// The port.
        port: u16,
    },

    /// The server, or a tool that prepares its data, ended before it was ready.
    #[error("{server} ended while starting ({status}): {} (log: {})", reason(tail), log.display())]
    Exited {
        /// Which server or tool.
        server: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// Where its whole log is.
        log: PathBuf,
        /// The end of that log.
        tail: String,
    },

    /// The server runs but accepts no connections.
    #[error(
        "{server} did not accept connections on 127.0.0.1:{port} within {seconds} s: {} (log: {})",
        reason(tail),
        log.display()
    )]
    NotReady {
        /// Which server.
        server: &'static str,
        /// Its port.
        port: u16,
        /// How long was waited.
        seconds: u64,
        /// Where its whole log is.
        log: PathBuf,
        /// The end of that log.
        tail: String,
    },
}

impl ServerError {
    /// For `map_err`: says what was being done to which path.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }
}

/// How much of a log is worth showing.
const TAIL_BYTES: usize = 4096;

/// The last part of a log that was written after `from`; empty where it cannot be read.
pub(super) fn log_tail(log: &Path, from: u64) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let from = usize::try_from(from).unwrap_or(0).min(bytes.len());
    let start = from.max(bytes.len().saturating_sub(TAIL_BYTES));
    String::from_utf8_lossy(&bytes[start..]).into_owned()
}

/// The line of a log that says what went wrong: the last complaint, else the last line.
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
