//! Requests to stop, by Ctrl-C and SIGTERM.

use anyhow::{Context as _, Result};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// The number of requests to stop: the first asks for a clean stop, the second for an immediate
/// one.
#[derive(Clone, Default)]
pub struct StopRequests(Arc<AtomicUsize>);

impl StopRequests {
    /// The requests to this process; the first call installs the signal handlers.
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
        .context("can't install signal handlers")?;
        Ok(requests)
    }

    /// Adds a request, like Ctrl-C.
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
