//! Follows the list that the engine writes to Redis.

use crate::Markets;
use crate::file::repeated;
use messages::{Instrument, InvalidInstrument, MARKETS, Symbol};
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

/// A list that no engine has written.
#[derive(Debug, thiserror::Error)]
enum InvalidList {
    #[error("it is not a list of instruments: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Instrument(#[from] InvalidInstrument),
    #[error("{0} is in it twice")]
    Twice(Symbol),
    #[error("it is empty")]
    Empty,
}

fn parse(json: &str) -> Result<Markets, InvalidList> {
    let instruments: Vec<Instrument> = serde_json::from_str(json)?;
    instruments.iter().try_for_each(Instrument::check)?;
    if let Some(symbol) = repeated(instruments.iter().map(|instrument| instrument.symbol)) {
        return Err(InvalidList::Twice(symbol));
    }
    if instruments.is_empty() { Err(InvalidList::Empty) } else { Ok(Markets::from(instruments)) }
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
            Err(error) => {
                tracing::warn!(key = MARKETS, %error, "the list of instruments is invalid; ignored");
                if self.sender.borrow().is_empty() {
                    (self.report)(Some(format!("the list of instruments is invalid: {error}")));
                }
            }
        }
        self.known = json;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_list_that_an_engine_writes_is_taken() {
        let shipped = crate::shipped();
        let list = |change: fn(&mut Vec<Instrument>)| {
            let mut instruments = shipped.clone();
            change(&mut instruments);
            parse(&serde_json::to_string(&instruments).unwrap())
        };
        assert_eq!(list(|_| {}).unwrap().all(), shipped);
        let wrong: [fn(&mut Vec<Instrument>); 3] = [
            Vec::clear,
            |instruments| instruments.push(instruments[0].clone()),
            |instruments| instruments[0].spread_bps = 20_001,
        ];
        for change in wrong {
            list(change).unwrap_err();
        }
        parse("").unwrap_err();
    }
}
