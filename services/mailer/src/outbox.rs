//! From a letter to a provider's word, with patience.

use crate::letter::Letter;
use crate::transport::{SendError, Transport};
use rand::RngExt as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::field::display;

/// After the first failure; doubled with each further one.
const RETRY_MIN: Duration = Duration::from_millis(500);
/// How long after its return a provider may be overlooked.
const RETRY_MAX: Duration = Duration::from_secs(30);

/// Where letters are sent from: several at a time, none in another's way.
pub struct Outbox {
    transport: Transport,
    /// One for each letter that may be on its way at the same moment.
    sends: Semaphore,
    /// Until when the provider wants to hear nothing of us. Never held across an await.
    resume_at: Mutex<Instant>,
    send_timeout: Duration,
    patience: Duration,
    shutdown: CancellationToken,
}

/// How a delivery ended.
pub enum Outcome {
    /// The provider has the mail.
    Sent,
    /// The link in it works no more: there is nothing to send.
    Expired,
    /// It will never be sent, for this reason.
    Refused(String),
    /// It was tried for as long as one delivery may take; this was the last failure.
    Unsent(String),
    /// The process ends; somebody else sends it.
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

    /// Sends a letter, again and again while the provider is away, until its patience is over.
    /// Takes no longer than the patience and one attempt.
    pub async fn deliver(&self, letter: &Letter) -> Outcome {
        let give_up_at = Instant::now() + self.patience;
        let mut last = "no turn came".to_owned();
        let mut failures = 0;
        loop {
            let turn = match self.patiently(give_up_at, self.turn()).await {
                Ok(turn) => turn,
                Err(Interruption::Patience) => return Outcome::Unsent(last),
                Err(Interruption::Stop) => return Outcome::Stopped,
            };
            let (id, request_id) = (letter.mail_id, letter.request_id.map(display));
            if letter.has_expired() {
                tracing::info!(mail.id = %id, request.id = request_id, "a mail is dropped: its link has expired");
                return Outcome::Expired;
            }
            let sent = self.attempt(letter).await;
            drop(turn);
            let (reason, retry_after) = match sent {
                Ok(()) => {
                    tracing::info!(mail.id = %id, request.id = request_id, "a mail is sent");
                    return Outcome::Sent;
                }
                Err(SendError::Refused(reason)) => return Outcome::Refused(reason),
                Err(SendError::Unavailable { reason, retry_after }) => (reason, retry_after),
            };
            failures += 1;
            let delay = retry_after.unwrap_or_else(|| delay(failures));
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
                Err(SendError::unavailable(format!("no answer within {:?}", self.send_timeout)))
            }
        }
    }

    fn note_failure(&self, letter: &Letter, reason: &str, failures: u32, delay: Duration) {
        metrics::counter!("velox_mail_retries_total", "transport" => self.transport.name())
            .increment(1);
        let (id, retry_in_ms) = (letter.mail_id, delay.as_millis());
        // An outage is told once of each mail, not once of each attempt.
        if failures == 1 {
            tracing::warn!(mail.id = %id, reason, retry_in_ms, "a mail can't be sent yet");
        } else {
            tracing::debug!(mail.id = %id, reason, failures, retry_in_ms, "still not sent");
        }
    }

    /// Waits until the provider may be asked and a place is free.
    async fn turn(&self) -> SemaphorePermit<'_> {
        loop {
            sleep_until(self.resume_at()).await;
            let permit = self.sends.acquire().await.expect("the semaphore is never closed");
            // The provider may have asked for a pause while this one waited for its place.
            if self.resume_at() <= Instant::now() {
                return permit;
            }
        }
    }

    fn resume_at(&self) -> Instant {
        *self.resume_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A provider that counts requests counts those for other mails as well.
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

/// After so many failures: doubling up to a limit, and between half of that and all of it, so
/// that mails that failed together don't come back together.
fn delay(failures: u32) -> Duration {
    let full = RETRY_MIN.saturating_mul(1 << (failures - 1).min(10)).min(RETRY_MAX);
    full / 2 + (full / 2).mul_f64(rand::rng().random())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_limit_and_keep_at_least_half() {
        for (failures, full_ms) in [(1, 500), (2, 1_000), (6, 16_000), (7, 30_000), (4_000, 30_000)]
        {
            for _ in 0..100 {
                let delay = delay(failures).as_millis();
                assert!((full_ms / 2..=full_ms).contains(&delay), "{failures}: {delay}");
            }
        }
    }
}
