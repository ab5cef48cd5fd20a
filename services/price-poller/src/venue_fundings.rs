//! The fundings that Binance has settled, fetched after each funding time, also those of the time in
//! which no poller ran.

use crate::feed::{VENUE_BACKOFF, unix_ms};
use crate::history::venue::{FetchError, Venue};
use crate::lanes::Outgoing;
use crate::premium::{MISSED_MAX_MS, next_funding_ms};
use crate::publisher::send;
use crate::settlements;
use crate::venue_rates::{self, MalformedRates};
use markets::{Followed, Markets};
use messages::{Funding, FundingSource, Instrument, SettleFunding, Symbol};
use service::Health;
use std::collections::BTreeMap;
use std::time::Duration;
use streams::{Error, Redis};
use tokio::time::{MissedTickBehavior, interval};

/// The interval at which it is checked whether a request is due.
const TURN: Duration = Duration::from_secs(1);

/// The time after a funding at which its rate is first asked for.
const SETTLED_AFTER_MS: u64 = 5_000;

/// The number of requests for a rate that the venue does not have, until the next funding time: an
/// instrument may have a shorter interval here than at the venue.
const ATTEMPTS_MAX: u32 = 10;

/// The number of fundings in an answer: more than a week has.
const PAGE_LEN: u32 = 1_000;

/// The fundings of the instruments whose rates the venue settles.
pub struct VenueFundings<'a> {
    pub venue: Venue,
    pub redis: Redis,
    pub followed: Followed,
    pub health: &'a Health,
}

/// The state of one instrument's fundings.
#[derive(Clone, Copy)]
struct Asking {
    /// The time of the last funding, or from which on there are fundings (Unix ms).
    last_ms: u64,
    /// The time of the next request (Unix ms).
    ask_at_ms: u64,
    failures: u32,
}

/// The reason for which no rates were received.
#[derive(Debug, thiserror::Error)]
enum NoRates {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("an answer can't be read: {0}")]
    Malformed(#[from] MalformedRates),
}

impl VenueFundings<'_> {
    /// Fetches until the poller stops.
    pub async fn run(self) {
        let mut known: Option<BTreeMap<Symbol, Asking>> = None;
        let mut turns = interval(TURN);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            turns.tick().await;
            let listed = self.followed.now();
            if listed.is_empty() {
                continue;
            }
            match self.prepared(&listed, known.as_ref()).await {
                Ok(mut asking) => {
                    self.take_turn(&listed, &mut asking).await;
                    known = Some(asking);
                }
                Err(error) => tracing::warn!(%error, "waiting for Redis to settle fundings"),
            }
        }
    }

    /// Returns the state of each instrument whose rates the venue settles. Those of the first list
    /// continue where the last poller stopped; those that are new begin now.
    async fn prepared(
        &self,
        listed: &Markets,
        known: Option<&BTreeMap<Symbol, Asking>>,
    ) -> Result<BTreeMap<Symbol, Asking>, Error> {
        let mut prepared = BTreeMap::new();
        for instrument in listed.all().iter().filter(|listed| of_venue(listed).is_some()) {
            let symbol = instrument.symbol;
            let asking = match known {
                Some(known) if known.contains_key(&symbol) => known[&symbol],
                _ => {
                    let last_ms = settlements::last_ms(&self.redis, symbol).await?;
                    let last_ms = last_ms.filter(|_| known.is_none()).unwrap_or_else(unix_ms);
                    let mut batch = self.redis.batch();
                    settlements::remember(symbol, last_ms, &mut batch);
                    batch.send().await?;
                    Asking { last_ms, ask_at_ms: 0, failures: 0 }
                }
            };
            prepared.insert(symbol, asking);
        }
        Ok(prepared)
    }

    /// Asks for the fundings that are due.
    async fn take_turn(&self, listed: &Markets, asking: &mut BTreeMap<Symbol, Asking>) {
        for instrument in listed.all() {
            let (Some(funding), Some(asking)) =
                (of_venue(instrument), asking.get_mut(&instrument.symbol))
            else {
                continue;
            };
            if unix_ms() < asking.ask_at_ms {
                continue;
            }
            let answer = self.ask(instrument, asking.last_ms).await;
            let problem = match &answer {
                Ok(fundings) => {
                    self.settle(fundings).await;
                    None
                }
                Err(error) => {
                    tracing::warn!(symbol = %instrument.symbol, %error, "no funding rates");
                    Some(format!("{}: {error}", instrument.symbol))
                }
            };
            self.health.set_remark("fundings", problem);
            asking.learn(&answer, funding, unix_ms());
        }
    }

    async fn ask(
        &self,
        instrument: &Instrument,
        last_ms: u64,
    ) -> Result<Vec<SettleFunding>, NoRates> {
        let (symbol, feed_symbol, now_ms) = (instrument.symbol, instrument.feed_symbol, unix_ms());
        let from_ms = (last_ms + 1).max(now_ms.saturating_sub(MISSED_MAX_MS));
        let query = format!("symbol={feed_symbol}&startTime={from_ms}&limit={PAGE_LEN}");
        let body = self.venue.fetch(&query).await?;
        let fundings = venue_rates::parse(&body, feed_symbol, from_ms - 1, unix_ms())?;
        Ok(fundings.into_iter().map(|funding| SettleFunding { symbol, ..funding }).collect())
    }

    async fn settle(&self, fundings: &[SettleFunding]) {
        let mut out = Outgoing::together(&self.redis);
        for funding in fundings {
            tracing::info!(symbol = %funding.symbol, rate = %funding.rate, "a funding is settled");
            settlements::add(funding, &mut out);
        }
        let mut batch = out.batch;
        if !batch.is_empty() {
            send(&mut batch).await;
            for funding in fundings {
                settlements::remember(funding.symbol, funding.funding_ms, &mut batch);
            }
            send(&mut batch).await;
        }
    }
}

impl Asking {
    /// Chooses the time of the next request after an answer.
    fn learn(
        &mut self,
        answer: &Result<Vec<SettleFunding>, NoRates>,
        funding: Funding,
        now_ms: u64,
    ) {
        let next_ms = next_funding_ms(funding, now_ms);
        let newest_ms = next_ms - u64::from(funding.interval_hours) * 60 * 60 * 1_000;
        let is_final = match answer {
            Ok(fundings) => {
                self.last_ms = fundings.last().map_or(self.last_ms, |last| last.funding_ms);
                // The venue's times are some milliseconds after the full hour.
                self.last_ms >= newest_ms
            }
            Err(NoRates::Fetch(FetchError::Refused { .. })) => true,
            Err(_) => false,
        };
        let is_missing = answer.is_ok() && self.failures + 1 >= ATTEMPTS_MAX;
        if is_final || is_missing {
            (self.failures, self.ask_at_ms) = (0, next_ms + SETTLED_AFTER_MS);
            return;
        }
        self.failures += 1;
        let delay = VENUE_BACKOFF.delay(self.failures);
        self.ask_at_ms = now_ms + u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
    }
}

/// Returns the funding of an instrument if the venue settles it.
fn of_venue(instrument: &Instrument) -> Option<Funding> {
    instrument.funding.filter(|funding| funding.source == FundingSource::Venue)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::StatusCode;
    use testkit::symbols::BTC;

    const HOUR_MS: u64 = 60 * 60 * 1_000;

    fn at(hour: u64) -> SettleFunding {
        let funding_ms = hour * HOUR_MS + 3;
        let (rate, mark) = ("0.0001".parse().unwrap(), "1".parse().unwrap());
        SettleFunding { symbol: BTC, funding_ms, rate, mark }
    }

    #[test]
    fn what_is_missing_is_asked_for_again_and_what_is_there_after_the_next_funding() {
        let funding =
            Funding { source: FundingSource::Venue, interval_hours: 8, cap_ppm: 1_000_000 };
        let new = Asking { last_ms: 8 * HOUR_MS + 3, ask_at_ms: 0, failures: 0 };
        let now_ms = 17 * HOUR_MS;
        let after = |answer: &Result<Vec<SettleFunding>, NoRates>, asking: Asking| {
            let mut asking = asking;
            asking.learn(answer, funding, now_ms);
            (asking.last_ms, asking.ask_at_ms.saturating_sub(now_ms) > HOUR_MS)
        };
        let refused = FetchError::Refused { status: StatusCode::BAD_REQUEST, body: String::new() };
        let unavailable = FetchError::Unavailable(StatusCode::BAD_GATEWAY);
        let last = Asking { failures: ATTEMPTS_MAX - 1, ..new };
        let rows = [
            ("it is there", Ok(vec![at(16)]), new, (16 * HOUR_MS + 3, true)),
            ("several are", Ok(vec![at(12), at(16)]), new, (16 * HOUR_MS + 3, true)),
            ("not yet", Ok(vec![]), new, (new.last_ms, false)),
            ("an older one alone", Ok(vec![at(12)]), new, (12 * HOUR_MS + 3, false)),
            ("never", Ok(vec![]), last, (new.last_ms, true)),
            ("refused", Err(NoRates::Fetch(refused)), new, (new.last_ms, true)),
            ("an outage", Err(NoRates::Fetch(unavailable)), last, (new.last_ms, false)),
        ];
        for (about, answer, asking, expected) in rows {
            assert_eq!(after(&answer, asking), expected, "{about}");
        }
        // Nothing is due yet: the instrument has just been listed.
        let mut asking = Asking { last_ms: now_ms - 1, ..new };
        asking.learn(&Ok(Vec::new()), funding, now_ms);
        assert_eq!(asking.ask_at_ms, 24 * HOUR_MS + SETTLED_AFTER_MS);
    }
}
