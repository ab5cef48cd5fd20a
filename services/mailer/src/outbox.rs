//! Sends letters, with retries.

use crate::letter::Letter;
use crate::transport::{SendError, Transport};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use streams::Backoff;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::field::display;

/// The delays between attempts to send a letter.
const RETRY: Backoff =
    Backoff { first: Duration::from_millis(500), limit: Duration::from_secs(30) };

/// Sends letters concurrently, so that none blocks another.
pub struct Outbox {
    transport: Transport,
    /// A permit for each letter that may be sent concurrently.
    sends: Semaphore,
    /// The end of the pause that the provider asked for. Never locked across an await.
    resume_at: Mutex<Instant>,
    send_timeout: Duration,
    patience: Duration,
    shutdown: CancellationToken,
}

/// The outcome of a delivery.
pub enum Outcome {
    /// The provider has accepted the mail.
    Sent,
    /// The link has expired, so the mail was not sent.
    Expired,
    /// The mail can never be sent, for this reason.
    Refused(String),
    /// The time limit of the delivery is over; this was the last failure.
    Unsent(String),
    /// The process is shutting down; the mail will be delivered again.
    Stopped,
}

impl Outbox {
    pub fn new(
        transport: Transport,
        sends_max: usize,
        send_timeout: Duration,
        patience: Duration,
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            transport,
            sends: Semaphore::new(sends_max.clamp(1, Semaphore::MAX_PERMITS)),
            resume_at: Mutex::new(Instant::now()),
            send_timeout,
            patience,
            shutdown,
        }
    }

    pub const fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Sends a letter, and retries while the provider is unavailable, up to the time limit. Takes
    /// no longer than the time limit and one attempt.
    pub async fn deliver(&self, letter: &Letter) -> Outcome {
        let give_up_at = Instant::now() + self.patience;
        let mut last = "no attempt could be made in time".to_owned();
        let mut failures = 0;
        loop {
            let turn = match self.patiently(give_up_at, self.turn()).await {
                Ok(turn) => turn,
                Err(Interruption::Patience) => return Outcome::Unsent(last),
                Err(Interruption::Stop) => return Outcome::Stopped,
            };
            let (id, request_id) = (letter.mail_id, letter.request_id.map(display));
            if letter.has_expired() {
                tracing::info!(mail.id = %id, request.id = request_id, "mail dropped: its link has expired");
                return Outcome::Expired;
            }
            let sent = self.attempt(letter).await;
            drop(turn);
            let (reason, retry_after) = match sent {
                Ok(()) => {
                    tracing::info!(mail.id = %id, request.id = request_id, "mail sent");
                    return Outcome::Sent;
                }
                Err(SendError::Refused(reason)) => return Outcome::Refused(reason),
                Err(SendError::Unavailable { reason, retry_after }) => (reason, retry_after),
            };
            failures += 1;
            let delay = retry_after.unwrap_or_else(|| RETRY.delay(failures));
            self.note_failure(letter, &reason, failures, delay);
            last = reason;
            if let Some(pause) = retry_after {
                self.pause(pause);
            }
            match self.patiently(give_up_at, sleep_until(Instant::now() + delay)).await {
                Ok(()) => {}
                Err(Interruption::Patience) => return Outcome::Unsent(last),
                Err(Interruption::Stop) => return Outcome::Stopped,
            }
        }
    }

    async fn attempt(&self, letter: &Letter) -> Result<(), SendError> {
        match timeout(self.send_timeout, self.transport.send(letter)).await {
            Ok(sent) => sent,
            Err(_) => {
                Err(SendError::unavailable(format!("no response within {:?}", self.send_timeout)))
            }
        }
    }

    fn note_failure(&self, letter: &Letter, reason: &str, failures: u32, delay: Duration) {
        metrics::counter!("velox_mail_retries_total", "transport" => self.transport.name())
            .increment(1);
        let (id, retry_in_ms) = (letter.mail_id, delay.as_millis());
        // An outage is logged as a warning once a mail, not once an attempt.
        if failures == 1 {
            tracing::warn!(mail.id = %id, reason, retry_in_ms, "sending a mail failed; retrying");
        } else {
            tracing::debug!(mail.id = %id, reason, failures, retry_in_ms, "sending a mail failed again");
        }
    }

    /// Waits until the provider's pause is over and a permit is free.
    async fn turn(&self) -> SemaphorePermit<'_> {
        loop {
            sleep_until(self.resume_at()).await;
            let permit = self.sends.acquire().await.expect("the semaphore is never closed");
            // The provider may have asked for a pause while this letter waited for its permit.
            if self.resume_at() <= Instant::now() {
                return permit;
            }
        }
    }

    fn resume_at(&self) -> Instant {
        *self.resume_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Pauses all mails: a provider's rate limit covers the whole account.
    fn pause(&self, pause: Duration) {
        let mut resume_at = self.resume_at.lock().unwrap_or_else(PoisonError::into_inner);
        *resume_at = (*resume_at).max(Instant::now() + pause);
    }

    async fn patiently<F: Future>(
        &self,
        give_up_at: Instant,
        work: F,
    ) -> Result<F::Output, Interruption> {
        match self.shutdown.run_until_cancelled(timeout_at(give_up_at, work)).await {
            Some(Ok(done)) => Ok(done),
            Some(Err(_)) => Err(Interruption::Patience),
            None => Err(Interruption::Stop),
        }
    }
}

enum Interruption {
    Patience,
    Stop,
}
