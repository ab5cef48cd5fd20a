//! Writing only as long as the epoch is ours, without asking first.

use crate::connection::Connection;
use crate::entry::{Entry, existing, text};
use crate::error::{Error, reply};
use crate::inspect::{last_generated_id, range, stream_info};
use crate::lease::Epoch;
use crate::publish::{Batch, BatchOutcome};
use messages::EntryId;
use redis::{Pipeline, Value};

/// A connection on which batches are carried out only while its epoch is the newest.
///
/// The epoch's key is watched, so that Redis itself refuses a transaction after it has changed. The
/// watch ends with each transaction; the next one is set, and the key looked at again, in the same
/// breath as the transaction is sent. That costs no round trip, and leaves no gap in which an epoch
/// could go by unnoticed.
///
/// The connection is never replaced under the hood. After any error open another one, and look at
/// what the server holds before writing on: it may have come back without its last second.
pub struct FencedWriter {
    connection: Connection,
    epoch_key: String,
    epoch: Epoch,
    /// Sent with every transaction: WATCH and GET of the epoch.
    guard: Pipeline,
    state: Guard,
}

/// What is known of the next transaction.
enum Guard {
    /// It is carried out only in our epoch.
    Set,
    /// It must not be sent: another epoch has begun.
    Fenced,
    /// It must not be sent: nobody knows whether the watch is set.
    Unknown,
}

/// Why nothing was written, or nobody knows whether it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FenceError {
    /// Another epoch has begun. It certainly was not written.
    #[error("another holder has taken the lease")]
    Fenced,
    /// As for every command.
    #[error(transparent)]
    Redis(#[from] Error),
}

impl FencedWriter {
    pub(crate) async fn guarded(
        connection: Connection,
        epoch_key: String,
        epoch: Epoch,
    ) -> Result<Self, FenceError> {
        let mut guard = Pipeline::new();
        guard.add_command(redis::cmd("WATCH").arg(&epoch_key).clone());
        guard.add_command(redis::cmd("GET").arg(&epoch_key).clone());
        let mut writer = Self { connection, epoch_key, epoch, guard, state: Guard::Unknown };
        let guarded = writer.connection.run_all(&writer.guard).await?;
        writer.state = writer.look(guarded)?;
        match writer.state {
            Guard::Set => Ok(writer),
            Guard::Fenced | Guard::Unknown => Err(FenceError::Fenced),
        }
    }

    /// Sends a batch; see [`Batch::send`] for what becomes of it. After [`FenceError::Fenced`] no
    /// batch of this writer will ever be carried out.
    pub async fn send(&mut self, batch: &mut Batch) -> Result<BatchOutcome, FenceError> {
        match self.state {
            Guard::Set if batch.is_empty() => return Ok(BatchOutcome::default()),
            Guard::Set => {}
            Guard::Fenced => return Err(FenceError::Fenced),
            Guard::Unknown => return Err(Error::not_sent("the fence is not set").into()),
        }
        self.state = Guard::Unknown;
        // Polled in this order, so that they are sent in this order.
        let (exec, guarded) = tokio::join!(
            biased;
            self.connection.exec(batch.commands()),
            self.connection.run_all(&self.guard),
        );
        if let Ok(guarded) = guarded {
            self.state = self.look(guarded)?;
        }
        match exec? {
            Value::Nil => match self.state {
                Guard::Fenced => Err(FenceError::Fenced),
                Guard::Set | Guard::Unknown => {
                    Err(Error::not_sent(format!("{} was touched", self.epoch_key)).into())
                }
            },
            values => Ok(batch.conclude(values)?),
        }
    }

    /// An entry, as this connection's server has it.
    pub async fn entry(&self, stream: &str, id: EntryId) -> Result<Option<Entry>, Error> {
        let id = id.to_string();
        let found = self.connection.run_now(&range(stream, &id, &id, 1)).await?;
        Ok(existing(found)?.pop())
    }

    /// The highest id that a stream ever gave out, on this connection's server.
    pub async fn last_id(&self, stream: &str) -> Result<EntryId, Error> {
        last_generated_id(self.connection.run_now(&stream_info(stream)).await)
    }

    /// The replies to WATCH and GET.
    fn look(&self, guarded: Vec<Value>) -> Result<Guard, Error> {
        let replies: Result<Vec<Value>, Error> = guarded.into_iter().map(reply).collect();
        let is_ours = match replies?.pop() {
            Some(Value::Nil) | None => false,
            Some(epoch) => text(epoch)? == self.epoch.text,
        };
        Ok(if is_ours { Guard::Set } else { Guard::Fenced })
    }
}
