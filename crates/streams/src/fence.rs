//! Writes that Redis executes only in the writer's own epoch, without an extra round trip.

use crate::connection::Connection;
use crate::entry::{Entry, existing, text};
use crate::error::{Error, reply};
use crate::inspect::{last_generated_id, range, stream_info};
use crate::lease::Epoch;
use crate::publish::{Batch, BatchOutcome};
use crate::replication::Replication;
use messages::EntryId;
use redis::{Pipeline, Value};

/// A connection on which batches are executed only while its epoch is the newest.
///
/// The epoch's key is watched, so that Redis itself refuses a transaction after the key changed.
/// Each transaction ends the watch; the next WATCH and GET are pipelined with the transaction. That
/// costs no round trip, and leaves no gap in which an epoch could pass unnoticed.
///
/// The connection is never replaced implicitly. After any error, open a new writer and check what
/// the server holds before writing on: it may have restarted without its last second of data.
pub struct FencedWriter {
    connection: Connection,
    epoch_key: String,
    epoch: Epoch,
    /// The commands sent with every transaction: WATCH and GET of the epoch.
    guard: Pipeline,
    /// The confirmations that [`Self::send_confirmed`] waits for, with a write of this connection, the
    /// waiting, and the guard.
    confirming: Option<(Replication, Pipeline)>,
    state: Guard,
}

/// The state of the guard of the next transaction.
enum Guard {
    /// The transaction is executed only in the writer's epoch.
    Set,
    /// The transaction must not be sent: another epoch has begun.
    Fenced,
    /// The transaction must not be sent: the watch may not be set.
    Unknown,
}

/// The reason a batch was not written, or may not have been.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FenceError {
    /// Another epoch has begun; the batch was certainly not written.
    #[error("another holder has taken the lease")]
    Fenced,
    /// Any other error of a command.
    #[error(transparent)]
    Redis(#[from] Error),
}

impl FencedWriter {
    pub(crate) async fn guarded(
        connection: Connection,
        epoch_key: String,
        epoch: Epoch,
        replication: Option<(Replication, &str)>,
    ) -> Result<Self, FenceError> {
        let mut guard = Pipeline::new();
        guard.add_command(redis::cmd("WATCH").arg(&epoch_key).clone());
        guard.add_command(redis::cmd("GET").arg(&epoch_key).clone());
        let confirming = replication.map(|(replication, key)| {
            let mut commands = Pipeline::new();
            // A server counts from the last write of the connection, and a transaction that was sent
            // before, on another one, writes nothing.
            commands.add_command(redis::cmd("SET").arg(key).arg(&epoch.text).clone());
            commands.add_command(replication.command());
            guard.cmd_iter().for_each(|command| {
                commands.add_command(command.clone());
            });
            (replication, commands)
        });
        let state = Guard::Unknown;
        let mut writer = Self { connection, epoch_key, epoch, guard, confirming, state };
        let guarded = writer.connection.run_all(&writer.guard).await?;
        writer.state = writer.look(guarded)?;
        match writer.state {
            Guard::Set => Ok(writer),
            Guard::Fenced | Guard::Unknown => Err(FenceError::Fenced),
        }
    }

    /// Sends a batch, as [`Batch::send`] does. After [`FenceError::Fenced`] no batch of this writer
    /// will ever be executed.
    pub async fn send(&mut self, batch: &mut Batch) -> Result<BatchOutcome, FenceError> {
        if batch.is_empty() && matches!(self.state, Guard::Set) {
            return Ok(BatchOutcome::default());
        }
        self.check()?;
        // `biased` polls them in this order, and so sends them in this order.
        let (exec, guarded) = tokio::join!(
            biased;
            self.connection.exec(batch.commands()),
            self.connection.run_all(&self.guard),
        );
        let executed = self.executed(exec, guarded)?;
        Ok(batch.conclude(executed)?)
    }

    /// Sends a batch and waits until replicas have it, and everything that the server had executed
    /// before, if the handle was opened with [`Replication`]. The batch keeps its commands: clear it
    /// when nothing depends on it any more, and send it again after an error.
    pub async fn send_confirmed(&mut self, batch: &Batch) -> Result<BatchOutcome, FenceError> {
        self.check()?;
        let Some((replication, confirming)) = &self.confirming else {
            return Err(Error::not_sent("the writer waits for no replicas").into());
        };
        let exec = async {
            if batch.is_empty() {
                return Ok(Value::Array(Vec::new()));
            }
            self.connection.exec(batch.commands()).await
        };
        let (exec, replies) = tokio::join!(biased; exec, self.connection.run_all(confirming));
        let (replication, mut replies) = (*replication, replies?);
        // The first two are those to the write and to the waiting.
        let guarded = replies.split_off(replies.len().min(2));
        let confirmed = replies.pop().ok_or_else(|| Error::unexpected("a reply to each command"));
        let executed = self.executed(exec, Ok(guarded))?;
        let outcome = batch.outcome(executed)?;
        replication.check(&reply(confirmed?)?)?;
        Ok(outcome)
    }

    /// Checks that a transaction may be sent.
    fn check(&mut self) -> Result<(), FenceError> {
        match self.state {
            Guard::Set => {}
            Guard::Fenced => return Err(FenceError::Fenced),
            Guard::Unknown => return Err(Error::not_sent("the fence is not set").into()),
        }
        self.state = Guard::Unknown;
        Ok(())
    }

    /// Evaluates the replies to a transaction and to the guard of the next one.
    fn executed(
        &mut self,
        exec: Result<Value, Error>,
        guarded: Result<Vec<Value>, Error>,
    ) -> Result<Value, FenceError> {
        if let Ok(guarded) = guarded {
            self.state = self.look(guarded)?;
        }
        match exec? {
            Value::Nil => match self.state {
                Guard::Fenced => Err(FenceError::Fenced),
                Guard::Set | Guard::Unknown => {
                    Err(Error::not_sent(format!("{} was changed", self.epoch_key)).into())
                }
            },
            values => Ok(values),
        }
    }

    /// Reads an entry on this connection.
    pub async fn entry(&self, stream: &str, id: EntryId) -> Result<Option<Entry>, Error> {
        let id = id.to_string();
        let found = self.connection.run_now(&range(stream, &id, &id, 1)).await?;
        Ok(existing(found)?.pop())
    }

    /// Returns the highest id that a stream ever generated, read on this connection.
    pub async fn last_id(&self, stream: &str) -> Result<EntryId, Error> {
        last_generated_id(self.connection.run_now(&stream_info(stream)).await)
    }

    /// Evaluates the replies to WATCH and GET.
    fn look(&self, guarded: Vec<Value>) -> Result<Guard, Error> {
        let replies: Result<Vec<Value>, Error> = guarded.into_iter().map(reply).collect();
        let is_ours = match replies?.pop() {
            Some(Value::Nil) | None => false,
            Some(epoch) => text(epoch)? == self.epoch.text,
        };
        Ok(if is_ours { Guard::Set } else { Guard::Fenced })
    }
}
