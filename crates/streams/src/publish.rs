use crate::cluster::{SlotNumber, is_tagged, slot_of_command};
use crate::connection::Redis;
use crate::entry::entry_id;
use crate::error::{Error, reply};
use crate::trim::trim;
use messages::{EntryId, Fields};
use redis::{Cmd, Pipeline, Value};
use std::time::Duration;
use tokio::task::JoinSet;

/// A part of Redis' error for an id that is not above the stream's last one.
const NOT_ABOVE_THE_LAST: &str = "is equal or smaller than the target stream top item";

/// Separates the number of a call from the channel in a `replyTo`, and from the reply in a message.
pub(crate) const CALL: char = ' ';

/// Commands sent as one MULTI/EXEC: all of them are executed or none. In a cluster that holds for the
/// commands of each hash slot, and those of different slots are sent at the same time.
///
/// A refusal for lack of memory or disk aborts the whole batch. An error found only during the
/// execution of a command (a key of the wrong type) does not undo the others; it is
/// [`Error::Refused`] as well, and can't happen between services that agree on the types of keys.
///
/// The batch is not bounded: the caller must limit its size.
pub struct Batch {
    redis: Redis,
    commands: Pipeline,
}

/// The outcome of a [`Batch`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchOutcome {
    /// The number of entries with explicit ids that were not written, because the stream already
    /// has them or later ones.
    pub already_there: u32,
}

impl Redis {
    /// Appends an entry under the server's next id.
    ///
    /// It is never sent twice: after an error with [`Error::maybe_executed`], the entry may exist.
    pub async fn append(&self, stream: &str, fields: &Fields) -> Result<EntryId, Error> {
        entry_id(&self.run(&add(stream, None, fields)).await?)
    }

    /// Starts a batch.
    pub fn batch(&self) -> Batch {
        let mut commands = Pipeline::new();
        commands.atomic();
        Batch { redis: self.clone(), commands }
    }

    /// Sets a key that expires after `ttl`.
    pub async fn set_expiring(&self, key: &str, value: &str, ttl: Duration) -> Result<(), Error> {
        self.run(&set_expiring(key, value, ttl)).await.map(drop)
    }
}

impl Batch {
    /// Appends an entry under the server's next id. If the batch is sent again after an error
    /// with [`Error::maybe_executed`], the entry may be written twice.
    pub fn append(&mut self, stream: &str, fields: &Fields) -> &mut Self {
        self.push(add(stream, None, fields))
    }

    /// Appends an entry to a stream of every shard; see [`Self::append`].
    pub fn append_to_all(&mut self, stream: &str, fields: &Fields) -> &mut Self {
        for shard in self.redis.shards().all() {
            self.push(add(&shard.key(stream), None, fields));
        }
        self
    }

    /// Appends an entry under this id, exactly once however often it is sent: a stream that has the
    /// id or a later one is left unchanged.
    pub fn append_at(&mut self, stream: &str, id: EntryId, fields: &Fields) -> &mut Self {
        self.push(add(stream, Some(id), fields))
    }

    /// Publishes a reply to a call: to the channel that `reply_to` names, with the number of the call if
    /// it has one.
    pub fn reply(&mut self, reply_to: &str, reply: &str) -> &mut Self {
        match reply_to.split_once(CALL) {
            Some((channel, call)) => self.publish(channel, &format!("{call}{CALL}{reply}")),
            None => self.publish(reply_to, reply),
        }
    }

    /// Publishes a message to the current subscribers. In a cluster, a channel with a hash tag is one of
    /// the server that has the tag, and costs the others nothing.
    pub fn publish(&mut self, channel: &str, message: &str) -> &mut Self {
        let is_sharded = self.redis.is_cluster() && is_tagged(channel);
        let mut command = redis::cmd(if is_sharded { "SPUBLISH" } else { "PUBLISH" });
        command.arg(channel).arg(message);
        self.push(command)
    }

    /// Sets a key that Redis removes after `ttl`.
    pub fn set_expiring(&mut self, key: &str, value: &str, ttl: Duration) -> &mut Self {
        self.push(set_expiring(key, value, ttl))
    }

    /// Removes every entry below `oldest_kept`.
    pub fn trim_before(&mut self, stream: &str, oldest_kept: EntryId) -> &mut Self {
        self.push(trim(stream, oldest_kept))
    }

    pub(crate) fn push(&mut self, command: Cmd) -> &mut Self {
        self.commands.add_command(command);
        self
    }

    /// Returns whether the batch is empty.
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// The number of commands.
    pub fn len(&self) -> usize {
        self.commands.len()
    }

    /// Removes all commands.
    pub fn clear(&mut self) {
        self.commands.clear();
    }

    /// Sends the commands. On success they are removed from the batch; on an error they stay, to be
    /// sent again. An empty batch succeeds without contacting the server.
    pub async fn send(&mut self) -> Result<BatchOutcome, Error> {
        if self.is_empty() {
            return Ok(BatchOutcome::default());
        }
        let parts = if self.redis.is_cluster() { self.parts() } else { Vec::new() };
        let Some(((slot, _), others)) = parts.split_first() else {
            let exec = self.redis.connection().await?.exec(&self.commands).await?;
            return self.conclude(exec);
        };
        if others.is_empty() {
            let exec = self.redis.exec(*slot, &self.commands).await?;
            return self.conclude(exec);
        }
        Box::pin(self.send_parts(parts)).await
    }

    /// The commands of each slot. Those without a key go with the first that have one.
    fn parts(&self) -> Vec<(Option<SlotNumber>, Pipeline)> {
        let mut parts: Vec<(Option<SlotNumber>, Pipeline)> = Vec::new();
        for command in self.commands.cmd_iter() {
            let slot = slot_of_command(command);
            let is_here = |(known, _): &&mut (Option<SlotNumber>, Pipeline)| {
                *known == slot || known.is_none() || slot.is_none()
            };
            if let Some((known, part)) = parts.iter_mut().find(is_here) {
                *known = known.or(slot);
                part.add_command(command.clone());
            } else {
                let mut part = Pipeline::new();
                part.atomic().add_command(command.clone());
                parts.push((slot, part));
            }
        }
        parts
    }

    /// Sends the commands of several slots. Those that were not executed stay in the batch.
    async fn send_parts(
        &mut self,
        parts: Vec<(Option<SlotNumber>, Pipeline)>,
    ) -> Result<BatchOutcome, Error> {
        let mut sending = JoinSet::new();
        for (slot, commands) in parts {
            let redis = self.redis.clone();
            sending.spawn(async move {
                let mut part = Self { redis, commands };
                let sent = part.redis.exec(slot, &part.commands).await;
                (sent.and_then(|exec| part.conclude(exec)), part.commands)
            });
        }
        self.clear();
        let (mut outcome, mut failure) = (BatchOutcome::default(), None);
        while let Some(sent) = sending.join_next().await {
            match sent {
                Ok((Ok(part), _)) => outcome.already_there += part.already_there,
                Ok((Err(error), unsent)) => {
                    unsent.cmd_iter().for_each(|command| {
                        self.commands.add_command(command.clone());
                    });
                    failure = Some(error);
                }
                Err(_) => failure = Some(Error::not_sent("the runtime has stopped")),
            }
        }
        failure.map_or(Ok(outcome), Err)
    }

    pub(crate) const fn commands(&self) -> &Pipeline {
        &self.commands
    }

    /// Evaluates the reply to EXEC and removes the executed commands.
    pub(crate) fn conclude(&mut self, exec: Value) -> Result<BatchOutcome, Error> {
        let outcome = self.outcome(exec)?;
        self.clear();
        Ok(outcome)
    }

    /// Evaluates the reply to EXEC.
    pub(crate) fn outcome(&self, exec: Value) -> Result<BatchOutcome, Error> {
        let mut outcome = BatchOutcome::default();
        for value in replies(exec, self.commands.len())? {
            match reply(value) {
                Err(error) if is_already_there(&error) => outcome.already_there += 1,
                value => drop(value?),
            }
        }
        Ok(outcome)
    }
}

pub(crate) fn add(stream: &str, id: Option<EntryId>, fields: &Fields) -> Cmd {
    let mut command = redis::cmd("XADD");
    command.arg(stream);
    match id {
        Some(id) => command.arg(id.to_string()),
        None => command.arg("*"),
    };
    for (name, value) in fields.iter() {
        command.arg(name).arg(value);
    }
    command
}

pub(crate) fn set_expiring(key: &str, value: &str, ttl: Duration) -> Cmd {
    let ttl_ms = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1);
    let mut command = redis::cmd("SET");
    command.arg(key).arg(value).arg("PX").arg(ttl_ms);
    command
}

fn is_already_there(error: &Error) -> bool {
    matches!(error, Error::Refused(refusal) if refusal.message.contains(NOT_ABOVE_THE_LAST))
}

/// Returns the replies of the commands in the reply to EXEC; each may be an error.
fn replies(exec: Value, commands: usize) -> Result<Vec<Value>, Error> {
    match exec {
        Value::Array(values) if values.len() == commands => Ok(values),
        _ => Err(Error::unexpected("one reply for each command of the transaction")),
    }
}
