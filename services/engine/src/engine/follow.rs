//! Following: applies entries and keeps their outputs until the leader has written them.

use super::{BATCH_LEN, Engine};
use crate::integrity::Ends;
use crate::metering;
use crate::run::{HISTORY_LOST, Turn};
use crate::world::{Clock as _, Log as _, World};
use messages::{EngineState, REQUEST_STREAM};
use std::time::Duration;
use streams::Epoch;

/// The time for which a follower's read blocks: it tries to take the lease at least this often.
pub(super) const FOLLOW_BLOCK: Duration = Duration::from_millis(50);

/// The interval between a follower's attempts to take the lease. An attempt costs Redis two
/// lookups.
const CANDIDACY_INTERVAL: Duration = Duration::from_millis(50);

/// The time for which a standby leaves the lease to an engine that starts at the same time.
const STANDBY_PATIENCE: Duration = Duration::from_secs(2);

/// The interval at which a follower checks which outputs are written.
const SETTLE_INTERVAL: Duration = Duration::from_secs(1);

impl<W: World> Engine<W> {
    /// Applies entries until this engine gets the lease.
    pub(super) async fn follow(&mut self) -> Result<Epoch, Turn> {
        metering::follows();
        let (started_at, stream_end) = self.started_at;
        if self.progress.read < stream_end {
            let message =
                format!("applying {REQUEST_STREAM} from {} to {stream_end}", self.progress.read);
            self.status.set(EngineState::Replaying, message).await;
        }
        let (mut replayed, mut is_replaying) = (0, true);
        let patience = if self.settings.standby { STANDBY_PATIENCE } else { Duration::ZERO };
        let mut candidacy = started_at + patience;
        let mut reader = self.world.log().reader(vec![self.request_position()]);
        loop {
            let entries = self.read(&mut reader, FOLLOW_BLOCK).await?;
            let is_up_to_date = entries.len() < BATCH_LEN;
            replayed += entries.len();
            self.apply(entries);
            if is_replaying {
                metering::replayed(replayed, self.progress.read, stream_end);
            }
            self.settle().await?;
            if !is_up_to_date {
                self.status.renew().await;
                continue;
            }
            let now = self.world.clock().elapsed();
            if std::mem::take(&mut is_replaying) {
                tracing::info!(entries = replayed, took = ?now.saturating_sub(started_at), "replay finished");
            }
            if now < candidacy {
                continue;
            }
            candidacy = now + CANDIDACY_INTERVAL;
            match self.world.log().acquire(self.epoch).await {
                Ok(Some(epoch)) => return Ok(epoch),
                // Before that, the lease may be that of an engine that died a moment ago.
                Ok(None) if now >= started_at + STANDBY_PATIENCE => {
                    self.health.set_ready_to("take over; following another engine");
                }
                Ok(None) | Err(_) => {}
            }
        }
    }

    /// Drops the outputs that the leader has written.
    async fn settle(&mut self) -> Result<(), Turn> {
        let now = self.world.clock().elapsed();
        if now.saturating_sub(self.settled) < SETTLE_INTERVAL {
            return Ok(());
        }
        self.settled = now;
        let Ok(ends) = Ends::read(self.world.log()).await else { return Ok(()) };
        self.check_deletions(&ends)?;
        let written = ends.written;
        if written < self.progress.written {
            return Err(HISTORY_LOST);
        }
        self.progress.written = written;
        self.outbox.settle(written, now);
        Ok(())
    }
}
