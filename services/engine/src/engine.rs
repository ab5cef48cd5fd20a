//! The loop: read, apply, write, remember.
//!
//! Leader and follower do the same with each entry. What differs is what becomes of the outputs:
//! the leader writes them, the follower keeps them until it sees them written.

use crate::config::Settings;
use crate::core::{self, Sink};
use crate::history::{Chunk, History, Unsettled};
use crate::metering;
use crate::recovery::Recovered;
use crate::reign::{Pulse, Reign};
use crate::run::{HISTORY_LOST, Turn};
use crate::snapshotting::{NotStored, Snapshots};
use crate::status::StatusKey;
use crate::world::{Clock as _, Log, Outputs as _, Reader as _, StoreError, View as _, World};
use exchange::Exchange;
use messages::{
    EngineState, EntryId, QUERY_STREAM, REQUEST_STREAM, RESPONSE_STREAM, Request, RequestEntry,
    RequestId, StreamMessage as _,
};
use service::Health;
use std::time::Duration;
use streams::{Entry, Epoch, LogError, Position};
use tokio_util::sync::CancellationToken;

/// Entries read at once. Large enough that a replay spends its time applying, small enough that
/// the outputs of a batch fit in one transaction and a reply waits for few others.
const BATCH_LEN: usize = 1_000;

/// How long a leader's read waits for entries: the loop goes round at least this often, and renews
/// its status.
const READ_BLOCK: Duration = Duration::from_millis(500);

/// How long a follower's read waits: it looks at the lease at least this often.
const FOLLOW_BLOCK: Duration = Duration::from_millis(50);

/// How often a follower tries to take the lease. A try costs Redis two lookups.
const CANDIDACY_INTERVAL: Duration = Duration::from_millis(50);

/// How long a standby leaves the lease to an engine that starts at the same time.
const STANDBY_PATIENCE: Duration = Duration::from_secs(2);

/// How often a follower looks at what is written.
const SETTLE_INTERVAL: Duration = Duration::from_secs(1);

/// After a read that failed.
const RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// How old a query may be that is answered by a new leader: gateways wait 5 s.
const QUERY_AGE_MAX_MS: u64 = 5_000;

type OutputsOf<W> = <<W as World>::Log as Log>::Outputs;
type ReaderOf<W> = <<W as World>::Log as Log>::Reader;

/// One life of an engine: it begins with what was recovered.
pub struct Engine<W: World> {
    world: W,
    settings: Settings,
    status: StatusKey<W>,
    health: Health,
    shutdown: CancellationToken,
    exchange: Exchange,
    history: History,
    unsettled: Unsettled<OutputsOf<W>>,
    /// The last entry read of `query:stream`.
    query_id: EntryId,
    /// The epoch of the last snapshot that was found, and then of the last reign.
    epoch: u64,
    leads: bool,
    snapshots: Snapshots<W>,
    pulse: Pulse,
    /// When it began, and how far the stream reached.
    born: (Duration, EntryId),
    settled: Duration,
}

impl<W: World> Engine<W> {
    pub fn new(
        world: &W,
        settings: Settings,
        status: StatusKey<W>,
        health: Health,
        shutdown: CancellationToken,
        recovered: Recovered,
    ) -> Self {
        let Recovered { exchange, stream_end, written, epoch } = recovered;
        let now = world.clock().elapsed();
        Self {
            snapshots: Snapshots::new(world, settings, exchange.last_id()),
            history: History::new(exchange.last_id(), written),
            world: world.clone(),
            settings,
            status,
            health,
            shutdown,
            exchange,
            unsettled: Unsettled::new(),
            query_id: EntryId::MIN,
            epoch,
            leads: false,
            pulse: Pulse::default(),
            born: (now, stream_end),
            settled: now,
        }
    }

    /// Follows until it leads, leads until it is deposed, and so on.
    pub async fn follow_and_lead(&mut self) -> Turn {
        loop {
            let epoch = match self.follow().await {
                Ok(epoch) => epoch,
                Err(turn) => return turn,
            };
            self.epoch = epoch.number;
            self.leads = true;
            match self.lead(epoch).await {
                Turn::Deposed => {
                    tracing::warn!("another engine leads; following it");
                    self.health.set_not_ready("another engine has just taken the lead");
                    self.leads = false;
                    if self.unsettled.has_answers() {
                        return Turn::StartOver("answers to queries were not sent in time");
                    }
                }
                turn => return turn,
            }
        }
    }

    /// The last entry of `request:stream` that was read.
    pub const fn last_read(&self) -> EntryId {
        self.history.read
    }

    /// Hands over to whoever waits, and leaves a snapshot.
    pub async fn leave(&mut self) {
        if !self.leads {
            return;
        }
        self.abdicate().await;
        if self.unsettled.is_empty() {
            self.snapshots.take_last(&mut self.exchange, &self.history, self.epoch).await;
        }
    }

    /// Lets others lead at once instead of when the lease expires.
    pub async fn abdicate(&mut self) {
        if std::mem::take(&mut self.leads)
            && let Err(error) = self.world.log().release().await
        {
            tracing::warn!(%error, "the lease is left to expire");
        }
    }

    /// Applies what comes until the lease is free.
    async fn follow(&mut self) -> Result<Epoch, Turn> {
        metering::follows();
        let (born, stream_end) = self.born;
        if self.history.read < stream_end {
            let message =
                format!("applying {REQUEST_STREAM} from {} to {stream_end}", self.history.read);
            self.status.set(EngineState::Replaying, message).await;
        }
        let (mut replayed, mut is_replaying) = (0, true);
        let patience = if self.settings.standby { STANDBY_PATIENCE } else { Duration::ZERO };
        let mut candidacy = born + patience;
        let mut reader = self.world.log().reader(vec![self.request_position()]);
        loop {
            let entries = self.read(&mut reader, FOLLOW_BLOCK).await?;
            let is_up_to_date = entries.len() < BATCH_LEN;
            replayed += entries.len();
            self.apply(entries);
            self.settle().await?;
            if !is_up_to_date {
                self.status.renew().await;
                continue;
            }
            let now = self.world.clock().elapsed();
            if std::mem::take(&mut is_replaying) {
                tracing::info!(entries = replayed, took = ?now.saturating_sub(born), "history is applied");
                metering::replayed(replayed);
            }
            if now < candidacy {
                continue;
            }
            candidacy = now + CANDIDACY_INTERVAL;
            match self.world.log().acquire(self.epoch).await {
                Ok(Some(epoch)) => return Ok(epoch),
                // At first it may be the lease of an engine that died a moment ago.
                Ok(None) if now >= born + STANDBY_PATIENCE => {
                    self.health.set_ready_to("take over; it follows another engine");
                }
                Ok(None) | Err(_) => {}
            }
        }
    }

    /// Takes up what the last leader left, then trades until something ends it.
    async fn lead(&mut self, epoch: Epoch) -> Turn {
        tracing::info!(%epoch, "this engine leads");
        metering::leads(epoch.number);
        let mut reign = Reign::begin(&self.world, epoch, &self.pulse);
        let Err(turn) = self.reign(&mut reign).await;
        turn
    }

    async fn reign(&mut self, reign: &mut Reign<W>) -> Result<Never, Turn> {
        self.write(reign).await?;
        self.catch_up(reign).await?;
        self.announce_rules(reign).await?;
        self.status.set(EngineState::Ready, "trading").await;
        self.health.set_ready();
        self.query_id =
            EntryId::new(self.world.clock().now_ms().saturating_sub(QUERY_AGE_MAX_MS), 0);
        let queries =
            Position { stream: QUERY_STREAM.to_owned(), after: self.query_id, continuous: false };
        let mut reader = self.world.log().reader(vec![self.request_position(), queries]);
        loop {
            let entries = tokio::select! {
                biased;
                () = reign.lost() => return Err(Turn::Deposed),
                entries = self.read(&mut reader, READ_BLOCK) => entries?,
            };
            self.process(entries, reign).await?;
            self.status.renew().await;
            self.see_to_snapshots(reign).await?;
        }
    }

    /// Applies everything that the last leader may have answered: nothing that this one says may
    /// contradict it.
    async fn catch_up(&mut self, reign: &mut Reign<W>) -> Result<(), Turn> {
        let end = self.stream_end(reign).await?;
        let mut reader = self.world.log().reader(vec![self.request_position()]);
        while self.history.read < end {
            let entries = self.read(&mut reader, FOLLOW_BLOCK).await?;
            if entries.is_empty() && self.nothing_follows().await {
                // The last entries were deleted by hand: there is nothing more to wait for.
                break;
            }
            self.process(entries, reign).await?;
            self.status.renew().await;
        }
        Ok(())
    }

    async fn stream_end(&self, reign: &Reign<W>) -> Result<EntryId, Turn> {
        loop {
            self.pulse.beat();
            match self.world.log().last_id(REQUEST_STREAM).await {
                Ok(end) => return Ok(end),
                Err(error) => tracing::warn!(%error, "the stream's end is not known"),
            }
            tokio::select! {
                biased;
                () = self.shutdown.cancelled() => return Err(Turn::Stopped),
                () = reign.lost() => return Err(Turn::Deposed),
                () = self.world.clock().sleep(RETRY_INTERVAL) => {}
            }
        }
    }

    async fn nothing_follows(&self) -> bool {
        self.world.log().goes_on(REQUEST_STREAM, self.history.read).await == Ok(false)
    }

    fn request_position(&self) -> Position {
        let after = self.history.read;
        Position { stream: REQUEST_STREAM.to_owned(), after, continuous: true }
    }

    /// Waits for entries; nothing when there are none for a while, or Redis is away.
    async fn read(
        &self,
        reader: &mut ReaderOf<W>,
        block: Duration,
    ) -> Result<Vec<(usize, Entry)>, Turn> {
        self.pulse.beat();
        let read = tokio::select! {
            biased;
            () = self.shutdown.cancelled() => return Err(Turn::Stopped),
            read = reader.next(BATCH_LEN, block) => read,
        };
        match read {
            Ok(entries) => Ok(entries),
            Err(LogError::HistoryLost { .. }) => Err(HISTORY_LOST),
            Err(LogError::Redis(error)) => {
                tracing::warn!(%error, "streams can't be read; trying again");
                self.world.clock().sleep(RETRY_INTERVAL).await;
                Ok(Vec::new())
            }
        }
    }

    /// Applies the requests and answers the queries of one read. What comes of them is unsettled.
    fn apply(&mut self, entries: Vec<(usize, Entry)>) {
        let (log, clock) = (self.world.log(), self.world.clock());
        let mut sink = Sink::new(log, &mut self.unsettled, &self.history, clock);
        for (stream, entry) in entries {
            self.pulse.beat();
            if stream > 0 {
                core::answer(&self.exchange, &entry, &mut sink);
                self.query_id = entry.id;
            } else if entry.id > self.history.read {
                core::apply(&mut self.exchange, &entry, &mut sink);
                self.history.advance(entry);
            }
        }
        sink.close();
    }

    /// As a leader: applies, and writes what comes of it.
    async fn process(
        &mut self,
        entries: Vec<(usize, Entry)>,
        reign: &mut Reign<W>,
    ) -> Result<(), Turn> {
        if entries.is_empty() {
            return Ok(());
        }
        let (started, count) = (self.world.clock().elapsed(), entries.len());
        self.apply(entries);
        let already_there = self.write(reign).await?;
        let took = self.world.clock().elapsed().saturating_sub(started);
        metering::batch_done(&self.exchange, count, already_there, took);
        Ok(())
    }

    /// Writes all that is unsettled, in order: an output that is left out would be refused later.
    async fn write(&mut self, reign: &mut Reign<W>) -> Result<u32, Turn> {
        let mut already_there = 0;
        while let Some(chunk) = self.unsettled.first() {
            already_there += reign.write(chunk, &self.history, &self.shutdown).await?;
            self.history.written = self.history.written.max(chunk.appended);
            self.unsettled.drop_first();
        }
        Ok(already_there)
    }

    /// As a follower: forgets what it sees written.
    async fn settle(&mut self) -> Result<(), Turn> {
        let now = self.world.clock().elapsed();
        if now.saturating_sub(self.settled) < SETTLE_INTERVAL {
            return Ok(());
        }
        self.settled = now;
        let Ok(written) = self.world.log().last_id(RESPONSE_STREAM).await else { return Ok(()) };
        if written < self.history.written {
            return Err(HISTORY_LOST);
        }
        self.history.written = written;
        self.unsettled.settle(written, now);
        Ok(())
    }

    /// Limits are part of history: where the settings differ from it, an entry says so.
    async fn announce_rules(&mut self, reign: &mut Reign<W>) -> Result<(), Turn> {
        let rules = self.settings.rules;
        if rules == self.exchange.rules() {
            return Ok(());
        }
        let clock = self.world.clock();
        let entry = RequestEntry {
            request_id: Some(RequestId(clock.unique_id())),
            timestamp_ms: clock.now_ms(),
            reply_to: None,
            request: Request::SetRules(rules),
        };
        self.write_alone(reign, |outputs| outputs.append(REQUEST_STREAM, &entry.encode())).await
    }

    async fn see_to_snapshots(&mut self, reign: &mut Reign<W>) -> Result<(), Turn> {
        match self.snapshots.finished() {
            Some(Ok(stored)) => self.trim(reign, stored.oldest_kept).await?,
            Some(Err(NotStored::HistoryLost)) => return Err(HISTORY_LOST),
            Some(Err(NotStored::Store(StoreError::Superseded))) => {
                return Err(Turn::StartOver("a later epoch has stored a snapshot"));
            }
            Some(Err(_)) | None => {}
        }
        if self.snapshots.is_due(&self.exchange) {
            self.snapshots.start(&mut self.exchange, &self.history, self.epoch);
        }
        Ok(())
    }

    /// Drops what no start can need: requests before the oldest snapshot, queries long answered.
    async fn trim(
        &mut self,
        reign: &mut Reign<W>,
        oldest_kept: Option<EntryId>,
    ) -> Result<(), Turn> {
        let query_id = self.query_id;
        self.write_alone(reign, |outputs| {
            if let Some(oldest) = oldest_kept {
                outputs.trim_before(REQUEST_STREAM, oldest);
            }
            outputs.trim_before(QUERY_STREAM, query_id);
        })
        .await
    }

    /// Writes something that no entry has led to, and that is not needed any more if it fails.
    async fn write_alone(
        &mut self,
        reign: &mut Reign<W>,
        fill: impl FnOnce(&mut OutputsOf<W>),
    ) -> Result<(), Turn> {
        let now = self.world.clock().elapsed();
        let mut chunk = Chunk::new(self.world.log().outputs(), self.history.read, now);
        fill(&mut chunk.outputs);
        reign.write(&mut chunk, &self.history, &self.shutdown).await.map(drop)
    }
}

/// A reign ends, but it doesn't succeed.
enum Never {}
