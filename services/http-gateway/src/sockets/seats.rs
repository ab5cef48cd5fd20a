//! The open connections, counted against their limits and closed together.

use crate::error::ApiError;
use crate::metering;
use messages::UserId;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// The limits of connections.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most connections of this gateway.
    pub total: usize,
    /// The most connections of one holder.
    pub per_holder: usize,
    /// The interval of pings.
    pub ping_interval: Duration,
}

/// The one whose connections are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// A user.
    User(UserId),
    /// An address, where each message names its account.
    Address(IpAddr),
}

/// The connections of this gateway. Clones share them.
#[derive(Clone)]
pub struct Seats(Arc<Shared>);

struct Shared {
    limits: Limits,
    /// Held to look up and insert, never across an await.
    by_holder: Mutex<HashMap<Holder, usize>>,
    /// The connections that are open.
    open: TaskTracker,
    /// Cancelled when all of them have to close.
    closing: CancellationToken,
}

/// A connection that counts against the limits until this is dropped.
pub struct Seat {
    seats: Seats,
    holder: Holder,
    _open: TaskTrackerToken,
}

impl Seats {
    pub fn new(limits: Limits) -> Self {
        let (open, closing) = (TaskTracker::new(), CancellationToken::new());
        Self(Arc::new(Shared { limits, by_holder: Mutex::default(), open, closing }))
    }

    /// Takes a seat for a connection.
    ///
    /// # Errors
    /// [`ApiError::ServerFull`] or [`ApiError::TooManyConnections`], by whose limit is reached.
    pub fn take(&self, holder: Holder) -> Result<Seat, ApiError> {
        let limits = self.0.limits;
        let mut by_holder = self.by_holder();
        let total = by_holder.values().sum::<usize>();
        if total >= limits.total {
            return Err(ApiError::ServerFull);
        }
        let count = by_holder.entry(holder).or_default();
        if *count >= limits.per_holder {
            return Err(ApiError::TooManyConnections);
        }
        *count += 1;
        metering::order_entry_connections(total + 1);
        Ok(Seat { seats: self.clone(), holder, _open: self.0.open.token() })
    }

    /// Closes all connections after their answers under way, and waits for it up to this time.
    pub async fn close(&self, patience: Duration) {
        self.0.closing.cancel();
        self.0.open.close();
        if timeout(patience, self.0.open.wait()).await.is_err() {
            tracing::warn!("some WebSockets were cut off");
        }
    }

    fn by_holder(&self) -> MutexGuard<'_, HashMap<Holder, usize>> {
        self.0.by_holder.lock().expect("nothing panics while it holds this lock")
    }
}

impl Seat {
    /// Waits until the connection has to close.
    pub async fn closing(&self) {
        self.seats.0.closing.cancelled().await;
    }

    /// Returns the interval of pings.
    pub fn ping_interval(&self) -> Duration {
        self.seats.0.limits.ping_interval
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut by_holder = self.seats.by_holder();
        if let Some(count) = by_holder.get_mut(&self.holder) {
            *count -= 1;
            if *count == 0 {
                by_holder.remove(&self.holder);
            }
        }
        metering::order_entry_connections(by_holder.values().sum());
    }
}
