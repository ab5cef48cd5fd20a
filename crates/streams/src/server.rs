//! What a Redis server says of itself: which one it is, and whether it keeps what it is given.

use crate::connection::Redis;
use crate::entry::text;
use crate::error::{Error, Refusal};
use redis::Value;

/// The lowest version that knows every command used here: XINFO STREAM tells of deleted entries, and
/// XSETID takes them back, from 7.0 on.
const VERSION_MIN: (u32, u32) = (7, 0);

/// The setting by which a server never removes a key to make room.
const NO_EVICTION: &str = "noeviction";

/// A server's own words, from INFO.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerInfo {
    /// Its version, as Redis counts them; Valkey and others tell which one they are compatible with.
    pub version: String,
    /// Memory that it uses (bytes).
    pub memory_used: u64,
    /// Memory that it may use (bytes); zero: as much as there is.
    pub memory_max: u64,
    /// Which keys it removes when that is used up (`maxmemory-policy`); nothing where it is not told.
    pub eviction_policy: Option<String>,
    /// Whether it writes an append-only file at all.
    pub is_append_only: bool,
    /// Whether its append-only file could be written the last time. A full disk shows here.
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

    /// By which policy the server may remove a stream, if it may.
    pub fn evicts(&self) -> Option<&str> {
        self.eviction_policy.as_deref().filter(|policy| *policy != NO_EVICTION)
    }

    /// What is lost when the server's process dies, where that is everything.
    pub fn durability_problem(&self) -> Option<String> {
        (!self.is_append_only).then(|| {
            "Redis writes none (appendonly is no): all orders since the last snapshot are lost when \
             its process dies, and after that the engine refuses to trade"
                .to_owned()
        })
    }

    /// Why the server can't be trusted to keep a stream, if it can't.
    pub fn eviction_problem(&self) -> Option<String> {
        self.evicts().map(|policy| {
            format!(
                "Redis may remove streams, and the orders in them, to make room (maxmemory-policy is \
                 {policy}): set it to noeviction, with `redis-cli config set maxmemory-policy \
                 noeviction` and in the server's settings"
            )
        })
    }

    /// Refuses a server that is too old. One that does not tell its version is believed.
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
            "this is Redis {version}, and Velox needs {major}.{minor} or later (or Valkey): \
             older ones lack commands that it uses"
        );
        Err(Error::Refused(Refusal { code: "UNSUPPORTED".to_owned(), message }))
    }
}

impl Redis {
    /// What the server calls its version.
    pub async fn server_version(&self) -> Result<String, Error> {
        let version = self.server_info().await?.version;
        Ok(if version.is_empty() { "unknown".to_owned() } else { version })
    }

    /// How the server is doing.
    pub async fn server_info(&self) -> Result<ServerInfo, Error> {
        let mut words = String::new();
        for section in ["server", "memory", "persistence"] {
            words.push_str(&info_text(self.run(&info(section)).await?)?);
        }
        Ok(ServerInfo::parse(&words))
    }
}

/// Asks for one section.
pub(crate) fn info(section: &str) -> redis::Cmd {
    let mut command = redis::cmd("INFO");
    command.arg(section);
    command
}

/// Refuses a server that is too old, by its reply to `INFO server`. Where that is forbidden, nobody
/// knows, and the server is believed.
pub(crate) fn check(reply: Result<Value, Error>) -> Result<(), Error> {
    match reply.and_then(info_text) {
        Ok(words) => ServerInfo::parse(&words).check_version(),
        Err(Error::Refused(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

fn info_text(reply: Value) -> Result<String, Error> {
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
