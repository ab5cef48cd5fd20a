//! The main loop: read, apply, write, take snapshots.
//!
//! Leader and follower apply entries alike. The leader writes the outputs; a follower keeps them
//! until it sees that the leader has written them.

mod follow;
mod lead;

use crate::apply::{self, Sink};
use crate::config::Settings;
use crate::integrity::{Deletions, Ends, Watch};
use crate::leadership::Heartbeat;
use crate::listing::Wanted;
use crate::metering;
use crate::outbox::Outbox;
use crate::progress::Progress;
use crate::recovery::Recovered;
use crate::run::{HISTORY_LOST, Turn};
use crate::snapshotting::Snapshots;
use crate::status::StatusKey;
use crate::world::{Clock as _, Log, Reader as _, World};
use exchange::Exchange;
use markets::Markets;
use messages::{EntryId, REQUEST_STREAM};
use service::Health;
use std::time::Duration;
use streams::{Entry, LogError, StreamCursor};
use tokio_util::sync::CancellationToken;

/// The maximum number of entries per read. Large enough that a replay spends its time applying,
/// small enough that the outputs of a batch fit in one transaction and a reply waits for few
/// others.
const BATCH_LEN: usize = 1_000;

/// The pause after a failed read.
const RETRY_INTERVAL: Duration = Duration::from_millis(200);

type ReaderOf<W> = <<W as World>::Log as Log>::Reader;

/// An engine that runs from a recovered state until it stops or has to start over.
pub struct Engine<W: World> {
    world: W,
    settings: Settings,
    status: StatusKey<W>,
    wanted: Wanted,
    /// The number of listings that the key of all instruments includes.
    published: Option<u64>,
    /// The open interest as it was last published.
    published_interest: Option<String>,
    /// The wanted instruments that this leader has recorded.
    recorded: Option<Markets>,
    health: Health,
    shutdown: CancellationToken,
    exchange: Exchange,
    progress: Progress,
    outbox: Outbox,
    /// The last entry read of `query:stream`.
    query_id: EntryId,
    /// The epoch of the newest snapshot found at the start, later of the last leadership.
    epoch: u64,
    leads: bool,
    snapshots: Snapshots<W>,
    heartbeat: Heartbeat,
    /// The time of the start, and the last id of the stream at that time.
    started_at: (Duration, EntryId),
    settled: Duration,
    deletions: Deletions,
    watch: Watch,
}

/// The parts of the process that outlive an engine.
pub struct Surroundings<W> {
    pub status: StatusKey<W>,
    pub wanted: Wanted,
    pub health: Health,
    pub shutdown: CancellationToken,
}

impl<W: World> Engine<W> {
    pub fn new(
        world: &W,
        settings: Settings,
        surroundings: Surroundings<W>,
        recovered: Recovered,
    ) -> Self {
        let Surroundings { status, wanted, health, shutdown } = surroundings;
        let Recovered { exchange, stream_end, written, deleted, epoch } = recovered;
        let now = world.clock().elapsed();
        exchange.instruments().for_each(|instrument| metering::listed(instrument.symbol));
        Self {
            snapshots: Snapshots::new(world, settings, exchange.last_id()),
            progress: Progress::new(exchange.last_id(), written),
            deletions: Deletions::new(deleted, exchange.last_id()),
            watch: Watch::begin(world),
            world: world.clone(),
            settings,
            status,
            wanted,
            published: None,
            published_interest: None,
            recorded: None,
            health,
            shutdown,
            exchange,
            outbox: Outbox::new(settings.write_len),
            query_id: EntryId::MIN,
            epoch,
            leads: false,
            heartbeat: Heartbeat::default(),
            started_at: (now, stream_end),
            settled: now,
        }
    }

    /// Follows until it gets the lease, leads until it loses it, and repeats.
    pub async fn follow_and_lead(&mut self) -> Turn {
        loop {
            let epoch = match self.follow().await {
                Ok(epoch) => epoch,
                Err(turn) => return turn,
            };
            self.epoch = epoch.number;
            self.leads = true;
            match self.lead(epoch).await {
                Turn::LostLease => {
                    tracing::warn!("another engine leads; following it");
                    self.health.set_not_ready("another engine has just taken the lead");
                    self.leads = false;
                    if self.outbox.has_answers() {
                        return Turn::StartOver("answers to queries were not sent in time");
                    }
                }
                turn => return turn,
            }
        }
    }

    /// Returns the last entry of `request:stream` that was read.
    pub const fn last_read(&self) -> EntryId {
        self.progress.read
    }

    /// Releases the lease and stores a last snapshot, if this engine leads.
    pub async fn leave(&mut self) {
        if !self.leads {
            return;
        }
        self.step_down().await;
        if self.outbox.is_empty() {
            self.snapshots.take_last(&mut self.exchange, &self.progress, self.epoch).await;
        }
    }

    /// Releases the lease, so that another engine need not wait until it expires.
    pub async fn step_down(&mut self) {
        if std::mem::take(&mut self.leads)
            && let Err(error) = self.world.log().release().await
        {
            tracing::warn!(%error, "the lease cannot be released and will expire");
        }
    }

    /// Checks that this engine had applied every entry that was deleted individually (XDEL). An
    /// engine that has not would continue without the entry.
    fn check_deletions(&mut self, ends: &Ends) -> Result<(), Turn> {
        if self.deletions.note(ends.deleted(), self.progress.read) {
            return Ok(());
        }
        Err(Turn::StartOver("an entry of request:stream was deleted by hand"))
    }

    fn request_position(&self) -> StreamCursor {
        let Progress { read: after, last, .. } = self.progress.clone();
        StreamCursor { stream: REQUEST_STREAM.to_owned(), after, continuous: true, last }
    }

    /// Waits up to `block` for entries. Returns none after that, or if Redis is unavailable.
    async fn read(
        &self,
        reader: &mut ReaderOf<W>,
        block: Duration,
    ) -> Result<Vec<(usize, Entry)>, Turn> {
        self.heartbeat.beat();
        self.watch.check()?;
        let read = tokio::select! {
            biased;
            () = self.shutdown.cancelled() => return Err(Turn::Stopped),
            read = reader.next(BATCH_LEN, block) => read,
        };
        match read {
            Ok(entries) => Ok(entries),
            Err(LogError::HistoryLost { .. }) => Err(HISTORY_LOST),
            Err(LogError::Redis(error)) => {
                tracing::warn!(%error, "reading the streams failed; retrying");
                self.world.clock().sleep(RETRY_INTERVAL).await;
                Ok(Vec::new())
            }
        }
    }

    /// Applies the requests and answers the queries of one read. The outputs go to the outbox.
    fn apply(&mut self, entries: Vec<(usize, Entry)>) {
        if entries.is_empty() {
            return;
        }
        let mut sink =
            Sink::new(&mut self.outbox, &self.progress, self.world.clock(), self.settings.shard);
        for (stream, entry) in entries {
            self.heartbeat.beat();
            if stream > 0 {
                apply::answer(&self.exchange, &entry, &mut sink);
                self.query_id = entry.id;
            } else if entry.id > self.progress.read {
                apply::apply(&mut self.exchange, &entry, &mut sink, || self.heartbeat.beat());
                self.progress.advance(entry);
            }
        }
        sink.close();
    }
}
