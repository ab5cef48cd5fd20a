use crate::connection::{Connection, RESPONSE_TIMEOUT, Redis};
use crate::entry::{Entry, existing, streams};
use crate::error::{Error, reply};
use crate::inspect::range;
use messages::EntryId;
use redis::{Cmd, Pipeline, Value};
use std::time::Duration;
use tokio::time::Instant;

/// A reader of streams, in order from explicit ids, whose position belongs to the caller's state.
///
/// Nothing is acknowledged or stored in Redis: each reader sees every entry, in the stream's order,
/// exactly once per position. [`LogReader::next`] may be cancelled at any point without losing an
/// entry.
pub struct LogReader {
    redis: Redis,
    positions: Vec<StreamCursor>,
    /// The connection on which every continuous position was verified.
    verified_on: Option<u64>,
    /// A read was sent and its reply not received yet.
    is_reading: bool,
}

/// The position of a reader in one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamCursor {
    /// The stream; each may appear once.
    pub stream: String,
    /// The last entry that was read; [`EntryId::MIN`] to start with the oldest entry.
    pub after: EntryId,
    /// True to make a gap an error: [`LogError::HistoryLost`] if, after (re)connecting, the entry
    /// `after` is no longer in the stream, or another one has its id, and at any time if the stream
    /// was trimmed past it.
    pub continuous: bool,
    /// The entry `after` itself, if known: a server that lost its newest entries may generate the
    /// same id again.
    pub last: Option<Entry>,
}

/// The reason reading a log can't continue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// The stream was rewound, or trimmed past the reader's position.
    #[error("entry {id} is no longer in {stream}: the stream was rewound or trimmed")]
    HistoryLost {
        /// The stream.
        stream: String,
        /// The entry after which reading should continue.
        id: EntryId,
    },
    /// Redis refused a command; while it is only unavailable, the reader waits.
    #[error(transparent)]
    Redis(#[from] Error),
}

impl StreamCursor {
    /// Returns whether the next entries must follow without a gap on one that was read.
    fn is_bound(&self) -> bool {
        self.continuous && self.after > EntryId::MIN
    }
}

impl LogReader {
    /// Starts reading; connects at the first [`LogReader::next`].
    pub fn new(redis: &Redis, positions: Vec<StreamCursor>) -> Self {
        let key = positions.first().map_or("", |position| position.stream.as_str());
        let redis = redis.dedicated(key, "log");
        Self { redis, positions, verified_on: None, is_reading: false }
    }

    /// Waits up to `block` (zero: not at all) for entries of any of the streams; returns at most
    /// `count` of each, with the index of their position, and advances the positions.
    ///
    /// While Redis is unavailable it reconnects and returns nothing after `block`, or within about
    /// a second if the server doesn't answer at all.
    pub async fn next(
        &mut self,
        count: usize,
        block: Duration,
    ) -> Result<Vec<(usize, Entry)>, LogError> {
        let deadline = Instant::now() + block;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.attempt(count, left).await {
                Ok(entries) if !entries.is_empty() => return Ok(entries),
                Ok(_) | Err(LogError::Redis(Error::Unavailable(_))) => {}
                Err(error) => return Err(error),
            }
            if Instant::now() >= deadline {
                return Ok(Vec::new());
            }
        }
    }

    /// Returns whether the reader is connected.
    pub fn is_connected(&self) -> bool {
        self.redis.connected().is_some()
    }

    /// The current positions.
    pub fn positions(&self) -> &[StreamCursor] {
        &self.positions
    }

    async fn attempt(
        &mut self,
        count: usize,
        block: Duration,
    ) -> Result<Vec<(usize, Entry)>, LogError> {
        if std::mem::take(&mut self.is_reading) {
            // The last call was cancelled; its blocking read would delay this one.
            self.redis.disconnect();
        }
        let connection = self.redis.connection_within(None, block).await?;
        self.is_reading = true;
        let outcome = self.read(&connection, count, block).await;
        self.is_reading = false;
        outcome
    }

    async fn read(
        &mut self,
        connection: &Connection,
        count: usize,
        block: Duration,
    ) -> Result<Vec<(usize, Entry)>, LogError> {
        if self.verified_on != Some(connection.number()) {
            self.verify(connection).await?;
            self.verified_on = Some(connection.number());
        }
        let mut commands = Pipeline::new();
        commands.add_command(self.read_command(count, block));
        for position in self.positions.iter().filter(|p| p.is_bound()) {
            commands.add_command(range(&position.stream, "-", "+", 1));
        }
        let mut replies =
            connection.run_together(&commands, block + RESPONSE_TIMEOUT).await?.into_iter();
        let reply = replies.next().ok_or_else(|| Error::unexpected("a reply"))?;
        let read = streams(reply)?;
        self.check_first(&read, replies)?;
        let mut found = Vec::new();
        for (stream, reply) in read {
            let index = self.positions.iter().position(|p| p.stream.as_bytes() == stream);
            let index = index.ok_or_else(|| Error::unexpected("a stream that was asked for"))?;
            let entries = existing(reply)?;
            if let Some(last) = entries.last() {
                let position = &mut self.positions[index];
                position.after = last.id;
                position.last = position.continuous.then(|| last.clone());
            }
            found.extend(entries.into_iter().map(|entry| (index, entry)));
        }
        Ok(found)
    }

    /// Checks that none of the streams that were read was trimmed past its position: the reader may
    /// have stood still for long on a connection that survived it. `first` are the first entries of
    /// the continuous positions' streams, which Redis looked up after the read.
    fn check_first(
        &self,
        read: &[(Vec<u8>, Value)],
        first: impl Iterator<Item = Value>,
    ) -> Result<(), LogError> {
        for (position, reply) in self.positions.iter().filter(|p| p.is_bound()).zip(first) {
            let first = existing(reply)?.pop();
            let has_entries = read.iter().any(|(name, _)| position.stream.as_bytes() == name);
            if has_entries && first.is_none_or(|first| first.id > position.after) {
                let (stream, id) = (position.stream.clone(), position.after);
                return Err(LogError::HistoryLost { stream, id });
            }
        }
        Ok(())
    }

    fn read_command(&self, count: usize, block: Duration) -> Cmd {
        let mut command = redis::cmd("XREAD");
        command.arg("COUNT").arg(count.max(1));
        if let Some(block_ms) = block_ms(block) {
            command.arg("BLOCK").arg(block_ms);
        }
        command.arg("STREAMS");
        for position in &self.positions {
            command.arg(&position.stream);
        }
        for position in &self.positions {
            command.arg(position.after.to_string());
        }
        command
    }

    /// Checks the continuous positions: a restarted server may have lost entries.
    async fn verify(&self, connection: &Connection) -> Result<(), LogError> {
        let continuous: Vec<_> = self.positions.iter().filter(|p| p.is_bound()).collect();
        let mut commands = Pipeline::new();
        for StreamCursor { stream, after, .. } in &continuous {
            commands.add_command(range(stream, &after.to_string(), &after.to_string(), 1));
        }
        if commands.is_empty() {
            return Ok(());
        }
        let found = connection.run_all(&commands).await?;
        for (position, value) in continuous.into_iter().zip(found) {
            let found = existing(reply(value)?)?.pop();
            if found.is_none() || position.last.is_some() && position.last != found {
                let (stream, id) = (position.stream.clone(), position.after);
                return Err(LogError::HistoryLost { stream, id });
            }
        }
        Ok(())
    }
}

/// The argument of BLOCK, or `None` for zero, which would block for ever.
pub(crate) fn block_ms(block: Duration) -> Option<u64> {
    let block_ms = u64::try_from(block.as_millis()).unwrap_or(u64::MAX);
    (block_ms > 0).then_some(block_ms)
}
