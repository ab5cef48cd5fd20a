//! The pending entries of a group, read from Redis.

use crate::connection::{Connection, RESPONSE_TIMEOUT};
use crate::entry::{array, entry_id, integer};
use crate::error::{Error, reply};
use messages::EntryId;
use redis::{Cmd, Pipeline, Value};
use std::time::Duration;

/// An entry that was delivered and not acknowledged yet.
#[derive(Clone, Copy)]
pub(super) struct Pending {
    pub(super) id: EntryId,
    pub(super) deliveries: u64,
}

/// A group of a stream whose pending entries are queried.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) connection: &'a Connection,
    pub(super) stream: &'a str,
    pub(super) group: &'a str,
}

impl Asked<'_> {
    /// Returns the first `count` entries pending at this consumer, after an id.
    pub(super) async fn of_consumer(
        self,
        consumer: &str,
        after: EntryId,
        count: usize,
    ) -> Result<Vec<Pending>, Error> {
        let mut command = self.command();
        command.arg(format!("({after}")).arg("+").arg(count).arg(consumer);
        rows(self.connection.run(&command, RESPONSE_TIMEOUT).await?)
    }

    /// Returns the first `count` entries that were idle for at least `idle`, after an id.
    pub(super) async fn idle_for(
        self,
        idle: Duration,
        after: EntryId,
        count: usize,
    ) -> Result<Vec<Pending>, Error> {
        let mut command = self.command();
        command.arg("IDLE").arg(whole_ms(idle));
        command.arg(format!("({after}")).arg("+").arg(count);
        rows(self.connection.run(&command, RESPONSE_TIMEOUT).await?)
    }

    /// Returns those of these entries that are still pending at this consumer.
    pub(super) async fn among(
        self,
        ids: &[EntryId],
        consumer: &str,
    ) -> Result<Vec<Pending>, Error> {
        let mut commands = Pipeline::with_capacity(ids.len());
        for id in ids.iter().map(EntryId::to_string) {
            let mut command = self.command();
            command.arg(&id).arg(&id).arg(1).arg(consumer);
            commands.add_command(command);
        }
        let mut pending = Vec::with_capacity(ids.len());
        for value in self.connection.run_all(&commands).await? {
            pending.extend(rows(reply(value)?)?);
        }
        Ok(pending)
    }

    /// Delivers these entries to this consumer again, except those delivered to any member within
    /// `idle`. The reply contains their fields.
    pub(super) async fn claim(
        self,
        pending: &[Pending],
        consumer: &str,
        idle: Duration,
    ) -> Result<Value, Error> {
        let mut command = redis::cmd("XCLAIM");
        command.arg(self.stream).arg(self.group).arg(consumer).arg(whole_ms(idle));
        for pending in pending {
            command.arg(pending.id.to_string());
        }
        self.connection.run(&command, RESPONSE_TIMEOUT).await
    }

    fn command(self) -> Cmd {
        let mut command = redis::cmd("XPENDING");
        command.arg(self.stream).arg(self.group);
        command
    }
}

fn rows(reply: Value) -> Result<Vec<Pending>, Error> {
    let expected = "a list of pending entries";
    let row = |row| match array(row, expected)?.as_slice() {
        [id, _consumer, _idle, deliveries] => {
            Ok(Pending { id: entry_id(id)?, deliveries: integer(deliveries)? })
        }
        _ => Err(Error::unexpected(expected)),
    };
    array(reply, expected)?.into_iter().map(row).collect()
}

fn whole_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
