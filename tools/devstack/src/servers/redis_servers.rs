//! A single Redis or a Redis Cluster, as one value.

use super::processes::wait_until;
use super::redis::request;
use super::{RedisServer, ServerError, free_port};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The time for which a server may be silent before the others take it for dead (ms). Short, so that
/// tests of failovers need not wait; on a busy machine a longer one would be safer.
const NODE_TIMEOUT_MS: u32 = 2_000;

/// The time in which a new cluster has to be usable.
const PATIENCE: Duration = Duration::from_secs(30);

/// The number of hash slots of a cluster.
const SLOTS: usize = 16_384;

/// A single Redis, or the servers of a cluster.
pub struct RedisServers {
    /// The servers: the primaries, and after them a replica of each, if there are any.
    pub all: Vec<RedisServer>,
}

impl From<RedisServer> for RedisServers {
    fn from(single: RedisServer) -> Self {
        Self { all: vec![single] }
    }
}

impl RedisServers {
    /// Starts a cluster of this many primaries, each with as many replicas. Each primary has an equal
    /// part of the slots.
    ///
    /// # Errors
    /// When a server can't be started, or the cluster is not usable in time.
    pub fn cluster(primaries: usize, replicas: usize) -> Result<Self, ServerError> {
        let (mut all, mut bus_ports) = (Vec::new(), Vec::new());
        for _ in 0..primaries * (1 + replicas) {
            let bus_port = free_port();
            all.push(RedisServer::private_node(bus_port, NODE_TIMEOUT_MS)?);
            bus_ports.push(bus_port);
        }
        let servers = Self { all };
        let connected = servers.connect(primaries, &bus_ports);
        connected.map_err(ServerError::io("connect", Path::new("a cluster")))?;
        Ok(servers)
    }

    /// Whether the servers are those of a cluster.
    pub fn is_cluster(&self) -> bool {
        self.all.len() > 1
    }

    /// Starts the servers that have stopped; see [`Server::start`](super::Server::start).
    ///
    /// # Errors
    /// When one can't be started.
    pub fn start(&mut self) -> Result<(), ServerError> {
        self.all.iter_mut().try_for_each(RedisServer::start)
    }

    /// Stops all servers; see [`Server::stop`](super::Server::stop).
    ///
    /// # Errors
    /// When one can't be stopped.
    pub fn stop(&mut self) -> Result<(), ServerError> {
        self.all.iter_mut().try_for_each(RedisServer::stop)
    }

    /// [`Self::stop`], then [`Self::start`].
    ///
    /// # Errors
    /// When one of them fails.
    pub fn restart(&mut self) -> Result<(), ServerError> {
        self.stop()?;
        self.start()
    }

    /// Kills all servers; see [`Server::kill_hard`](super::Server::kill_hard).
    ///
    /// # Errors
    /// When one can't be killed.
    pub fn kill_hard(&mut self) -> Result<(), ServerError> {
        self.all.iter_mut().try_for_each(RedisServer::kill_hard)
    }

    /// Freezes all servers; see [`Server::pause`](super::Server::pause).
    pub fn pause(&self) {
        self.all.iter().for_each(RedisServer::pause);
    }

    /// Resumes all servers; see [`Server::resume`](super::Server::resume).
    pub fn resume(&self) {
        self.all.iter().for_each(RedisServer::resume);
    }

    /// The port of the only server, or of the first.
    pub fn port(&self) -> u16 {
        self.all[0].port()
    }

    /// The pid of the only server, or of the first, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.all[0].pid()
    }

    /// The path of the log of the only server, or of the first.
    pub fn log(&self) -> PathBuf {
        self.all[0].log()
    }

    /// The place of the server that answers for a key, among all that run; a replica does not.
    pub fn owner_of(&self, key: &str) -> Option<usize> {
        let answers =
            |server: &RedisServer| request(server.port(), &format!("EXISTS {key}")).is_ok();
        self.all.iter().position(answers)
    }

    /// The URLs of all servers, separated by commas.
    pub fn url(&self) -> String {
        let urls: Vec<String> = self.all.iter().map(RedisServer::url).collect();
        urls.join(",")
    }

    fn connect(&self, primaries: usize, bus_ports: &[u16]) -> io::Result<()> {
        let ports: Vec<u16> = self.all.iter().map(RedisServer::port).collect();
        for (n, port) in ports[..primaries].iter().enumerate() {
            let (first, after) = (n * SLOTS / primaries, (n + 1) * SLOTS / primaries);
            request(*port, &format!("CLUSTER ADDSLOTSRANGE {first} {}", after - 1))?;
            // Different epochs, as no election has given any.
            request(*port, &format!("CLUSTER SET-CONFIG-EPOCH {}", n + 1))?;
        }
        for (port, bus_port) in ports.iter().zip(bus_ports).skip(1) {
            request(ports[0], &format!("CLUSTER MEET 127.0.0.1 {port} {bus_port}"))?;
        }
        self.until(|port| {
            Ok(request(port, "CLUSTER NODES")?.matches(" connected").count() >= ports.len())
        })?;
        for (n, port) in ports.iter().enumerate().skip(primaries) {
            let id = request(ports[n % primaries], "CLUSTER MYID")?;
            request(*port, &format!("CLUSTER REPLICATE {}", id.trim()))?;
        }
        let is_usable = |port| {
            let info = request(port, "CLUSTER INFO")?;
            let is_linked = request(port, "INFO replication")?.contains("master_link_status:up");
            let is_primary = ports[..primaries].contains(&port);
            Ok(info.contains("cluster_state:ok") && (is_primary || is_linked))
        };
        self.until(is_usable)?;
        let replicas = ports.len() - primaries;
        self.until(|port| Ok(request(port, "CLUSTER NODES")?.matches("slave ").count() == replicas))
    }

    /// Waits until something holds for every server.
    fn until(&self, holds: impl Fn(u16) -> io::Result<bool>) -> io::Result<()> {
        for server in &self.all {
            if !wait_until(PATIENCE, || holds(server.port()).unwrap_or_default()) {
                let log = server.log();
                let message = format!("the cluster is not usable; see {}", log.display());
                return Err(io::Error::new(io::ErrorKind::TimedOut, message));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_has_all_slots_and_a_replica_for_each_primary() {
        let cluster = RedisServers::cluster(3, 1).unwrap();
        assert_eq!(cluster.url().matches("redis://").count(), 6);
        let nodes = request(cluster.all[4].port(), "CLUSTER NODES").unwrap();
        assert_eq!(
            (nodes.matches("master").count(), nodes.matches("slave").count()),
            (3, 3),
            "{nodes}"
        );
    }
}
