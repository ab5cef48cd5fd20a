//! The permanent records among the events of `response:stream`.

use messages::{
    ClosedPosition, DecodeError, EntryId, Event, EventKind, Fields, RESPONSE_STREAM,
    StreamMessage as _,
};
use sqlx::PgPool;
use store::balance_adjustments::Adjustment;
use store::{StoreError, balance_adjustments, closed_orders};
use tracing::field::display;
use worker::Job;

/// Stores closed orders and adjusted balances.
pub struct Records<'a> {
    pub pool: &'a PgPool,
}

/// A row to store.
pub enum Record {
    Closed(Box<ClosedPosition>),
    Adjusted(Box<Adjustment>),
}

impl Job for Records<'_> {
    const STREAM: &'static str = RESPONSE_STREAM;
    const GROUP: &'static str = "db-worker";
    type Item = Record;

    fn decode(_: EntryId, fields: &Fields) -> Result<Option<Record>, DecodeError> {
        let Event { request_id, user_id, timestamp_ms, account, kind, .. } = Event::decode(fields)?;
        let request = request_id.map(display);
        match kind {
            EventKind::PositionClosed(closed) => {
                let order_id = closed.order.order_id;
                tracing::debug!(request.id = request, order.id = %order_id, "taken");
                Ok(Some(Record::Closed(Box::new(closed))))
            }
            EventKind::BalanceAdjusted(adjust) => {
                tracing::debug!(request.id = request, user.id = %user_id, "taken");
                Ok(Some(Record::Adjusted(Box::new(Adjustment {
                    user_id,
                    request_id,
                    timestamp_ms,
                    account,
                    adjust,
                }))))
            }
            _ => Ok(None),
        }
    }

    /// Stores each kind separately. If the second fails and is retried, the first changes nothing.
    async fn store(&self, records: &[Record]) -> Result<u64, StoreError> {
        let closed = records.iter().filter_map(|record| match record {
            Record::Closed(closed) => Some(&**closed),
            Record::Adjusted(_) => None,
        });
        let adjusted = records.iter().filter_map(|record| match record {
            Record::Adjusted(adjustment) => Some(&**adjustment),
            Record::Closed(_) => None,
        });
        let rows = closed_orders::insert_all(self.pool, closed).await?;
        Ok(rows + balance_adjustments::insert_all(self.pool, adjusted).await?)
    }
}
