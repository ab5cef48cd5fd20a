use crate::connection::{Connection, RESPONSE_TIMEOUT, Redis};
use crate::entry::{Entry, existing, streams};
use crate::error::{Error, reply};
use crate::inspect::range;
use messages::EntryId;
use redis::{Cmd, Pipeline};
use std::time::Duration;
use tokio::time::Instant;

/// Reads streams in order from explicit ids, for a reader whose position belongs to its own state.
///
/// Nothing is acknowledged and nothing is remembered in Redis: each reader sees every entry, in
/// the stream's order, exactly once per position. [`LogReader::next`] may be cancelled at any
/// point without losing an entry.
pub struct LogReader {
    redis: Redis,
    positions: Vec<StreamCursor>,
    /// The connection on which every continuous position was found to be there.
    verified_on: Option<u64>,
    /// A read was sent and its reply not yet taken.
    is_reading: bool,
}

/// Where the reader of one stream stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamCursor {
    /// The stream; each may appear once.
    pub stream: String,
    /// The last entry that was read; [`EntryId::MIN`] to start with the oldest there is.
    pub after: EntryId,
    /// Whether a gap is an error: [`LogError::HistoryLost`] when, after (re)connecting, the entry
    /// `after` isn't in the stream any more, or another one has its id.
    pub continuous: bool,
    /// The entry `after` itself, where it is known: a server that lost its end may give out the
    /// same id again.
    pub last: Option<Entry>,
}

/// Why a log can't be read on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// The stream was rewound or trimmed behind the reader's back.
    #[error("entry {id} is not in {stream} any more: the stream was rewound or trimmed")]
    HistoryLost {
        /// The stream.
        stream: String,
        /// The entry after which it should go on.
        id: EntryId,
    },
    /// Redis refuses; when it is merely away, the reader waits.
    #[error(transparent)]
    Redis(#[from] Error),
}

impl LogReader {
    /// Starts reading; connects at the first [`LogReader::next`].
    pub fn new(redis: &Redis, positions: Vec<StreamCursor>) -> Self {
        let redis = redis.dedicated("log");
        Self { redis, positions, verified_on: None, is_reading: false }
    }

    /// Waits up to `block` (zero: not at all) for entries of any of the streams; at most `count`
    /// of each, with the index of their position. The positions move along.
    ///
    /// While Redis is away it reconnects and returns nothing when `block` is over, or within
    /// about a second if the server doesn't answer at all.
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

    /// Whether the reader has a connection at this moment.
    pub fn is_connected(&self) -> bool {
        self.redis.connected().is_some()
    }

    /// Where the reader stands.
    pub fn positions(&self) -> &[StreamCursor] {
        &self.positions
    }

    async fn attempt(
        &mut self,
        count: usize,
        block: Duration,
    ) -> Result<Vec<(usize, Entry)>, LogError> {
        if std::mem::take(&mut self.is_reading) {
            // The last call was cancelled; its blocking read would hold up this one.
            self.redis.disconnect();
        }
        let connection = self.redis.connection_within(block).await?;
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
        let read = self.read_command(count, block);
        let reply = connection.run(&read, block + RESPONSE_TIMEOUT).await?;
        let mut found = Vec::new();
        for (stream, reply) in streams(reply)? {
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

    /// A server that came back may have less than it had.
    async fn verify(&self, connection: &Connection) -> Result<(), LogError> {
        let continuous: Vec<_> =
            self.positions.iter().filter(|p| p.continuous && p.after > EntryId::MIN).collect();
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

/// For BLOCK, to which zero means for ever.
pub(crate) fn block_ms(block: Duration) -> Option<u64> {
    let block_ms = u64::try_from(block.as_millis()).unwrap_or(u64::MAX);
    (block_ms > 0).then_some(block_ms)
}
