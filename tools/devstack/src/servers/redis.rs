use super::processes::Signal;
use super::server::{Kind, Server};
use super::{ServerError, find_redis, ports};
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The time that a server may take to answer a `PING` after accepting the connection.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// The folder and port of a permanent Redis.
#[derive(Clone, Debug)]
pub struct RedisConfig {
    /// The folder, created if absent; it also holds the log and the pid file.
    pub dir: PathBuf,
    /// The port on 127.0.0.1.
    pub port: u16,
}

/// The Redis-specific part of a [`Server`].
pub struct Redis {
    program: PathBuf,
    /// The value of Redis' `appendfsync`.
    appendfsync: &'static str,
    /// The settings of a server of a cluster.
    cluster: Vec<String>,
}

/// A kill loses nothing with this, a power cut up to a second.
const EVERY_SECOND: &str = "everysec";

impl Server<Redis> {
    /// Starts a Redis for one test: free port, temporary folder, append-only file on.
    pub fn private() -> Result<Self, ServerError> {
        Self::throw_away_with(EVERY_SECOND, &[])
    }

    /// Does the same, with every write on the disk before it is acknowledged.
    pub fn private_durable() -> Result<Self, ServerError> {
        Self::throw_away_with("always", &[])
    }

    /// Starts a server of a cluster that does not know the others yet.
    pub(super) fn private_node(bus_port: u16, timeout_ms: u32) -> Result<Self, ServerError> {
        let (bus_port, timeout) = (bus_port.to_string(), timeout_ms.to_string());
        let node = ["--cluster-enabled", "yes", "--cluster-port", &bus_port];
        // While one primary is away, the others serve the slots that they have.
        let partly = ["--cluster-require-full-coverage", "no"];
        let times = ["--cluster-node-timeout", &timeout, "--repl-diskless-sync-delay", "0"];
        Self::throw_away_with(EVERY_SECOND, &[&node[..], &partly, &times].concat())
    }

    fn throw_away_with(appendfsync: &'static str, cluster: &[&str]) -> Result<Self, ServerError> {
        let cluster: Vec<String> = cluster.iter().copied().map(str::to_owned).collect();
        let program = find_redis()?;
        ports::on_a_free_port(|port| {
            let dir = tempfile::Builder::new().prefix("velox-redis-").tempdir();
            let dir = dir.map_err(ServerError::io("make a folder in", &std::env::temp_dir()))?;
            let kind = Redis { program: program.clone(), appendfsync, cluster: cluster.clone() };
            Self::throw_away(kind, dir, port)
        })
    }

    /// Starts a Redis that keeps its data.
    pub fn launch(config: RedisConfig) -> Result<Self, ServerError> {
        let program = find_redis()?;
        fs::create_dir_all(&config.dir).map_err(ServerError::io("make", &config.dir))?;
        let kind = Redis { program, appendfsync: EVERY_SECOND, cluster: Vec::new() };
        Self::launch_in(kind, config.dir, config.port)
    }

    /// The URL, `redis://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port())
    }
}

impl Kind for Redis {
    const NAME: &'static str = "Redis";
    const STOP: Signal = Signal::TERM;
    const ABANDON: Signal = Signal::KILL;
    const ABANDON_NAME: &'static str = "KILL";

    fn command(&self, dir: &Path, port: u16) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--daemonize", "no"]);
        // The append-only file makes the data durable; without eviction no key disappears.
        command.args(["--appendonly", "yes", "--appendfsync", self.appendfsync, "--save", ""]);
        command.args(["--maxmemory-policy", "noeviction", "--dir"]).arg(dir);
        command.args(&self.cluster);
        command.current_dir(dir);
        command
    }

    fn is_ready(&self, _dir: &Path, port: u16, pid: u32) -> bool {
        answer_to_ping(port).is_ok_and(|answer| answer.contains(&format!("process_id:{pid}\r")))
    }

    fn is_of(dir: &Path, pid: u32, command_line: &str) -> bool {
        // Redis replaces its command line by its name and port; its working folder identifies it.
        let folder = fs::read_link(format!("/proc/{pid}/cwd"));
        let is_server = ["redis-server", "valkey-server"].iter().any(|s| command_line.contains(s));
        is_server && folder.is_ok_and(|folder| dir.canonicalize().is_ok_and(|dir| dir == folder))
    }
}

/// The answer to `INFO server`, which has the server's pid, and to `PING`: `PONG` once the data is
/// loaded.
fn answer_to_ping(port: u16) -> std::io::Result<String> {
    let answer = request(port, "INFO server")?;
    if answer.contains("-LOADING") {
        return Err(std::io::ErrorKind::NotConnected.into());
    }
    Ok(answer)
}

/// Sends one command, and a `PING` that shows where the answer to it ends. Returns the answer without
/// its type and length.
pub(super) fn request(port: u16, command: &str) -> std::io::Result<String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, PROBE_TIMEOUT)?;
    stream.set_read_timeout(Some(PROBE_TIMEOUT))?;
    stream.write_all(format!("{command}\r\nPING\r\n").as_bytes())?;
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while !answer.ends_with(b"+PONG\r\n") {
        let count = stream.read(&mut buffer)?;
        answer.extend_from_slice(&buffer[..count]);
        if count == 0 || answer.starts_with(b"-LOADING") {
            return Err(std::io::ErrorKind::NotConnected.into());
        }
    }
    answer.truncate(answer.len() - b"+PONG\r\n".len());
    let text = String::from_utf8_lossy(&answer).into_owned();
    match text.split_at_checked(1) {
        Some(("-", error)) => Err(std::io::Error::other(error.trim().to_owned())),
        // The first line of a longer text is its length.
        Some(("$", text)) => Ok(text.split_once("\r\n").map_or("", |(_, text)| text).to_owned()),
        _ => Ok(text),
    }
}
