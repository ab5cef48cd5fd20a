//! The streams as an engine sees them over a network on which everything may be lost or late.

use crate::sabotage::Sabotage;
use crate::server::{Server, Write, misconf};
use crate::world::{SimulatedWorld, Surroundings};
use engine::world::{Log, Outputs, Reader, View, Writer};
use messages::{EntryId, Fields, REQUEST_STREAM, RESPONSE_STREAM};
use std::sync::Arc;
use std::time::Duration;
use streams::{Entry, Epoch, Error, FenceError, LogError, ServerInfo, StreamCursor, StreamInfo};

impl View for SimulatedWorld {
    async fn entry(&self, stream: &str, id: EntryId) -> Result<Option<Entry>, Error> {
        let stream = stream.to_owned();
        self.around.call(None, move |server, _| Ok(server.entry(&stream, id))).await
    }

    async fn last_id(&self, stream: &str) -> Result<EntryId, Error> {
        let stream = stream.to_owned();
        self.around.call(None, move |server, _| Ok(server.last_id(&stream))).await
    }
}

impl Log for SimulatedWorld {
    type Reader = SimulatedReader;
    type Outputs = SimulatedOutputs;
    type Writer = SimulatedWriter;

    fn reader(&self, positions: Vec<StreamCursor>) -> SimulatedReader {
        SimulatedReader::new(&self.around, positions)
    }

    fn outputs(&self) -> SimulatedOutputs {
        SimulatedOutputs { writes: Vec::new(), sabotage: self.around.sabotage }
    }

    async fn info(&self, stream: &str) -> Result<Option<StreamInfo>, Error> {
        let stream = stream.to_owned();
        self.around.call(None, move |server, _| Ok(server.info(&stream))).await
    }

    async fn server(&self) -> Result<ServerInfo, Error> {
        self.around.call(None, |_, _| Ok(ServerInfo::default())).await
    }

    async fn is_begun_afresh(&self) -> Result<bool, Error> {
        self.around.call(None, |_, _| Ok(false)).await
    }

    async fn goes_on(&self, stream: &str, after: EntryId) -> Result<bool, Error> {
        let stream = stream.to_owned();
        self.around
            .call(None, move |server, _| Ok(!server.after(&stream, after, 1).is_empty()))
            .await
    }

    async fn acquire(&self, floor: u64) -> Result<Option<Epoch>, Error> {
        let holder = self.holder.clone();
        self.around
            .call(None, move |server, around| {
                if server.refuses_writes {
                    return Err(misconf());
                }
                let number = server.acquire(&holder, floor, around.executor.now());
                Ok(number.map(|number| Epoch::new(number, &holder)))
            })
            .await
    }

    async fn renew(&self, epoch: &Epoch) -> Result<bool, Error> {
        let (holder, epoch) = (self.holder.clone(), epoch.to_string());
        self.around
            .call(None, move |server, around| {
                if server.refuses_writes {
                    return Err(misconf());
                }
                Ok(server.renew(&holder, &epoch, around.executor.now()))
            })
            .await
    }

    async fn release(&self) -> Result<(), Error> {
        let holder = self.holder.clone();
        self.around
            .call(None, move |server, around| {
                server.release(&holder, around.executor.now());
                Ok(())
            })
            .await
    }

    async fn announce(&self, status: &str, expiry: Duration) -> Result<bool, Error> {
        let (holder, status) = (self.holder.clone(), status.to_owned());
        self.around
            .call(None, move |server, around| {
                let now = around.executor.now();
                if server.refuses_writes {
                    return Err(misconf());
                }
                if server.holder(now).is_some_and(|other| other != holder) {
                    return Ok(false);
                }
                server.status = Some((status, now + expiry));
                Ok(true)
            })
            .await
    }

    async fn writer(&self, epoch: &Epoch) -> Result<SimulatedWriter, FenceError> {
        let (around, epoch) = (self.around.clone(), epoch.to_string());
        let expected = epoch.clone();
        let connected = around
            .call(None, move |server, _| Ok((server.start, server.epoch() == Some(&expected))));
        match connected.await? {
            (start, true) => Ok(SimulatedWriter { around, epoch, start }),
            (_, false) => Err(FenceError::Fenced),
        }
    }
}

/// Reads as `streams::LogReader` does.
pub struct SimulatedReader {
    around: Surroundings,
    positions: Vec<StreamCursor>,
    verified_on: Option<u64>,
}

impl SimulatedReader {
    fn new(around: &Surroundings, mut positions: Vec<StreamCursor>) -> Self {
        if around.sabotage == Some(Sabotage::SkipOnRecovery) && positions.len() == 1 {
            let server = around.server();
            let skipped = server.after(REQUEST_STREAM, positions[0].after, 1).first().cloned();
            if let Some(skipped) = skipped {
                positions[0].after = skipped.id;
            }
        }
        Self { around: around.clone(), positions, verified_on: None }
    }

    /// Whether the server still has where this reader stands.
    fn is_continuous(&self, server: &Server) -> Result<(), LogError> {
        for position in &self.positions {
            if !position.continuous || position.after == EntryId::MIN {
                continue;
            }
            let found = server.entry(&position.stream, position.after);
            if found.is_none() || position.last.is_some() && position.last != found {
                let (stream, id) = (position.stream.clone(), position.after);
                return Err(LogError::HistoryLost { stream, id });
            }
        }
        Ok(())
    }

    fn look(&mut self, count: usize) -> Result<Vec<(usize, Entry)>, LogError> {
        let server = self.around.server();
        if server.is_down || server.stalled_until > self.around.executor.now() {
            return Ok(Vec::new());
        }
        if self.verified_on != Some(server.start) {
            self.is_continuous(&server)?;
            self.verified_on = Some(server.start);
        }
        let mut found = Vec::new();
        for (n, position) in self.positions.iter().enumerate() {
            let entries = server.after(&position.stream, position.after, count);
            found.extend(entries.iter().map(|entry| (n, entry.clone())));
        }
        Ok(found)
    }

    fn take(&mut self, mut found: Vec<(usize, Entry)>) -> Vec<(usize, Entry)> {
        if let (true, Some(again)) = (self.around.mishap(), &self.positions[0].last) {
            found.insert(0, (0, again.clone()));
        }
        for (n, entry) in &found {
            self.positions[*n].after = entry.id;
            self.positions[*n].last = Some(entry.clone());
        }
        found
    }
}

impl Reader for SimulatedReader {
    async fn next(
        &mut self,
        count: usize,
        block: Duration,
    ) -> Result<Vec<(usize, Entry)>, LogError> {
        let executor = self.around.executor.clone();
        let count = count.min(1 + usize::try_from(executor.draw(20)).unwrap_or(0));
        let deadline = executor.now() + block;
        let changed = Arc::clone(&self.around.changed);
        loop {
            executor.sleep(self.around.way()).await;
            let change = changed.notified();
            let found = self.look(count)?;
            if !found.is_empty() {
                executor.sleep(self.around.way()).await;
                return Ok(self.take(found));
            }
            tokio::select! {
                biased;
                () = change => {}
                () = executor.sleep(deadline.saturating_sub(executor.now())) => return Ok(found),
            }
        }
    }
}

/// What is to be written at once.
pub struct SimulatedOutputs {
    writes: Vec<Write>,
    sabotage: Option<Sabotage>,
}

impl Outputs for SimulatedOutputs {
    fn append_at(&mut self, stream: &str, id: EntryId, fields: &Fields) {
        let is_drawn = self.sabotage == Some(Sabotage::DrawnIds) && stream == RESPONSE_STREAM;
        let id = (!is_drawn).then_some(id);
        self.writes.push(Write::Append { stream: stream.to_owned(), id, fields: fields.clone() });
    }

    fn append(&mut self, stream: &str, fields: &Fields) {
        let (stream, fields) = (stream.to_owned(), fields.clone());
        self.writes.push(Write::Append { stream, id: None, fields });
    }

    fn publish(&mut self, channel: &str, message: &str) {
        let (channel, message) = (channel.to_owned(), message.to_owned());
        self.writes.push(Write::Publish { channel, message });
    }

    fn trim_before(&mut self, stream: &str, oldest_kept: EntryId) {
        let mut oldest_kept = oldest_kept;
        if self.sabotage == Some(Sabotage::TrimTooFar) {
            oldest_kept.seq += 1;
        }
        self.writes.push(Write::Trim { stream: stream.to_owned(), oldest_kept });
    }

    fn len(&self) -> usize {
        self.writes.len()
    }
}

/// Writes as `streams::FencedWriter` does.
pub struct SimulatedWriter {
    around: Surroundings,
    epoch: String,
    start: u64,
}

impl Writer for SimulatedWriter {
    type Outputs = SimulatedOutputs;

    async fn send(&mut self, outputs: &mut SimulatedOutputs) -> Result<u32, FenceError> {
        let sabotage = self.around.sabotage;
        let (writes, epoch) = (outputs.writes.clone(), self.epoch.clone());
        if sabotage == Some(Sabotage::ReplyFirst) {
            let replies = writes.iter().filter(|w| matches!(w, Write::Publish { .. })).cloned();
            let replies: Vec<_> = replies.collect();
            self.around
                .call(Some(self.start), |server, around| around.write(server, replies))
                .await?;
        }
        let sent = self.around.call(Some(self.start), move |server, around| {
            if server.epoch() != Some(&epoch) && sabotage != Some(Sabotage::Unfenced) {
                return Ok(None);
            }
            if around.mishap() {
                // The server dies in the middle, and its file keeps what it has.
                let half = writes.len() / 2;
                around.write(server, writes[..half].to_vec())?;
                return Err(Error::unanswered());
            }
            around.write(server, writes).map(Some)
        });
        let sent = sent.await;
        if matches!(sent, Ok(Some(_))) || sabotage == Some(Sabotage::DropOnRetry) {
            outputs.writes.clear();
        }
        sent?.ok_or(FenceError::Fenced)
    }
}

impl View for SimulatedWriter {
    async fn entry(&self, stream: &str, id: EntryId) -> Result<Option<Entry>, Error> {
        let stream = stream.to_owned();
        self.around.call(Some(self.start), move |server, _| Ok(server.entry(&stream, id))).await
    }

    async fn last_id(&self, stream: &str) -> Result<EntryId, Error> {
        if self.around.sabotage == Some(Sabotage::Gullible) {
            return Ok(EntryId::new(u64::MAX, u64::MAX));
        }
        let stream = stream.to_owned();
        self.around.call(Some(self.start), move |server, _| Ok(server.last_id(&stream))).await
    }
}
