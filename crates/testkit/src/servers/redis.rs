use super::processes::Signal;
use super::server::{Kind, Server};
use super::{ServerError, find_redis, ports};
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long a server that accepted a connection may think about a `PING`.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// Where a lasting Redis keeps its data and listens.
#[derive(Clone, Debug)]
pub struct RedisConfig {
    /// Its folder, made if it is not there; log and pid file lie in it as well.
    pub dir: PathBuf,
    /// Its port on 127.0.0.1.
    pub port: u16,
}

/// The part of a [`Server`] that is Redis.
pub struct Redis {
    program: PathBuf,
    /// When what was written goes to the disk.
    appendfsync: &'static str,
}

/// A kill loses nothing with it, a power cut up to a second.
const EVERY_SECOND: &str = "everysec";

impl Server<Redis> {
    /// A Redis for one test: free port, temporary folder, append-only file on.
    pub fn private() -> Result<Self, ServerError> {
        Self::throw_away_with(EVERY_SECOND)
    }

    /// The same, with everything on the disk before it is acknowledged.
    pub fn private_durable() -> Result<Self, ServerError> {
        Self::throw_away_with("always")
    }

    fn throw_away_with(appendfsync: &'static str) -> Result<Self, ServerError> {
        let program = find_redis()?;
        ports::on_a_free_port(|port| {
            let dir = tempfile::Builder::new().prefix("velox-redis-").tempdir();
            let dir = dir.map_err(ServerError::io("make a folder in", &std::env::temp_dir()))?;
            Self::throw_away(Redis { program: program.clone(), appendfsync }, dir, port)
        })
    }

    /// A Redis whose data stays.
    pub fn launch(config: RedisConfig) -> Result<Self, ServerError> {
        let program = find_redis()?;
        fs::create_dir_all(&config.dir).map_err(ServerError::io("make", &config.dir))?;
        let kind = Redis { program, appendfsync: EVERY_SECOND };
        Self::launch_in(kind, config.dir, config.port)
    }

    /// `redis://127.0.0.1:PORT`
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
        // The append-only file is the record; without eviction nothing leaves it unnoticed.
        command.args(["--appendonly", "yes", "--appendfsync", self.appendfsync, "--save", ""]);
        command.args(["--maxmemory-policy", "noeviction", "--dir"]).arg(dir);
        command.current_dir(dir);
        command
    }

    fn is_ready(&self, _dir: &Path, port: u16, pid: u32) -> bool {
        answer_to_ping(port).is_ok_and(|answer| answer.contains(&format!("process_id:{pid}\r")))
    }

    fn is_of(dir: &Path, pid: u32, command_line: &str) -> bool {
        // Redis replaces its command line by name and port; its working folder tells the rest.
        let folder = fs::read_link(format!("/proc/{pid}/cwd"));
        let is_server = ["redis-server", "valkey-server"].iter().any(|s| command_line.contains(s));
        is_server && folder.is_ok_and(|folder| dir.canonicalize().is_ok_and(|dir| dir == folder))
    }
}

/// `INFO server` says who answers; `PONG` after it, that the data is loaded.
fn answer_to_ping(port: u16) -> std::io::Result<String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, PROBE_TIMEOUT)?;
    stream.set_read_timeout(Some(PROBE_TIMEOUT))?;
    stream.write_all(b"INFO server\r\nPING\r\n")?;
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while !answer.ends_with(b"+PONG\r\n") {
        let count = stream.read(&mut buffer)?;
        answer.extend_from_slice(&buffer[..count]);
        if count == 0 || String::from_utf8_lossy(&answer).contains("-LOADING") {
            return Err(std::io::ErrorKind::NotConnected.into());
        }
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
