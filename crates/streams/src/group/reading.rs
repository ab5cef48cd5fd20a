//! The sources of a group's next entries, in order of precedence.

use super::pending::{Asked, Pending};
use super::{Delivery, Group};
use crate::connection::{Connection, RESPONSE_TIMEOUT};
use crate::entry::{Found, entries, streams};
use crate::error::Error;
use crate::log::block_ms;
use messages::EntryId;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// The shortest interval between two scans for idle entries.
const CLAIM_EVERY_MIN: Duration = Duration::from_millis(1);

impl Group {
    pub(super) async fn read(
        &mut self,
        connection: &Connection,
        count: usize,
        deadline: Instant,
    ) -> Result<Vec<Delivery>, Error> {
        let mut deliveries = self.read_own(connection, count).await?;
        if deliveries.is_empty() {
            deliveries = self.read_due(connection, count).await?;
        }
        if deliveries.is_empty() {
            deliveries = self.read_idle(connection, count).await?;
        }
        if deliveries.is_empty() {
            deliveries = self.read_new(connection, count, deadline).await?;
        }
        Ok(deliveries)
    }

    /// Reads entries pending at this consumer that this value does not know of.
    async fn read_own(
        &mut self,
        connection: &Connection,
        count: usize,
    ) -> Result<Vec<Delivery>, Error> {
        while let Some(after) = self.own_after {
            let asked = self.asked(connection);
            let page = asked.of_consumer(&self.config.consumer, after, count).await?;
            self.own_after = page.last().map(|last| last.id);
            let is_known =
                |id: &EntryId| self.in_hand.contains(id) || self.retries.contains_key(id);
            let unknown: Vec<_> = page.into_iter().filter(|p| !is_known(&p.id)).collect();
            let deliveries = self.claim(connection, &unknown, Duration::ZERO).await?;
            if !deliveries.is_empty() {
                return Ok(deliveries);
            }
        }
        Ok(Vec::new())
    }

    /// Reads failed entries that are due again, unless another member has claimed them.
    async fn read_due(
        &mut self,
        connection: &Connection,
        count: usize,
    ) -> Result<Vec<Delivery>, Error> {
        let now = Instant::now();
        let due = self.retries.iter().filter(|(_, at)| **at <= now).map(|(id, _)| *id);
        let due: Vec<EntryId> = due.take(count).collect();
        if due.is_empty() {
            return Ok(Vec::new());
        }
        for id in &due {
            self.retries.remove(id);
        }
        let pending = self.asked(connection).among(&due, &self.config.consumer).await?;
        self.claim(connection, &pending, Duration::ZERO).await
    }

    /// Claims entries that were idle for longer than `claim_idle`, page by page, at intervals.
    async fn read_idle(
        &mut self,
        connection: &Connection,
        count: usize,
    ) -> Result<Vec<Delivery>, Error> {
        let idle = self.config.claim_idle;
        while self.claim_at <= Instant::now() {
            let page = self.asked(connection).idle_for(idle, self.claim_after, count).await?;
            self.claim_after = page.last().map_or(EntryId::MIN, |last| last.id);
            if page.len() < count {
                self.claim_after = EntryId::MIN;
                self.claim_at = Instant::now() + (idle / 2).max(CLAIM_EVERY_MIN);
            }
            let left: Vec<_> =
                page.into_iter().filter(|p| !self.retries.contains_key(&p.id)).collect();
            let deliveries = self.claim(connection, &left, idle).await?;
            if !deliveries.is_empty() {
                return Ok(deliveries);
            }
        }
        Ok(Vec::new())
    }

    async fn read_new(
        &self,
        connection: &Connection,
        count: usize,
        deadline: Instant,
    ) -> Result<Vec<Delivery>, Error> {
        let until = self.retries.values().copied().fold(deadline.min(self.claim_at), Instant::min);
        let block = until.saturating_duration_since(Instant::now());
        let mut command = redis::cmd("XREADGROUP");
        command.arg("GROUP").arg(&self.config.group).arg(&self.config.consumer);
        command.arg("COUNT").arg(count);
        if let Some(block_ms) = block_ms(block) {
            command.arg("BLOCK").arg(block_ms);
        }
        command.arg("STREAMS").arg(&self.stream).arg(">");
        let reply = connection.run(&command, block + RESPONSE_TIMEOUT).await?;
        let mut deliveries = Vec::new();
        for (_stream, reply) in streams(reply)? {
            for found in entries(reply)? {
                if let Found::Entry(entry) = found? {
                    deliveries.push(Delivery { entry, deliveries: 1 });
                }
            }
        }
        Ok(deliveries)
    }

    /// Claims pending entries; each counts as one more delivery.
    async fn claim(
        &self,
        connection: &Connection,
        pending: &[Pending],
        idle: Duration,
    ) -> Result<Vec<Delivery>, Error> {
        if pending.is_empty() {
            return Ok(Vec::new());
        }
        let before: BTreeMap<_, _> = pending.iter().map(|p| (p.id, p.deliveries)).collect();
        let reply = self.asked(connection).claim(pending, &self.config.consumer, idle).await?;
        let (mut deliveries, mut deleted) = (Vec::with_capacity(pending.len()), Vec::new());
        for found in entries(reply)? {
            match found? {
                Found::Entry(entry) => {
                    let deliveries_before = before.get(&entry.id).copied().unwrap_or_default();
                    deliveries.push(Delivery { entry, deliveries: deliveries_before + 1 });
                }
                Found::Deleted(id) => deleted.push(id),
            }
        }
        if !deleted.is_empty() {
            connection.run(&self.acknowledgement(&deleted), RESPONSE_TIMEOUT).await?;
        }
        Ok(deliveries)
    }

    fn asked<'a>(&'a self, connection: &'a Connection) -> Asked<'a> {
        Asked { connection, stream: &self.stream, group: &self.config.group }
    }
}
