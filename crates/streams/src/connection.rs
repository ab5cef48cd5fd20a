use crate::address::{Address, Clients, Node};
use crate::cluster::{Cluster, SlotNumber, is_tagged, slot_of, slot_of_command};
use crate::error::{Error, Moved, reply};
use crate::link::{Link, Live, Pushes, Receive};
use crate::metering;
use crate::place::{Deployment, Place, Shared};
use crate::replication::Replication;
use messages::{Shards, dead_letter_stream};
use redis::{Cmd, Pipeline, Value};
use std::sync::Arc;
use std::time::Duration;

/// The longest time for a command. Redis blocks for about 100 ms when it forks to rewrite its
/// append-only file, and longer on a slow disk; after this timeout it counts as unavailable.
pub(crate) const RESPONSE_TIMEOUT: Duration = Duration::from_secs(3);

/// The number of times that one command follows its key to another server.
const MOVES_MAX: u32 = 3;

/// A cloneable handle to one multiplexed Redis connection, which all clones share.
///
/// The connection is made on first use. When it breaks, the next caller makes a new one while the
/// others wait for the outcome; failed attempts are spaced by a growing, jittered delay of at most
/// half a second, so that a command fails within two seconds while Redis is unavailable.
///
/// I/O runs on the runtime that created this value, so blocking work on another runtime cannot
/// stall it.
///
/// On a cluster there is one such connection to each server, and a command goes to the server that has
/// its key. A handle may be bound to one key; its connection then follows the key from server to server.
#[derive(Clone)]
pub struct Redis {
    shared: Arc<Shared>,
}

/// One connection, valid until it breaks.
pub(crate) struct Connection {
    shared: Arc<Shared>,
    link: Arc<Link>,
    live: Live,
}

impl Redis {
    /// Parses the URL of a single server with one shard; connects on first use.
    ///
    /// # Errors
    /// [`Error::InvalidUrl`].
    pub fn new(url: &str) -> Result<Self, Error> {
        Self::open(Address { url, ca_file: None, is_cluster: false, shards: 1, replication: None })
    }

    /// Parses an address; connects on first use.
    ///
    /// # Errors
    /// [`Error::InvalidUrl`].
    pub fn open(address: Address<'_>) -> Result<Self, Error> {
        let clients = Clients::parse(address.url, address.ca_file)?;
        let is_cluster = address.is_cluster || clients.len() > 1;
        let place = if is_cluster {
            Place::Cluster(Arc::new(Cluster::new(clients)), None)
        } else {
            Place::Server(Box::new(clients.first()?))
        };
        let shards = Shards::new(address.shards, is_cluster);
        let deployment = Deployment { shards, replication: address.replication };
        Ok(Self { shared: Arc::new(Shared::new(place, deployment, "commands", None)) })
    }

    /// The shards that the keys are spread over.
    pub fn shards(&self) -> Shards {
        self.shared.deployment.shards
    }

    /// The confirmations that answers and records wait for, if they wait for any.
    pub fn replication(&self) -> Option<Replication> {
        self.shared.deployment.replication
    }

    /// Whether the keys are spread over the servers of a cluster.
    pub fn is_cluster(&self) -> bool {
        self.shared.is_cluster()
    }

    /// The name of a key that is on the same server as `key`, which has no hash tag: `key:name`, or in a
    /// cluster `{key}:name`.
    pub(crate) fn beside(&self, key: &str, name: &str) -> String {
        if self.is_cluster() { format!("{{{key}}}:{name}") } else { format!("{key}:{name}") }
    }

    /// The name of a key that is on the same server as `key`, which has no hash tag: `name`, or in a
    /// cluster `{key}:name`. Transactions may then contain both.
    pub fn near(&self, key: &str, name: &str) -> String {
        if self.is_cluster() { format!("{{{key}}}:{name}") } else { name.to_owned() }
    }

    /// The stream for entries of `stream` that could not be handled, on the same server.
    pub fn dead_letters(&self, stream: &str) -> String {
        if is_tagged(stream) { dead_letter_stream(stream) } else { self.beside(stream, "dead") }
    }

    /// A handle that sends commands without a key to the server that has this one.
    #[must_use]
    pub fn at(&self, key: &str) -> Self {
        match &self.shared.place {
            Place::Server(_) => self.clone(),
            Place::Cluster(..) => self.dedicated_to(key, self.shared.purpose, None),
        }
    }

    /// A separate connection to the server that has this key, for commands that block.
    pub(crate) fn dedicated(&self, key: &str, purpose: &'static str) -> Self {
        self.dedicated_to(key, purpose, None)
    }

    /// A separate connection to the server that has this key, which passes the server's push messages,
    /// and the notice that it broke ([`redis::PushKind::Disconnection`]), to `receive`.
    pub(crate) fn receiving(
        &self,
        key: &str,
        purpose: &'static str,
        receive: Arc<Receive>,
    ) -> Self {
        self.dedicated_to(key, purpose, Some(Pushes { receive, tracks: false }))
    }

    /// Separate connections to the servers, which report the changes of the keys that are read on them.
    pub(crate) fn tracking(&self, pushes: Pushes) -> Self {
        let place = match &self.shared.place {
            Place::Server(client) => Place::Server(client.clone()),
            Place::Cluster(cluster, _) => Place::Cluster(Arc::clone(cluster), None),
        };
        self.placed(place, "tracking", Some(pushes))
    }

    fn dedicated_to(&self, key: &str, purpose: &'static str, pushes: Option<Pushes>) -> Self {
        self.placed(self.shared.place.with_slot(slot_of(key.as_bytes())), purpose, pushes)
    }

    fn placed(&self, place: Place, purpose: &'static str, pushes: Option<Pushes>) -> Self {
        Self { shared: Arc::new(Shared::new(place, self.shared.deployment, purpose, pushes)) }
    }

    /// A handle for each server that has keys, for commands about all keys of a server.
    pub(crate) async fn each_server(&self) -> Result<Vec<Self>, Error> {
        let Place::Cluster(cluster, _) = &self.shared.place else { return Ok(vec![self.clone()]) };
        let slots = cluster.slot_of_each_primary().await?.into_iter();
        let place = |slot| self.shared.place.with_slot(slot);
        Ok(slots.map(|slot| self.placed(place(slot), self.shared.purpose, None)).collect())
    }

    /// The number of the current connection, if there is one.
    pub(crate) fn connected(&self) -> Option<u64> {
        self.shared.links().values().find_map(|link| link.live()).map(|live| live.number)
    }

    /// Drops the connection, with all commands in progress on it.
    pub(crate) fn disconnect(&self) {
        self.shared.links().values().for_each(|link| link.disconnect());
    }

    /// Returns the current connection, or makes one.
    pub(crate) async fn connection(&self) -> Result<Connection, Error> {
        self.connection_within(None, Duration::MAX).await
    }

    /// Returns the current connection to the server that has this key, or makes one.
    pub(crate) async fn connection_to(&self, key: &str) -> Result<Connection, Error> {
        let slot = self.is_cluster().then(|| slot_of(key.as_bytes()));
        self.connection_within(slot, Duration::MAX).await
    }

    /// Like [`Self::connection`], but to the server that has this slot, and waits at most `patience`
    /// for the next attempt.
    pub(crate) async fn connection_within(
        &self,
        slot: Option<SlotNumber>,
        patience: Duration,
    ) -> Result<Connection, Error> {
        let link = match &self.shared.place {
            Place::Server(_) => self.shared.only_link(),
            // Boxed: rare, and too large to be part of every caller's future.
            Place::Cluster(cluster, own) => {
                let slot = slot.or(*own).unwrap_or_default();
                Box::pin(self.shared.link_to(cluster, slot)).await?
            }
        };
        self.connection_by(link, patience).await
    }

    /// Returns the current connection of a link, or makes one.
    async fn connection_by(
        &self,
        link: Arc<Link>,
        patience: Duration,
    ) -> Result<Connection, Error> {
        let live = if let Some(live) = link.live() {
            live
        } else {
            let connected = Box::pin(link.connect_once(patience)).await;
            connected.inspect_err(|_| self.shared.doubt(&link))?
        };
        Ok(Connection { shared: Arc::clone(&self.shared), link, live })
    }

    /// Sends commands as one MULTI/EXEC to the server that has this slot; see [`Connection::exec`].
    pub(crate) async fn exec(
        &self,
        slot: Option<SlotNumber>,
        commands: &Pipeline,
    ) -> Result<Value, Error> {
        let mut moves = 0;
        loop {
            let connection = self.connection_within(slot, Duration::MAX).await?;
            match connection.exec(commands).await {
                Err(error) if error.moved().is_some() && moves < MOVES_MAX => moves += 1,
                outcome => return outcome,
            }
        }
    }

    /// Sends one command. Never sends it twice to a server that may have executed it.
    pub(crate) async fn run(&self, command: &Cmd) -> Result<Value, Error> {
        self.run_within(command, Duration::MAX).await
    }

    /// Like [`Self::run`], but waits at most `patience` for a connection.
    pub(crate) async fn run_within(
        &self,
        command: &Cmd,
        patience: Duration,
    ) -> Result<Value, Error> {
        self.run_by(command, patience).await.map(|(value, _)| value)
    }

    /// Like [`Self::run_within`]. Returns also the number of the connection, unless the command was sent
    /// to a server that is about to get the key.
    pub(crate) async fn run_by(
        &self,
        command: &Cmd,
        patience: Duration,
    ) -> Result<(Value, Option<u64>), Error> {
        let slot = self.is_cluster().then(|| slot_of_command(command)).flatten();
        let mut moves = 0;
        loop {
            let connection = self.connection_within(slot, patience).await?;
            match connection.run(command, RESPONSE_TIMEOUT).await {
                Err(error) if moves < MOVES_MAX => match error.moved() {
                    Some(Moved::Slot) => moves += 1,
                    Some(Moved::Key(node)) => {
                        // Boxed, as it is rare.
                        let value = Box::pin(self.ask(node, command)).await?;
                        return Ok((value, None));
                    }
                    None => return Err(error),
                },
                outcome => return outcome.map(|value| (value, Some(connection.number()))),
            }
        }
    }

    /// Sends one command to the server to which its key is being moved.
    async fn ask(&self, node: &Node, command: &Cmd) -> Result<Value, Error> {
        let link = match &self.shared.place {
            Place::Server(_) => self.shared.only_link(),
            Place::Cluster(cluster, _) => self.shared.link_at(cluster, node)?,
        };
        let connection = self.connection_by(link, Duration::MAX).await?;
        let mut commands = Pipeline::with_capacity(2);
        commands.add_command(redis::cmd("ASKING")).add_command(command.clone());
        let replies = connection.run_together(&commands, RESPONSE_TIMEOUT).await?;
        replies.into_iter().next_back().ok_or_else(|| Error::unexpected("two replies"))
    }
}

impl Connection {
    /// The number of this connection among those of one [`Redis`].
    pub(crate) const fn number(&self) -> u64 {
        self.live.number
    }

    /// Sends one command and waits for its reply.
    pub(crate) async fn run(&self, command: &Cmd, within: Duration) -> Result<Value, Error> {
        let mut wire = self.live.wire.clone();
        wire.set_response_timeout(within);
        let value = match wire.send_packed_command(command).await {
            Ok(value) => reply(value),
            Err(error) => Err(Error::sending(error)),
        };
        self.note(value)
    }

    /// Sends commands in one write; each has its own reply, which may be an error.
    pub(crate) async fn run_all(&self, commands: &Pipeline) -> Result<Vec<Value>, Error> {
        let mut wire = self.live.wire.clone();
        wire.set_response_timeout(RESPONSE_TIMEOUT);
        let values = wire.send_packed_commands(commands, 0, commands.len()).await;
        self.note(values.map_err(Error::sending))
    }

    /// Sends commands in one write, of which none may fail, and waits up to `within` for the
    /// replies.
    pub(crate) async fn run_together(
        &self,
        commands: &Pipeline,
        within: Duration,
    ) -> Result<Vec<Value>, Error> {
        let mut wire = self.live.wire.clone();
        wire.set_response_timeout(within);
        let values = match wire.send_packed_commands(commands, 0, commands.len()).await {
            Ok(values) => values.into_iter().map(reply).collect(),
            Err(error) => Err(Error::sending(error)),
        };
        self.note(values)
    }

    /// Sends commands as one MULTI/EXEC and returns the reply to EXEC: nil if a watched key has
    /// changed. An error means that none was executed, or that this is unknown.
    pub(crate) async fn exec(&self, commands: &Pipeline) -> Result<Value, Error> {
        let mut wire = self.live.wire.clone();
        wire.set_response_timeout(RESPONSE_TIMEOUT);
        // The replies to MULTI and to the queueing of each command are skipped.
        let exec = match wire.send_packed_commands(commands, commands.len() + 1, 1).await {
            Ok(mut values) => values.pop().map_or(Ok(Value::Nil), reply),
            Err(error) => Err(Error::sending(error)),
        };
        self.note(exec)
    }

    /// Sends one command that does not block.
    pub(crate) async fn run_now(&self, command: &Cmd) -> Result<Value, Error> {
        self.run(command, RESPONSE_TIMEOUT).await
    }

    /// Subscribes to these channels and patterns. In a cluster, a channel with a hash tag is one of the
    /// server that has the tag.
    pub(crate) async fn subscribe(
        &self,
        channels: &[String],
        patterns: &[String],
    ) -> Result<(), Error> {
        let mut wire = self.live.wire.clone();
        let outcome = async {
            let is_cluster = self.shared.is_cluster();
            let (sharded, plain): (Vec<&String>, Vec<&String>) =
                channels.iter().partition(|channel| is_cluster && is_tagged(channel));
            if !plain.is_empty() {
                wire.subscribe(&plain).await.map_err(Error::sending)?;
            }
            if !sharded.is_empty() {
                let subscribe = redis::cmd("SSUBSCRIBE").arg(&sharded).to_owned();
                // The server may have given the slot away.
                reply(wire.send_packed_command(&subscribe).await.map_err(Error::sending)?)?;
            }
            if !patterns.is_empty() {
                wire.psubscribe(patterns).await.map_err(Error::sending)?;
            }
            Ok(())
        };
        let outcome = outcome.await;
        if let Err(error) = &outcome {
            self.shared.doubt(&self.link);
            // Without its subscription the connection is of no use, whatever the error.
            self.link.lost(self.live.number, error);
        }
        outcome
    }

    fn note<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &outcome {
            metering::failed(self.shared.purpose, error);
            if matches!(error, Error::Unavailable(_)) {
                self.shared.doubt(&self.link);
                // A server that no longer has a key is well, and others may wait for its replies.
                if error.moved().is_none() {
                    self.link.lost(self.live.number, error);
                }
            }
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use devstack::servers::RedisServer;
    use tokio::runtime::{Builder, Runtime};

    #[test]
    fn a_connection_is_served_where_its_handle_was_made() {
        let server = RedisServer::private().unwrap();
        let home = Runtime::new().unwrap();
        let redis = home.block_on(async { Redis::new(&server.url()) }).unwrap();
        let elsewhere = Builder::new_current_thread().enable_all().build().unwrap();
        elsewhere.block_on(redis.ping()).unwrap();
        drop(elsewhere);
        home.block_on(redis.ping()).unwrap();
        assert_eq!(redis.connected(), Some(1));
    }
}
