//! The open connections, counted against their limits and closed together.

use crate::error::ApiError;
use crate::metering;
use messages::UserId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// The limits of connections for order entry.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most connections of this gateway.
    pub total: usize,
    /// The most connections of one user.
    pub per_user: usize,
    /// The interval of pings.
    pub ping_interval: Duration,
}

/// The connections of this gateway. Clones share them.
#[derive(Clone)]
pub struct Seats(Arc<Shared>);

struct Shared {
    limits: Limits,
    /// Held to look up and insert, never across an await.
    by_user: Mutex<HashMap<UserId, usize>>,
    /// The connections that are open.
    open: TaskTracker,
    /// Cancelled when all of them have to close.
    closing: CancellationToken,
}

/// A connection that counts against the limits until this is dropped.
pub struct Seat {
    seats: Seats,
    user_id: UserId,
    _open: TaskTrackerToken,
}

impl Seats {
    pub fn new(limits: Limits) -> Self {
        let (open, closing) = (TaskTracker::new(), CancellationToken::new());
        Self(Arc::new(Shared { limits, by_user: Mutex::default(), open, closing }))
    }

    /// Takes a seat for a user's connection.
    ///
    /// # Errors
    /// [`ApiError::ServerFull`] or [`ApiError::TooManyConnections`], by whose limit is reached.
    pub fn take(&self, user_id: UserId) -> Result<Seat, ApiError> {
        let limits = self.0.limits;
        let mut by_user = self.by_user();
        let total = by_user.values().sum::<usize>();
        if total >= limits.total {
            return Err(ApiError::ServerFull);
        }
        let count = by_user.entry(user_id).or_default();
        if *count >= limits.per_user {
            return Err(ApiError::TooManyConnections);
        }
        *count += 1;
        metering::order_entry_connections(total + 1);
        Ok(Seat { seats: self.clone(), user_id, _open: self.0.open.token() })
    }

    /// Closes all connections after their answers under way, and waits for it up to this time.
    pub async fn close(&self, patience: Duration) {
        self.0.closing.cancel();
        self.0.open.close();
        if timeout(patience, self.0.open.wait()).await.is_err() {
            tracing::warn!("some WebSockets for order entry were cut off");
        }
    }

    fn by_user(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        self.0.by_user.lock().expect("nothing panics while it holds this lock")
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
        let mut by_user = self.seats.by_user();
        if let Some(count) = by_user.get_mut(&self.user_id) {
            *count -= 1;
            if *count == 0 {
                by_user.remove(&self.user_id);
            }
        }
        metering::order_entry_connections(by_user.values().sum());
    }
}
