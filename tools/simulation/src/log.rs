//! The streams as an engine sees them, over a network that may lose or delay everything.

use crate::sabotage::Sabotage;
use crate::server::{Server, Write, misconf};
use crate::world::{Environment, SimulatedWorld};
use engine::world::{Log, Outputs, Reader, View, Writer};
use messages::{EntryId, Fields, REQUEST_STREAM, RESPONSE_STREAM, UserId, user_channel};
use std::sync::Arc;
use std::time::Duration;
use streams::{Entry, Epoch, Error, FenceError, LogError, ServerInfo, StreamCursor, StreamInfo};

impl View for SimulatedWorld {
    async fn entry(&self, stream: &str, id: EntryId) -> Result<Option<Entry>, Error> {
        let stream = stream.to_owned();
        self.environment.call(None, move |server, _| Ok(server.entry(&stream, id))).await
    }

    async fn last_id(&self, stream: &str) -> Result<EntryId, Error> {
        let stream = stream.to_owned();
        self.environment.call(None, move |server, _| Ok(server.last_id(&stream))).await
    }
}

impl Log for SimulatedWorld {
    type Reader = SimulatedReader;
    type Outputs = SimulatedOutputs;
    type Writer = SimulatedWriter;

    fn reader(&self, positions: Vec<StreamCursor>) -> SimulatedReader {
        SimulatedReader::new(&self.environment, positions)
    }

    fn outputs(&self) -> SimulatedOutputs {
        SimulatedOutputs { writes: Vec::new(), sabotage: self.environment.sabotage }
    }

    async fn info(&self, stream: &str) -> Result<Option<StreamInfo>, Error> {
        let stream = stream.to_owned();
        self.environment.call(None, move |server, _| Ok(server.info(&stream))).await
    }

    async fn server(&self) -> Result<ServerInfo, Error> {
        self.environment.call(None, |_, _| Ok(ServerInfo::default())).await
    }

    async fn is_begun_afresh(&self) -> Result<bool, Error> {
        self.environment.call(None, |_, _| Ok(false)).await
    }

    async fn goes_on(&self, stream: &str, after: EntryId) -> Result<bool, Error> {
        let stream = stream.to_owned();
        self.environment
            .call(None, move |server, _| Ok(!server.after(&stream, after, 1).is_empty()))
            .await
    }

    async fn acquire(&self, floor: u64) -> Result<Option<Epoch>, Error> {
        let holder = self.holder.clone();
        self.environment
            .call(None, move |server, environment| {
                if server.refuses_writes {
                    return Err(misconf());
                }
                let number = server.acquire(&holder, floor, environment.executor.now());
                Ok(number.map(|number| Epoch::new(number, &holder)))
            })
            .await
    }

    async fn renew(&self, epoch: &Epoch) -> Result<bool, Error> {
        let (holder, epoch) = (self.holder.clone(), epoch.to_string());
        self.environment
            .call(None, move |server, environment| {
                if server.refuses_writes {
                    return Err(misconf());
                }
                Ok(server.renew(&holder, &epoch, environment.executor.now()))
            })
            .await
    }

    async fn release(&self) -> Result<(), Error> {
        let holder = self.holder.clone();
        self.environment
            .call(None, move |server, environment| {
                server.release(&holder, environment.executor.now());
                Ok(())
            })
            .await
    }

    async fn announce(&self, status: &str, expiry: Duration) -> Result<bool, Error> {
        let (holder, status) = (self.holder.clone(), status.to_owned());
        self.environment
            .call(None, move |server, environment| {
                let now = environment.executor.now();
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
        let (environment, epoch) = (self.environment.clone(), epoch.to_string());
        let expected = epoch.clone();
        let connected = environment
            .call(None, move |server, _| Ok((server.start, server.epoch() == Some(&expected))));
        match connected.await? {
            (start, true) => Ok(SimulatedWriter { environment, epoch, start }),
            (_, false) => Err(FenceError::Fenced),
        }
    }
}

/// A model of `streams::LogReader`.
pub struct SimulatedReader {
    environment: Environment,
    positions: Vec<StreamCursor>,
    verified_on: Option<u64>,
}

impl SimulatedReader {
    fn new(environment: &Environment, mut positions: Vec<StreamCursor>) -> Self {
        if environment.sabotage == Some(Sabotage::SkipOnRecovery) && positions.len() == 1 {
            let server = environment.server();
            let skipped = server.after(REQUEST_STREAM, positions[0].after, 1).first().cloned();
            if let Some(skipped) = skipped {
                positions[0].after = skipped.id;
            }
        }
        Self { environment: environment.clone(), positions, verified_on: None }
    }

    /// Checks that the server still has the entries at this reader's positions.
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
        let server = self.environment.server();
        if server.is_down || server.stalled_until > self.environment.executor.now() {
            return Ok(Vec::new());
        }
        if self.verified_on != Some(server.start) {
            self.is_continuous(&server)?;
            self.verified_on = Some(server.start);
        }
        let mut found = Vec::new();
        for (n, position) in self.positions.iter().enumerate() {
            let entries = server.after(&position.stream, position.after, count);
            let first = server.entries(&position.stream).first().map(|entry| entry.id);
            let is_trimmed = first.is_some_and(|first| first > position.after);
            let is_bound = position.continuous && position.after > EntryId::MIN;
            if is_bound && is_trimmed && !entries.is_empty() {
                let (stream, id) = (position.stream.clone(), position.after);
                return Err(LogError::HistoryLost { stream, id });
            }
            found.extend(entries.iter().map(|entry| (n, entry.clone())));
        }
        Ok(found)
    }

    fn take(&mut self, mut found: Vec<(usize, Entry)>) -> Vec<(usize, Entry)> {
        if let (true, Some(again)) = (self.environment.mishap(), &self.positions[0].last) {
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
        let executor = self.environment.executor.clone();
        let count =
            count.min(1 + usize::try_from(executor.draw(self.environment.read_len)).unwrap_or(0));
        let deadline = executor.now() + block;
        let changed = Arc::clone(&self.environment.changed);
        loop {
            executor.sleep(self.environment.way()).await;
            let change = changed.notified();
            let found = self.look(count)?;
            if !found.is_empty() {
                executor.sleep(self.environment.way()).await;
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

/// The outputs to be written in one transaction.
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

    fn reply(&mut self, reply_to: &str, reply: &str) {
        let (channel, message) = (reply_to.to_owned(), reply.to_owned());
        self.writes.push(Write::Publish { channel, message });
    }

    fn notify(&mut self, account: UserId, notification: &str) {
        self.reply(&user_channel(account), notification);
    }

    fn set(&mut self, key: &str, value: &str) {
        self.writes.push(Write::Set { key: key.to_owned(), value: value.to_owned() });
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

/// A model of `streams::FencedWriter`.
pub struct SimulatedWriter {
    environment: Environment,
    epoch: String,
    start: u64,
}

impl SimulatedWriter {
    /// Divides writes into those that are sent at once, and the messages that wait for the replica.
    fn apart(&self, writes: Vec<Write>) -> (Vec<Write>, Vec<Write>) {
        if self.environment.replica_lag.is_none() {
            return (writes, Vec::new());
        }
        writes.into_iter().partition(|write| !matches!(write, Write::Publish { .. }))
    }

    /// Waits until the replica has what was written, and sends the messages.
    async fn confirm(&self, messages: Vec<Write>) -> Result<(), Error> {
        let Some(lag) = self.environment.replica_lag else { return Ok(()) };
        if self.environment.sabotage != Some(Sabotage::Unconfirmed) {
            self.environment.executor.sleep(lag).await;
        }
        let publish =
            |server: &mut Server, environment: &Environment| environment.write(server, messages);
        self.environment.call(Some(self.start), publish).await.map(drop)
    }
}

impl Writer for SimulatedWriter {
    type Outputs = SimulatedOutputs;

    async fn send(&mut self, outputs: &mut SimulatedOutputs) -> Result<u32, FenceError> {
        let sabotage = self.environment.sabotage;
        let (writes, epoch) = (outputs.writes.clone(), self.epoch.clone());
        if sabotage == Some(Sabotage::ReplyFirst) {
            let replies = writes.iter().filter(|w| matches!(w, Write::Publish { .. })).cloned();
            let replies: Vec<_> = replies.collect();
            self.environment
                .call(Some(self.start), |server, environment| environment.write(server, replies))
                .await?;
        }
        let (writes, messages) = self.apart(writes);
        let sent = self.environment.call(Some(self.start), move |server, environment| {
            if server.epoch() != Some(&epoch) && sabotage != Some(Sabotage::Unfenced) {
                return Ok(None);
            }
            if environment.mishap() {
                // The server dies in the middle, and its file keeps the first half.
                let half = writes.len() / 2;
                environment.write(server, writes[..half].to_vec())?;
                return Err(Error::unanswered());
            }
            environment.write(server, writes).map(Some)
        });
        let mut sent = sent.await;
        if matches!(sent, Ok(Some(_)))
            && let Err(error) = self.confirm(messages).await
        {
            sent = Err(error);
        }
        if matches!(sent, Ok(Some(_))) || sabotage == Some(Sabotage::DropOnRetry) {
            outputs.writes.clear();
        }
        sent?.ok_or(FenceError::Fenced)
    }
}

impl View for SimulatedWriter {
    async fn entry(&self, stream: &str, id: EntryId) -> Result<Option<Entry>, Error> {
        let stream = stream.to_owned();
        self.environment
            .call(Some(self.start), move |server, _| Ok(server.entry(&stream, id)))
            .await
    }

    async fn last_id(&self, stream: &str) -> Result<EntryId, Error> {
        if self.environment.sabotage == Some(Sabotage::Gullible) {
            return Ok(EntryId::new(u64::MAX, u64::MAX));
        }
        let stream = stream.to_owned();
        self.environment.call(Some(self.start), move |server, _| Ok(server.last_id(&stream))).await
    }
}
