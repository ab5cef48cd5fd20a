//! Leading: writes the outputs of each entry and takes snapshots.

use super::follow::FOLLOW_BLOCK;
use super::{Engine, RETRY_INTERVAL};
use crate::integrity::Ends;
use crate::leadership::Leadership;
use crate::metering;
use crate::run::{HISTORY_LOST, Turn};
use crate::snapshotting::NotStored;
use crate::traces;
use crate::world::{Clock as _, Log, Outputs as _, StoreError, World};
use markets::Markets;
use messages::{
    Attribution, EngineState, EntryId, Fields, Instrument, MARKETS, OPEN_INTEREST, OpenInterest,
    QUERY_STREAM, REQUEST_STREAM, Request, RequestEntry, RequestId, StreamMessage as _,
};
use std::borrow::Cow;
use std::convert::Infallible;
use std::time::Duration;
use streams::{Entry, Epoch, StreamCursor};

/// The time for which a leader's read blocks: the loop renews its status at least this often.
const READ_BLOCK: Duration = Duration::from_millis(500);

/// The number of unwritten batches at which the leader stops reading: the events of about two
/// bursts that close a million positions each, at about 400 bytes an event.
const BATCHES_WAITING_MAX: usize = 1_000;

/// The maximum age of a query that a new leader answers: gateways wait 5 s.
const QUERY_AGE_MAX_MS: u64 = 5_000;

impl<W: World> Engine<W> {
    /// Catches up with the previous leader, then trades until something ends the leadership.
    pub(super) async fn lead(&mut self, epoch: Epoch) -> Turn {
        tracing::info!(%epoch, "this engine leads");
        metering::leads(epoch.number);
        let mut leadership = Leadership::begin(&self.world, epoch, &self.heartbeat);
        let Err(turn) = self.leadership(&mut leadership).await;
        turn
    }

    async fn leadership(&mut self, leadership: &mut Leadership<W>) -> Result<Infallible, Turn> {
        self.catch_up(leadership).await?;
        self.announce_rules(leadership).await?;
        (self.published, self.published_interest, self.recorded) = (None, None, None);
        self.list_instruments(leadership).await?;
        self.status.set(EngineState::Ready, self.trading()).await;
        self.health.set_ready();
        self.query_id =
            EntryId::new(self.world.clock().now_ms().saturating_sub(QUERY_AGE_MAX_MS), 0);
        let queries = StreamCursor {
            stream: QUERY_STREAM.to_owned(),
            after: self.query_id,
            continuous: false,
            last: None,
        };
        let mut reader = self.world.log().reader(vec![self.request_position(), queries]);
        loop {
            if self.outbox.len() < BATCHES_WAITING_MAX {
                let block = if self.outbox.is_empty() { READ_BLOCK } else { Duration::ZERO };
                let entries = tokio::select! {
                    biased;
                    () = leadership.lost() => return Err(Turn::LostLease),
                    entries = self.read(&mut reader, block) => entries?,
                };
                self.process(entries, leadership).await?;
            } else {
                self.process(Vec::new(), leadership).await?;
            }
            if self.status.is_due() {
                let marks = metering::marks(&self.exchange, self.world.clock().now_ms());
                self.status.set_untrusted_marks(marks);
                self.publish_open_interest(leadership).await?;
            }
            self.status.keep(EngineState::Ready, self.trading()).await;
            self.list_instruments(leadership).await?;
            self.see_to_snapshots(leadership).await?;
        }
    }

    /// Returns the status message of a leader.
    fn trading(&self) -> Cow<'static, str> {
        match self.exchange.pause() {
            None => "trading".into(),
            Some(Attribution { by, reason }) => {
                format!("new orders are paused by {by}: {reason}").into()
            }
        }
    }

    /// Applies every entry that the previous leader may have answered, so that no answer of this
    /// one contradicts an earlier one.
    async fn catch_up(&mut self, leadership: &mut Leadership<W>) -> Result<(), Turn> {
        let end = self.ends(leadership).await?.stream_end();
        let mut reader = self.world.log().reader(vec![self.request_position()]);
        while self.progress.read < end {
            let entries = self.read(&mut reader, FOLLOW_BLOCK).await?;
            if entries.is_empty() && self.nothing_follows().await {
                // The last entries were deleted by hand: there is nothing more to wait for.
                break;
            }
            self.process(entries, leadership).await?;
            self.status.renew().await;
        }
        let ends = self.ends(leadership).await?;
        self.check_deletions(&ends)
    }

    async fn ends(&self, leadership: &Leadership<W>) -> Result<Ends, Turn> {
        loop {
            self.heartbeat.beat();
            match Ends::read(self.world.log()).await {
                Ok(ends) => return Ok(ends),
                Err(error) => tracing::warn!(%error, "reading the streams' ends failed; retrying"),
            }
            tokio::select! {
                biased;
                () = self.shutdown.cancelled() => return Err(Turn::Stopped),
                () = leadership.lost() => return Err(Turn::LostLease),
                () = self.world.clock().sleep(RETRY_INTERVAL) => {}
            }
        }
    }

    async fn nothing_follows(&self) -> bool {
        self.world.log().goes_on(REQUEST_STREAM, self.progress.read).await == Ok(false)
    }

    /// Applies entries and writes a batch of outputs. A burst takes several batches, which the next
    /// calls write.
    async fn process(
        &mut self,
        entries: Vec<(usize, Entry)>,
        leadership: &mut Leadership<W>,
    ) -> Result<(), Turn> {
        if entries.is_empty() && self.outbox.is_empty() {
            return Ok(());
        }
        let (started, count) = (self.world.clock().elapsed(), entries.len());
        let followed = traces::followed(&entries);
        self.apply(entries);
        let already_there = self.write(leadership).await?;
        let took = self.world.clock().elapsed().saturating_sub(started);
        metering::batch_done(&self.exchange, count, already_there, took);
        traces::written(&followed);
        Ok(())
    }

    /// Writes the next batch. Outputs are written in order: Redis would refuse a skipped one later.
    async fn write(&mut self, leadership: &mut Leadership<W>) -> Result<u32, Turn> {
        let mut outputs = self.world.log().outputs();
        self.outbox.encode_next(&mut outputs, self.world.clock().now_ms());
        let already_there = leadership
            .write(&mut outputs, &self.progress, &mut self.status, &self.shutdown)
            .await?;
        self.progress.wrote(self.outbox.next_is_written());
        Ok(already_there)
    }

    /// Appends the rules to `request:stream` if the settings differ from the current ones: rules
    /// are part of the history.
    async fn announce_rules(&mut self, leadership: &mut Leadership<W>) -> Result<(), Turn> {
        let rules = self.settings.rules;
        if rules == self.exchange.rules() {
            return Ok(());
        }
        let entry = self.own_request(Request::SetRules(rules));
        self.write_alone(leadership, |outputs| outputs.append(REQUEST_STREAM, &entry.encode()))
            .await
    }

    fn own_request(&self, request: Request) -> RequestEntry {
        let clock = self.world.clock();
        let (request_id, timestamp_ms) = (RequestId(clock.unique_id()), clock.now_ms());
        RequestEntry { request_id: Some(request_id), timestamp_ms, reply_to: None, request }
    }

    /// Appends the wanted instruments that differ from the history to `request:stream`: at the
    /// beginning, and when the wanted ones change. In between, what an operator sets stays. Publishes
    /// the list after it has changed.
    async fn list_instruments(&mut self, leadership: &mut Leadership<W>) -> Result<(), Turn> {
        // An error means that the sender is gone, while the process stops.
        if self.recorded.is_none() || self.wanted.has_changed().unwrap_or(false) {
            let wanted = self.wanted.borrow_and_update().clone().into_iter();
            let in_shard = |wanted: Instrument| wanted.in_shard(self.settings.shards);
            let wanted = Markets::from(wanted.map(in_shard).collect::<Vec<_>>());
            let recorded = self.recorded.replace(wanted.clone()).unwrap_or_default();
            // What was appended before may not be applied yet.
            let is_new = |wanted: &&Instrument| {
                let before = recorded.get(wanted.symbol);
                self.exchange.instrument(wanted.symbol) != Some(wanted)
                    || before.is_some_and(|before| before != *wanted)
            };
            let entries: Vec<Fields> = wanted
                .all()
                .iter()
                .filter(is_new)
                .map(|instrument| {
                    let symbol = instrument.symbol;
                    tracing::info!(%symbol, "the instrument is listed or changed");
                    let instrument = Box::new(instrument.clone());
                    self.own_request(Request::SetInstrument(instrument)).encode()
                })
                .collect();
            self.write_alone(leadership, |outputs| {
                for entry in &entries {
                    outputs.append(REQUEST_STREAM, entry);
                }
            })
            .await?;
        }
        let listings = self.exchange.listings();
        if listings > 0 && self.published != Some(listings) {
            let json = self.instruments_json();
            self.write_alone(leadership, |outputs| outputs.set(MARKETS, &json)).await?;
            self.published = Some(listings);
        }
        Ok(())
    }

    /// Publishes the open interest after it has changed.
    async fn publish_open_interest(&mut self, leadership: &mut Leadership<W>) -> Result<(), Turn> {
        let open: Vec<OpenInterest> = self.exchange.open_interest().collect();
        let json = serde_json::to_string(&open).expect("an open interest is plain JSON");
        if self.published_interest.as_ref() != Some(&json) {
            self.write_alone(leadership, |outputs| outputs.set(OPEN_INTEREST, &json)).await?;
            self.published_interest = Some(json);
        }
        Ok(())
    }

    fn instruments_json(&self) -> String {
        let instruments: Vec<&Instrument> = self.exchange.instruments().collect();
        serde_json::to_string(&instruments).expect("instruments are plain JSON")
    }

    async fn see_to_snapshots(&mut self, leadership: &mut Leadership<W>) -> Result<(), Turn> {
        match self.snapshots.finished() {
            Some(Ok(stored)) => self.trim(leadership, stored.oldest_kept).await?,
            Some(Err(NotStored::HistoryLost)) => return Err(HISTORY_LOST),
            Some(Err(NotStored::Store(StoreError::Superseded))) => {
                return Err(Turn::StartOver("a later epoch has stored a snapshot"));
            }
            Some(Err(_)) | None => {}
        }
        // The outputs of a snapshot's state are not computed again, so all of them must be written.
        if self.outbox.is_empty() && self.snapshots.is_due(&self.exchange) {
            self.snapshots.start(&mut self.exchange, &self.progress, self.epoch);
        }
        Ok(())
    }

    /// Trims what no start can need: requests before the oldest snapshot, and answered queries.
    async fn trim(
        &mut self,
        leadership: &mut Leadership<W>,
        oldest_kept: Option<EntryId>,
    ) -> Result<(), Turn> {
        let (query_id, instruments) = (self.query_id, self.instruments_json());
        self.write_alone(leadership, |outputs| {
            // The list may have been lost with a key.
            outputs.set(MARKETS, &instruments);
            if let Some(oldest) = oldest_kept {
                outputs.trim_before(REQUEST_STREAM, oldest);
            }
            outputs.trim_before(QUERY_STREAM, query_id);
        })
        .await
    }

    /// Writes commands that are not outputs of an entry, and that need not be repeated on failure.
    async fn write_alone(
        &mut self,
        leadership: &mut Leadership<W>,
        fill: impl FnOnce(&mut <W::Log as Log>::Outputs),
    ) -> Result<(), Turn> {
        let mut outputs = self.world.log().outputs();
        fill(&mut outputs);
        leadership
            .write(&mut outputs, &self.progress, &mut self.status, &self.shutdown)
            .await
            .map(drop)
    }
}
