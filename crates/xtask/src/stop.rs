//! Ctrl-C and SIGTERM.

use anyhow::{Context as _, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the requests to stop: the first is for stopping cleanly, the second for stopping now.
#[derive(Clone, Default)]
pub struct StopRequests(Arc<AtomicUsize>);

impl StopRequests {
    pub fn listen() -> Result<Self> {
        let requests = Self::default();
        let count = Arc::clone(&requests.0);
        ctrlc::set_handler(move || {
            count.fetch_add(1, Ordering::Relaxed);
        })
        .context("signals can't be handled")?;
        Ok(requests)
    }

    /// As if somebody had pressed Ctrl-C.
    pub fn request(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn any(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }

    pub fn is_impatient(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 1
    }
}
