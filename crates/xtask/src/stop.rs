//! Ctrl-C and SIGTERM.

use anyhow::{Context as _, Result};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// Counts the requests to stop: the first is for stopping cleanly, the second for stopping now.
#[derive(Clone, Default)]
pub struct StopRequests(Arc<AtomicUsize>);

impl StopRequests {
    /// Those to this process; the first call begins to listen.
    pub fn listen() -> Result<Self> {
        static REQUESTS: OnceLock<StopRequests> = OnceLock::new();
        if let Some(requests) = REQUESTS.get() {
            return Ok(requests.clone());
        }
        let requests = REQUESTS.get_or_init(Self::default).clone();
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
