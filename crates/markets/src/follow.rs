//! Follows the list that the engine writes to Redis.

use crate::Markets;
use crate::file::repeated;
use messages::{Instrument, InvalidInstrument, MARKETS, Symbol};
use std::sync::Arc;
use std::time::Duration;
use streams::{Error, Redis};
use tokio::sync::{Mutex, watch};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// The interval at which the key is read.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// The current list of instruments. Cheap to clone.
#[derive(Clone)]
pub struct Followed {
    list: watch::Receiver<Markets>,
    /// The reader of the list, unless it never changes.
    follower: Option<Arc<Follower>>,
}

impl Followed {
    /// Creates a list that never changes.
    pub fn fixed(markets: Markets) -> Self {
        Self { list: watch::channel(markets).1, follower: None }
    }

    /// Returns the current list; it is empty until the engine has written one.
    pub fn now(&self) -> Markets {
        self.list.borrow().clone()
    }

    /// Returns the current list. An empty one is read again first: a client that has just seen a
    /// ready engine must not be refused for want of a list that is already written.
    pub async fn now_or_read(&self) -> Markets {
        if let Some(follower) = &self.follower
            && self.list.borrow().is_empty()
        {
            // An error means that Redis is slow: there is no list for this caller.
            let _ = timeout(POLL_INTERVAL, follower.read()).await;
        }
        self.now()
    }

    /// Waits until there is a list.
    pub async fn ready(&mut self) -> Markets {
        let found =
            self.list.wait_for(|markets| !markets.is_empty()).await.map(|markets| markets.clone());
        match found {
            Ok(markets) => markets,
            // The service is shutting down: there will be no list.
            Err(_) => std::future::pending().await,
        }
    }

    /// Waits for the next change of the list. Cancel safe.
    pub async fn changed(&mut self) -> Markets {
        if self.list.changed().await.is_err() {
            // The list is fixed, or the service is shutting down.
            std::future::pending::<()>().await;
        }
        self.list.borrow_and_update().clone()
    }
}

/// Reads the list of instruments once; it is empty if the engine has not written one.
///
/// # Errors
/// When Redis does not answer.
pub async fn published(redis: &Redis) -> Result<Markets, Error> {
    let lists = lists(redis).await?;
    Ok(lists.and_then(|lists| combine(&lists).ok()).unwrap_or_default())
}

/// Reads the list of each shard; `None` while the engine of one of them has not written it.
async fn lists(redis: &Redis) -> Result<Option<Vec<String>>, Error> {
    let mut lists = Vec::new();
    for shard in redis.shards().all() {
        match redis.get(&shard.key(MARKETS)).await? {
            Some(json) => lists.push(json),
            None => return Ok(None),
        }
    }
    Ok(Some(lists))
}

/// Returns the instruments that all shards have. The first one's parameters count: the others have the
/// same, or will have them in a moment.
fn combine(lists: &[String]) -> Result<Markets, InvalidList> {
    let Some((first, others)) = lists.split_first() else { return Err(InvalidList::Empty) };
    let (mut listed, count) = (parse(first)?, u16::try_from(lists.len()).unwrap_or(u16::MAX));
    if count > 1 {
        let others = others.iter().map(|list| parse(list)).collect::<Result<Vec<_>, _>>()?;
        let everywhere =
            |listed: &&Instrument| others.iter().all(|other| other.get(listed.symbol).is_some());
        let common = listed.all().iter().filter(everywhere).cloned();
        listed = Markets::from(common.map(|listed| listed.of_shards(count)).collect::<Vec<_>>());
    }
    if listed.is_empty() { Err(InvalidList::Empty) } else { Ok(listed) }
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
    let (report, known) = (Box::new(report), Mutex::default());
    let follower = Arc::new(Follower { redis, report, sender, known });
    // An error means that Redis is slow: the list comes later.
    let _ = timeout(POLL_INTERVAL, follower.read()).await;
    let reader = Arc::clone(&follower);
    tokio::spawn(shutdown.run_until_cancelled_owned(async move {
        loop {
            sleep(POLL_INTERVAL).await;
            reader.read().await;
        }
    }));
    Followed { list: receiver, follower: Some(follower) }
}

struct Follower {
    redis: Redis,
    report: Box<dyn Fn(Option<String>) + Send + Sync>,
    sender: watch::Sender<Markets>,
    /// The JSON texts of the current list, by shard. Locked while the key is read, so that no list replaces a
    /// newer one.
    known: Mutex<Vec<String>>,
}

impl Follower {
    /// Reads the list. Without Redis or the key, the last list stays in use.
    async fn read(&self) {
        let mut known = self.known.lock().await;
        let Ok(Some(lists)) = lists(&self.redis).await else { return };
        if lists == *known {
            return;
        }
        match combine(&lists) {
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
        *known = lists;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use price::Qty;

    #[test]
    fn a_market_is_one_that_all_shards_have() {
        let mut first = crate::shipped();
        let cap = Qty::from_scaled(5);
        first[0].open_interest_cap = Some(cap);
        let mut second = first.clone();
        let last = second.pop().unwrap();
        let json = |list: &Vec<Instrument>| serde_json::to_string(list).unwrap();
        let listed = combine(&[json(&first), json(&second)]).unwrap();
        assert_eq!(listed.get(last.symbol), None);
        let whole = listed.all()[0].open_interest_cap;
        assert_eq!(whole, Some(Qty::from_scaled(10)));
        assert_eq!(first[0].clone().in_shard(2).open_interest_cap, Some(Qty::from_scaled(2)));
        assert_eq!(combine(&[json(&first)]).unwrap().all(), first);
    }

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
