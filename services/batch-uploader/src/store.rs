//! What becomes of a batch of market data.

use crate::{history, trades};
use messages::{
    CandleHistory, DecodeError, Fields, MarketData, StreamMessage as _, Trade, UPLOADER_GROUP,
    UPLOADER_STREAM,
};
use sqlx::PgPool;
use time::OffsetDateTime;
use worker::{Job, StoreError, time_of};

/// What ended a minute ago may have been aggregated by TimescaleDB, which then looks at it again in
/// minutes, in a day, or never: a trade that is stored later than this after it was made has its
/// candles refreshed. Batching keeps trades back for some seconds only.
const LATE_AFTER: time::Duration = time::Duration::seconds(30);

/// Late trades that are further apart are refreshed on their own: one trade of last year beside one
/// of today costs two candles of each level, not a year of them.
const STRETCH_GAP_MAX: time::Duration = time::Duration::days(1);

/// Stores trades and candles of the past.
pub struct MarketDataStore<'a> {
    pub pool: &'a PgPool,
}

impl Job for MarketDataStore<'_> {
    const STREAM: &'static str = UPLOADER_STREAM;
    const GROUP: &'static str = UPLOADER_GROUP;
    type Item = MarketData;

    fn decode(fields: &Fields) -> Result<Option<MarketData>, DecodeError> {
        MarketData::decode(fields).map(Some)
    }

    async fn store(&self, items: &[MarketData]) -> Result<u64, StoreError> {
        let (mut new_trades, mut histories): (Vec<&Trade>, Vec<&CandleHistory>) =
            Default::default();
        for item in items {
            match item {
                MarketData::Trade(trade) => new_trades.push(trade),
                MarketData::History(history) => histories.push(history),
            }
        }
        let mut transaction = self.pool.begin().await?;
        let mut rows = trades::insert(&mut transaction, &mut new_trades).await?;
        for history in histories {
            rows += history::insert(&mut transaction, history).await?;
        }
        transaction.commit().await?;
        self.refresh_late_candles(&new_trades).await?;
        Ok(rows)
    }
}

impl MarketDataStore<'_> {
    /// After the commit and before the acknowledgement: if we die in between, the trades are
    /// delivered again, and this is done then.
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
