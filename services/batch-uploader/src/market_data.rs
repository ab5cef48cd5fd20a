//! Stores a batch of market data.

use crate::{history, trades};
use messages::{
    CandleHistory, DecodeError, EntryId, Fields, MarketData, SettleFunding, StreamMessage as _,
    Trade, UPLOADER_GROUP, UPLOADER_STREAM,
};
use sqlx::PgPool;
use store::{StoreError, funding_rates, time_of};
use time::OffsetDateTime;
use worker::Job;

/// The age of a stored trade above which its candles are refreshed. TimescaleDB may have aggregated
/// candles that ended a minute ago, and refreshes them in minutes, in a day, or never. Batching
/// delays trades by a few seconds only.
const LATE_AFTER: time::Duration = time::Duration::seconds(30);

/// The time between two late trades above which their candles are refreshed separately: a trade of
/// last year and one of today cost two candles of each level, not a year of them.
const STRETCH_GAP_MAX: time::Duration = time::Duration::days(1);

/// Stores trades, historical candles and the rates of fundings.
pub struct MarketDataStore<'a> {
    pub pool: &'a PgPool,
}

impl Job for MarketDataStore<'_> {
    const STREAM: &'static str = UPLOADER_STREAM;
    const GROUP: &'static str = UPLOADER_GROUP;
    type Item = MarketData;

    fn decode(_: EntryId, fields: &Fields) -> Result<Option<MarketData>, DecodeError> {
        MarketData::decode(fields).map(Some)
    }

    async fn store(&self, items: &[MarketData]) -> Result<u64, StoreError> {
        let (mut new_trades, mut histories): (Vec<&Trade>, Vec<&CandleHistory>) =
            Default::default();
        let mut fundings: Vec<&SettleFunding> = Vec::new();
        for item in items {
            match item {
                MarketData::Trade(trade) => new_trades.push(trade),
                MarketData::History(history) => histories.push(history),
                MarketData::Funding(funding) => fundings.push(funding),
            }
        }
        let mut transaction = self.pool.begin().await?;
        let mut rows = trades::insert(&mut transaction, &mut new_trades).await?;
        for history in histories {
            rows += history::insert(&mut transaction, history).await?;
        }
        rows += funding_rates::insert_all(&mut transaction, fundings.into_iter()).await?;
        transaction.commit().await?;
        self.refresh_late_candles(&new_trades).await?;
        Ok(rows)
    }
}

impl MarketDataStore<'_> {
    /// Refreshes the candles of late trades, after the commit and before the acknowledgement: if
    /// the process dies in between, the trades are delivered again, and so is the refresh.
    async fn refresh_late_candles(&self, stored: &[&Trade]) -> Result<(), StoreError> {
        let times = stored.iter().map(|trade| time_of(trade.time_us));
        let mut times = times.collect::<Result<Vec<_>, _>>()?;
        times.retain(|time| *time < OffsetDateTime::now_utc() - LATE_AFTER);
        times.sort_unstable();
        for stretch in times.chunk_by(|earlier, later| *later - *earlier <= STRETCH_GAP_MAX) {
            if let (Some(from), Some(to)) = (stretch.first(), stretch.last()) {
                sqlx::query!("call refresh_candles($1, $2)", from, to).execute(self.pool).await?;
            }
        }
        Ok(())
    }
}
