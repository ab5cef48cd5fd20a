//! The server's version and its settings for memory and persistence, from INFO.

use crate::connection::Redis;
use crate::entry::text;
use crate::error::{Error, Refusal};
use redis::Value;

/// The lowest supported version: since 7.0, XINFO STREAM reports deleted entries and XSETID sets
/// them.
const VERSION_MIN: (u32, u32) = (7, 0);

/// The policy of a server that never evicts keys.
const NO_EVICTION: &str = "noeviction";

/// The state of a server, from INFO.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerInfo {
    /// The version of Redis; for Valkey and others, the version that they are compatible with.
    pub version: String,
    /// The memory in use (bytes).
    pub memory_used: u64,
    /// The limit on memory (bytes); zero means no limit.
    pub memory_max: u64,
    /// The policy for evicting keys at that limit (`maxmemory-policy`), if reported.
    pub eviction_policy: Option<String>,
    /// True if the server writes an append-only file.
    pub is_append_only: bool,
    /// True if the last write of the append-only file succeeded; false on a full disk, for example.
    pub can_persist: bool,
}

impl ServerInfo {
    fn parse(text: &str) -> Self {
        let mut info = Self::default();
        for (name, value) in text.lines().filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            let number = || value.parse().unwrap_or_default();
            match name {
                "redis_version" => value.clone_into(&mut info.version),
                "used_memory" => info.memory_used = number(),
                "maxmemory" => info.memory_max = number(),
                "maxmemory_policy" => info.eviction_policy = Some(value.to_owned()),
                "aof_enabled" => info.is_append_only = value == "1",
                "aof_last_write_status" => info.can_persist = value == "ok",
                _ => {}
            }
        }
        info
    }

    /// The policy by which the server may evict a stream, if it may.
    pub fn evicts(&self) -> Option<&str> {
        self.eviction_policy.as_deref().filter(|policy| *policy != NO_EVICTION)
    }

    /// Describes the data lost if the server's process dies, if it writes no append-only file.
    pub fn durability_problem(&self) -> Option<String> {
        (!self.is_append_only).then(|| {
            "Redis writes no append-only file (appendonly is no): if its process dies, all orders \
             since the last snapshot are lost and the engine refuses to trade"
                .to_owned()
        })
    }

    /// Describes the danger that the server evicts a stream, if it may.
    pub fn eviction_problem(&self) -> Option<String> {
        self.evicts().map(|policy| {
            format!(
                "Redis may remove streams, and the orders in them, to free memory \
                 (maxmemory-policy is {policy}); set it to noeviction, with `redis-cli config set \
                 maxmemory-policy noeviction` and in the server's configuration"
            )
        })
    }

    /// Refuses a server that is too old. A server that does not report its version is accepted.
    pub(crate) fn check_version(&self) -> Result<(), Error> {
        let mut parts = self.version.split('.').map(|part| part.parse::<u32>().ok());
        let (Some(Some(major)), Some(Some(minor))) = (parts.next(), parts.next()) else {
            return Ok(());
        };
        if (major, minor) >= VERSION_MIN {
            return Ok(());
        }
        let (version, (major, minor)) = (&self.version, VERSION_MIN);
        let message = format!(
            "this is Redis {version}, and Velox needs {major}.{minor} or later (or Valkey), \
             because older versions lack commands that it uses"
        );
        Err(Error::Refused(Refusal { code: "UNSUPPORTED".to_owned(), message }))
    }
}

impl Redis {
    /// Returns the server's version, or `unknown`.
    pub async fn server_version(&self) -> Result<String, Error> {
        let version = self.server_info().await?.version;
        Ok(if version.is_empty() { "unknown".to_owned() } else { version })
    }

    /// Returns the state of the server.
    pub async fn server_info(&self) -> Result<ServerInfo, Error> {
        let mut words = String::new();
        for section in ["server", "memory", "persistence"] {
            words.push_str(&info_text(self.run(&info(section)).await?)?);
        }
        Ok(ServerInfo::parse(&words))
    }
}

/// Builds the command for one section.
pub(crate) fn info(section: &str) -> redis::Cmd {
    let mut command = redis::cmd("INFO");
    command.arg(section);
    command
}

/// Refuses a server that is too old, by its reply to `INFO server`. If the server forbids that
/// command, it is accepted.
pub(crate) fn check(reply: Result<Value, Error>) -> Result<(), Error> {
    match reply.and_then(info_text) {
        Ok(words) => ServerInfo::parse(&words).check_version(),
        Err(Error::Refused(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

pub(crate) fn info_text(reply: Value) -> Result<String, Error> {
    match reply {
        Value::VerbatimString { text, .. } => Ok(text),
        reply => text(reply),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(version: &str, policy: &str) -> String {
        format!(
            "# Server\r\nredis_version:{version}\r\nredis_mode:standalone\r\n# Memory\r\n\
             used_memory:1048576\r\nmaxmemory:0\r\nmaxmemory_policy:{policy}\r\n\
             # Persistence\r\naof_enabled:1\r\naof_last_write_status:ok\r\n"
        )
    }

    #[test]
    fn a_server_older_than_7_0_is_refused_by_name() {
        for version in ["6.0.16", "6.2.14", "5.0.3", "3.2.1"] {
            let refused = ServerInfo::parse(&words(version, NO_EVICTION)).check_version();
            let error = refused.unwrap_err().to_string();
            assert!(error.contains(&format!("this is Redis {version}")), "{error}");
            assert!(error.contains("needs 7.0 or later"), "{error}");
        }
        for version in ["7.0.0", "7.0.15", "7.2.4", "8.2.1", "10.0.0", "unstable", ""] {
            ServerInfo::parse(&words(version, NO_EVICTION)).check_version().unwrap();
        }
    }

    #[test]
    fn every_policy_but_noeviction_removes_streams() {
        for policy in ["allkeys-lru", "allkeys-random", "volatile-ttl", "allkeys-lfu"] {
            let info = ServerInfo::parse(&words("7.0.15", policy));
            assert_eq!(info.evicts(), Some(policy));
            assert!(info.is_append_only && info.can_persist);
        }
        assert_eq!(ServerInfo::parse(&words("7.0.15", NO_EVICTION)).evicts(), None);
        assert_eq!(ServerInfo::parse("").evicts(), None);
    }
}
