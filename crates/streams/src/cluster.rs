//! The servers of a Redis Cluster: which of them has a key.
//!
//! Connections are this crate's own, one for each purpose and server, as on a single server: blocking
//! reads, transactions under a watched key and subscriptions each need one, and nothing is sent twice.
//! The client library's own cluster client has one shared connection a server, and repeats commands
//! whose connection broke.

use crate::address::{Clients, Node};
use crate::connection::RESPONSE_TIMEOUT;
use crate::error::Error;
use redis::{Arg, AsyncConnectionConfig, Cmd, Value};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

/// The time in which a server has to say what it knows of the cluster.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(500);

/// The shortest interval between two rounds of questions.
const REFRESH_INTERVAL: Duration = Duration::from_millis(100);

/// The number of slots of a cluster.
const SLOTS: SlotNumber = 16_384;

/// The number of a key's hash slot.
pub(crate) type SlotNumber = u16;

/// The knowledge about a cluster, shared by all connections to it.
pub(crate) struct Cluster {
    clients: Clients,
    state: Mutex<State>,
    /// Held by the task that asks the servers.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    /// The primaries by the last slot of each of their ranges, with the first one.
    ranges: BTreeMap<SlotNumber, (SlotNumber, Node)>,
    /// All servers, replicas included.
    nodes: Vec<Node>,
    /// Set if nothing is known, or the cluster does not serve all slots.
    is_stale: bool,
    /// The servers that did not answer, or have said that they no longer have a slot, since the others
    /// were last asked. What is known of the other servers is used meanwhile.
    doubted: Vec<Node>,
    asked_at: Option<Instant>,
}

/// The knowledge of one server about the cluster.
struct View {
    is_ok: bool,
    epoch: u64,
    ranges: Vec<(SlotNumber, SlotNumber, Node)>,
    nodes: Vec<Node>,
}

impl Cluster {
    pub(crate) fn new(clients: Clients) -> Self {
        let state = State { is_stale: true, ..State::default() };
        Self { clients, state: Mutex::new(state), asking: tokio::sync::Mutex::default() }
    }

    pub(crate) const fn clients(&self) -> &Clients {
        &self.clients
    }

    /// Notes that a server did not answer, or has said that it no longer has a slot.
    pub(crate) fn doubt(&self, node: &Node) {
        let mut state = self.state();
        if !state.doubted.contains(node) {
            state.doubted.push(node.clone());
        }
    }

    /// Returns the server that has a slot. Asks the cluster first if what is known is in doubt.
    pub(crate) async fn primary(&self, slot: SlotNumber) -> Result<Node, Error> {
        let known = self.state().undoubted(slot);
        if let Some(node) = known {
            return Ok(node);
        }
        self.refresh().await?;
        let mut state = self.state();
        state.primary(slot).ok_or_else(|| {
            state.is_stale = true;
            Error::not_sent(format!("no server of the cluster has slot {slot}"))
        })
    }

    /// Returns the first slot of each server that has any.
    pub(crate) async fn slot_of_each_primary(&self) -> Result<Vec<SlotNumber>, Error> {
        if self.state().is_in_doubt() {
            self.refresh().await?;
        }
        let mut found: Vec<(Node, SlotNumber)> = Vec::new();
        for (first, node) in self.state().ranges.values() {
            if found.iter().all(|(known, _)| known != node) {
                found.push((node.clone(), *first));
            }
        }
        Ok(found.into_iter().map(|(_, slot)| slot).collect())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds this lock")
    }

    /// Asks all known servers at once, and believes the one with the latest configuration: a server
    /// that is cut off has an old one. Once most have answered, those that are silent are not waited for.
    async fn refresh(&self) -> Result<(), Error> {
        let _asking = self.asking.lock().await;
        let wait = {
            let state = self.state();
            if !state.is_in_doubt() {
                return Ok(());
            }
            let since = state.asked_at.map_or(REFRESH_INTERVAL, |at| at.elapsed());
            REFRESH_INTERVAL.saturating_sub(since)
        };
        tokio::time::sleep(wait).await;
        let mut nodes: Vec<Node> = self.state().nodes.clone();
        for seed in self.clients.seeds() {
            if !nodes.contains(&seed) {
                nodes.push(seed);
            }
        }
        let majority = nodes.len() / 2 + 1;
        let mut questions = JoinSet::new();
        for node in nodes {
            let client = self.clients.at(&node)?;
            questions.spawn(async move {
                let late = |_| Err(Error::not_sent("a server of the cluster does not answer"));
                timeout(ANSWER_TIMEOUT, ask(client, node)).await.unwrap_or_else(late)
            });
        }
        let (mut best, mut problem): (Option<View>, _) = (None, None);
        let mut answers = 0;
        while let Some(answer) = questions.join_next().await {
            match answer {
                Ok(Ok(view)) => {
                    answers += 1;
                    let rank = |view: &View| (view.is_ok, view.epoch);
                    if best.as_ref().is_none_or(|best| rank(best) < rank(&view)) {
                        best = Some(view);
                    }
                }
                Ok(Err(error)) => problem = Some(error),
                Err(_) => problem = Some(Error::not_sent("the runtime has stopped")),
            }
            if answers >= majority && best.as_ref().is_some_and(|best| best.is_ok) {
                break;
            }
        }
        let mut state = self.state();
        state.asked_at = Some(Instant::now());
        match best {
            Some(view) => {
                // A cluster that is down is asked again by the next caller.
                state.is_stale = !view.is_ok;
                state.doubted.clear();
                state.nodes = view.nodes;
                state.ranges =
                    view.ranges.into_iter().map(|(first, last, at)| (last, (first, at))).collect();
                Ok(())
            }
            None => Err(problem.unwrap_or_else(|| Error::not_sent("the cluster has no servers"))),
        }
    }
}

impl State {
    fn is_in_doubt(&self) -> bool {
        self.is_stale || !self.doubted.is_empty()
    }

    /// The server that has a slot, unless that is in doubt.
    fn undoubted(&self, slot: SlotNumber) -> Option<Node> {
        let node = self.primary(slot)?;
        (!self.is_stale && !self.doubted.contains(&node)).then_some(node)
    }

    fn primary(&self, slot: SlotNumber) -> Option<Node> {
        let (_, (first, node)) = self.ranges.range(slot..).next()?;
        (*first <= slot).then(|| node.clone())
    }
}

/// The slot of a key: the CRC-16 of its first hash tag (`{tag}`) that is not empty, else of all of it,
/// modulo the number of slots.
///
/// Source: the Redis Cluster specification, "Hash tags".
pub(crate) fn slot_of(key: &[u8]) -> SlotNumber {
    let position = |text: &[u8], wanted| text.iter().position(|byte| *byte == wanted);
    let tag = position(key, b'{').and_then(|open| {
        let rest = &key[open + 1..];
        position(rest, b'}').filter(|length| *length > 0).map(|length| &rest[..length])
    });
    crc16::State::<crc16::XMODEM>::calculate(tag.unwrap_or(key)) % SLOTS
}

/// Whether a name has a hash tag.
pub(crate) fn is_tagged(name: &str) -> bool {
    name.contains('{')
}

/// The slot of a command's first key, or of its shard channel; `None` if any server may execute it.
pub(crate) fn slot_of_command(command: &Cmd) -> Option<SlotNumber> {
    let mut arguments = command.args_iter().map(|argument| match argument {
        Arg::Simple(bytes) => bytes,
        _ => b"",
    });
    let key = match arguments.next()? {
        b"PING" | b"INFO" | b"SCAN" | b"DBSIZE" | b"FLUSHDB" | b"PUBLISH" | b"WAIT"
        | b"WAITAOF" | b"CONFIG" | b"CLUSTER" => return None,
        // The number of keys comes before the first one.
        b"EVAL" | b"EVALSHA" | b"FCALL" => arguments.nth(2)?,
        // A subcommand comes before the key.
        b"XINFO" | b"XGROUP" | b"MEMORY" | b"OBJECT" => arguments.nth(1)?,
        b"XREAD" | b"XREADGROUP" => {
            arguments.find(|argument| *argument == b"STREAMS")?;
            arguments.next()?
        }
        _ => arguments.next()?,
    };
    Some(slot_of(key))
}

/// Asks one server. It gets a connection of its own, which is closed again: questions are rare.
async fn ask(client: redis::Client, asked: Node) -> Result<View, Error> {
    let config = AsyncConnectionConfig::new().set_response_timeout(Some(RESPONSE_TIMEOUT));
    let connected = client.get_multiplexed_async_connection_with_config(&config).await;
    let mut wire = connected.map_err(|error| Error::connecting(&error))?;
    let query = async |words: [&str; 2], wire: &mut redis::aio::MultiplexedConnection| {
        let reply = wire.send_packed_command(redis::cmd(words[0]).arg(words[1])).await;
        crate::error::reply(reply.map_err(|error| Error::connecting(&error))?)
    };
    let info = crate::server::info_text(query(["CLUSTER", "INFO"], &mut wire).await?)?;
    let field = |name: &str| {
        let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map(str::trim)
    };
    let (mut ranges, mut nodes) = (Vec::new(), vec![asked.clone()]);
    for range in crate::entry::array(query(["CLUSTER", "SLOTS"], &mut wire).await?, "ranges")? {
        let Value::Array(parts) = range else { continue };
        let mut parts = parts.into_iter();
        let (Some(Value::Int(first)), Some(Value::Int(last))) = (parts.next(), parts.next()) else {
            continue;
        };
        let servers: Vec<Node> = parts.filter_map(|server| node(server, &asked)).collect();
        let bounds = SlotNumber::try_from(first).ok().zip(SlotNumber::try_from(last).ok());
        if let (Some((first, last)), Some(primary)) = (bounds, servers.first()) {
            ranges.push((first, last, primary.clone()));
        }
        for server in servers {
            if !nodes.contains(&server) {
                nodes.push(server);
            }
        }
    }
    let epoch = field("cluster_current_epoch").and_then(|epoch| epoch.parse().ok());
    let is_ok = field("cluster_state") == Some("ok");
    Ok(View { is_ok, epoch: epoch.unwrap_or_default(), ranges, nodes })
}

/// Reads a server in the reply to CLUSTER SLOTS. One without a host has that of the one asked.
fn node(server: Value, asked: &Node) -> Option<Node> {
    let Value::Array(parts) = server else { return None };
    let mut parts = parts.into_iter();
    let (host, port) = (parts.next()?, parts.next()?);
    let host = match host {
        Value::Nil => String::new(),
        host => crate::entry::text(host).ok()?,
    };
    let Value::Int(port) = port else { return None };
    let host = match host.as_str() {
        "?" => return None,
        "" | "0.0.0.0" | "::" => asked.host.clone(),
        _ => host,
    };
    Some(Node { host, port: u16::try_from(port).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(words: &[&str]) -> Option<SlotNumber> {
        slot_of_command(redis::cmd(words[0]).arg(&words[1..]))
    }

    #[test]
    fn a_command_goes_where_its_key_is() {
        let there = Some(slot_of(b"2"));
        assert_eq!(there, Some(slot_of(b"request:stream:{2}")));
        // The example of the specification.
        assert_eq!(slot_of(b"123456789"), 0x31c3);
        // An empty tag is none: the whole key counts.
        let whole = crc16::State::<crc16::XMODEM>::calculate(b"foo{}{bar}") % SLOTS;
        assert_eq!(slot_of(b"foo{}{bar}"), whole);
        assert_ne!(slot_of(b"foo{}{bar}"), slot_of(b"bar"));
        for words in [
            &["GET", "k:{2}"][..],
            &["XADD", "k:{2}", "*", "a", "b"],
            &["EVAL", "return 1", "1", "k:{2}", "a"],
            &["XINFO", "STREAM", "k:{2}"],
            &["XREAD", "COUNT", "1", "STREAMS", "k:{2}", "0"],
            &["XREADGROUP", "GROUP", "STREAM", "c", "STREAMS", "k:{2}", ">"],
            &["SPUBLISH", "c:{2}", "m"],
        ] {
            assert_eq!(slot(words), there, "{words:?}");
        }
        for words in [&["PING"][..], &["PUBLISH", "c", "m"], &["EVAL", "return 1", "0"]] {
            assert_eq!(slot(words), None, "{words:?}");
        }
    }
}
