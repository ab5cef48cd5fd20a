use super::account::Account;
use super::locate::{PostgresBinaries, find_postgres, find_postgres_for};
use super::processes::{Signal, stop_orphan};
use super::server::{Kind, Server};
use super::{ServerError, cluster, ports, template};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The time that an orphaned server gets to write its checkpoint.
const ORPHAN_PATIENCE: Duration = Duration::from_secs(30);
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// Fast, but not safe from power cuts. Commits are still written at once, if not to the disk: a
/// server that a test kills has all of them when it restarts.
const THROW_AWAY: &[&str] = &[
    "fsync=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "shared_buffers=16MB",
    "max_connections=200",
];

/// The folder, port and database of a permanent PostgreSQL.
#[derive(Clone, Debug)]
pub struct PostgresConfig {
    /// The folder, created if absent; it also holds the log and the pid file.
    pub dir: PathBuf,
    /// The port on 127.0.0.1.
    pub port: u16,
    /// The password of the user `postgres`, set when the data folder is created; letters and digits
    /// only, as it becomes part of a URL.
    pub password: String,
    /// The database, created if absent; a lower-case SQL name.
    pub database: String,
}

/// The PostgreSQL-specific part of a [`Server`].
pub struct Postgres {
    binaries: PostgresBinaries,
    account: Option<Account>,
    settings: &'static [&'static str],
    password: String,
    database: String,
}

impl Server<Postgres> {
    /// Starts a PostgreSQL for one test: free port, temporary folder, nothing written durably.
    pub fn private() -> Result<Self, ServerError> {
        let binaries = find_postgres()?;
        let account = Account::for_postgres()?;
        ports::on_a_free_port(|port| {
            let kind = Postgres {
                binaries: binaries.clone(),
                account: account.clone(),
                settings: THROW_AWAY,
                password: template::PASSWORD.to_owned(),
                database: template::DATABASE.to_owned(),
            };
            let dir = template::instance(&binaries, account.as_ref())?;
            Self::throw_away(kind, dir, port)
        })
    }

    /// Starts a PostgreSQL that keeps its data; creates the data folder and the database if absent.
    pub fn launch(config: PostgresConfig) -> Result<Self, ServerError> {
        let PostgresConfig { dir, port, password, database } = config;
        let account = Account::for_postgres()?;
        let binaries = find_postgres_for(&dir.join("data"))?;
        cluster::prepare_dir(&dir, account.as_ref())?;
        // The server that really holds the data, whatever the pid file of this crate says.
        stop_orphan(
            &dir.join("data/postmaster.pid"),
            Postgres::STOP,
            ORPHAN_PATIENCE,
            |pid, command_line| Postgres::is_of(&dir, pid, command_line),
        );
        let cluster =
            cluster::Cluster { binaries: &binaries, account: account.as_ref(), dir: &dir };
        cluster.create_if_absent(&password, &[])?;
        cluster.create_database_if_absent(&database)?;
        let kind = Postgres { binaries, account, settings: &[], password, database };
        Self::launch_in(kind, dir, port)
    }

    /// The URL, `postgres://postgres:PASSWORD@127.0.0.1:PORT/DATABASE`.
    pub fn url(&self) -> String {
        let Postgres { password, database, .. } = &self.kind;
        format!("postgres://postgres:{password}@127.0.0.1:{}/{database}", self.port())
    }
}

impl Kind for Postgres {
    const NAME: &'static str = "PostgreSQL";
    /// "Fast shutdown": ends the sessions and keeps their commits.
    const STOP: Signal = Signal::INT;
    /// "Immediate shutdown": unlike a kill it releases its shared memory.
    const ABANDON: Signal = Signal::QUIT;
    const ABANDON_NAME: &'static str = "QUIT";

    fn command(&self, dir: &Path, port: u16) -> Command {
        let mut command = Command::new(self.binaries.postgres());
        command.arg("-D").arg(dir.join("data")).args(["-p", &port.to_string()]);
        // Socket paths are limited to some 100 bytes, which a deeply nested folder exceeds.
        let always = ["listen_addresses=127.0.0.1", "unix_socket_directories="];
        for setting in always.iter().chain(self.settings) {
            command.args(["-c", setting]);
        }
        command.current_dir(dir);
        if let Some(account) = &self.account {
            account.apply(&mut command);
        }
        command
    }

    /// The lock file has the server's pid and, on its eighth line, its status; `pg_ctl --wait`
    /// reads the same.
    fn is_ready(&self, dir: &Path, port: u16, pid: u32) -> bool {
        let lock = fs::read_to_string(dir.join("data/postmaster.pid")).unwrap_or_default();
        let lines: Vec<_> = lock.lines().map(str::trim).collect();
        let is_ours = lines.first().is_some_and(|line| *line == pid.to_string());
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        is_ours
            && lines.get(7) == Some(&"ready")
            && TcpStream::connect_timeout(&address, PROBE_TIMEOUT).is_ok()
    }

    fn is_of(dir: &Path, _pid: u32, command_line: &str) -> bool {
        let data = format!("-D {} ", dir.join("data").display());
        command_line.contains("postgres") && command_line.contains(&data)
    }
}
