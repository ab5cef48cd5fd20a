//! Follows the list that the engine writes to Redis.

use crate::Markets;
use messages::{Instrument, MARKETS};
use std::time::Duration;
use streams::{Error, Redis};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// The interval at which the key is read.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// The current list of instruments. Cheap to clone.
#[derive(Clone)]
pub struct Followed(watch::Receiver<Markets>);

impl Followed {
    /// Creates a list that never changes.
    pub fn fixed(markets: Markets) -> Self {
        Self(watch::channel(markets).1)
    }

    /// Returns the current list; it is empty until the engine has written one.
    pub fn now(&self) -> Markets {
        self.0.borrow().clone()
    }

    /// Waits until there is a list.
    pub async fn ready(&mut self) -> Markets {
        let found =
            self.0.wait_for(|markets| !markets.is_empty()).await.map(|markets| markets.clone());
        match found {
            Ok(markets) => markets,
            // The service is shutting down: there will be no list.
            Err(_) => std::future::pending().await,
        }
    }

    /// Waits for the next change of the list. Cancel safe.
    pub async fn changed(&mut self) -> Markets {
        if self.0.changed().await.is_err() {
            // The list is fixed, or the service is shutting down.
            std::future::pending::<()>().await;
        }
        self.0.borrow_and_update().clone()
    }
}

/// Reads the list of instruments once; it is empty if the engine has not written one.
///
/// # Errors
/// When Redis does not answer.
pub async fn published(redis: &Redis) -> Result<Markets, Error> {
    let json = redis.get(MARKETS).await?.unwrap_or_default();
    Ok(parse(&json).unwrap_or_default())
}

fn parse(json: &str) -> Result<Markets, serde_json::Error> {
    serde_json::from_str::<Vec<Instrument>>(json).map(Markets::from)
}

/// Follows the list of instruments until `shutdown`. Calls `report` with the reason while there is
/// none, and with `None` when there is one. Returns after the first attempt to read it, which must
/// not delay a start for long.
pub async fn follow(
    redis: Redis,
    report: impl Fn(Option<String>) + Send + Sync + 'static,
    shutdown: CancellationToken,
) -> Followed {
    let (sender, receiver) = watch::channel(Markets::default());
    report(Some("the engine has not listed the instruments yet".to_owned()));
    let mut follower = Follower { redis, report, sender, known: String::new() };
    // An error means that Redis is slow: the list comes later.
    let _ = timeout(POLL_INTERVAL, follower.read()).await;
    tokio::spawn(shutdown.run_until_cancelled_owned(async move {
        loop {
            sleep(POLL_INTERVAL).await;
            follower.read().await;
        }
    }));
    Followed(receiver)
}

struct Follower<R> {
    redis: Redis,
    report: R,
    sender: watch::Sender<Markets>,
    /// The JSON text of the current list.
    known: String,
}

impl<R: Fn(Option<String>)> Follower<R> {
    /// Reads the list. Without Redis or the key, the last list stays in use.
    async fn read(&mut self) {
        let Ok(Some(json)) = self.redis.get(MARKETS).await else { return };
        if json == self.known {
            return;
        }
        match parse(&json) {
            Ok(markets) => {
                self.sender.send_replace(markets);
                (self.report)(None);
            }
            Err(error) => tracing::warn!(%error, "the list of instruments can't be read"),
        }
        self.known = json;
    }
}
