//! The permanent records among the events of `response:stream`.

use messages::{
    AccountFill, ClosedPosition, DecodeError, EntryId, Event, EventKind, Fields, Income,
    RESPONSE_STREAM, StreamMessage as _,
};
use sqlx::PgPool;
use std::time::Duration;
use store::account_resets::{self, Reset};
use store::balance_adjustments::Adjustment;
use store::orders::OrderState;
use store::{StoreError, accounts, balance_adjustments, closed_orders, fills, income, orders};
use streams::Retention;
use tracing::field::display;
use worker::Job;

/// The events that stay for those who were away: a bot that connects again within ten minutes misses
/// nothing. An entry takes about 700 bytes, so that at most some 70 MB of Redis are used.
const KEPT: Retention = Retention { age: Duration::from_mins(10), entries: 100_000 };

/// Stores orders, fills, closed orders, adjusted balances, statements and resets of accounts.
pub struct Records<'a> {
    pub pool: &'a PgPool,
}

/// The rows of one event.
#[derive(Default)]
pub struct Record {
    order: Option<Box<OrderState>>,
    fill: Option<Box<AccountFill>>,
    closed: Option<Box<ClosedPosition>>,
    adjusted: Option<Box<Adjustment>>,
    income: Vec<Income>,
    reset: Option<Reset>,
}

impl Job for Records<'_> {
    const STREAM: &'static str = RESPONSE_STREAM;
    const SHARDED: bool = true;
    const GROUP: &'static str = "db-worker";
    const KEPT: Option<Retention> = Some(KEPT);
    type Item = Record;

    fn decode(id: EntryId, fields: &Fields) -> Result<Option<Record>, DecodeError> {
        let event = Event::decode(fields)?;
        let order = event.order().map(|order| OrderState { event_id: id, order });
        let mut record = Record {
            order: order.map(Box::new),
            fill: event.fill(id).map(Box::new),
            income: event.income(id),
            ..Record::default()
        };
        let Event { request_id, user_id, timestamp_ms, account, kind, .. } = event;
        let request = request_id.map(display);
        match kind {
            EventKind::PositionClosed(closed) => {
                let order_id = closed.order.order_id;
                tracing::debug!(request.id = request, order.id = %order_id, "taken");
                record.closed = Some(Box::new(closed));
            }
            EventKind::BalanceAdjusted(adjust) => {
                tracing::debug!(request.id = request, user.id = %user_id, "taken");
                let adjustment = Adjustment { user_id, request_id, timestamp_ms, account, adjust };
                record.adjusted = Some(Box::new(adjustment));
            }
            EventKind::AccountReset(reset) => {
                tracing::debug!(request.id = request, user.id = %user_id, "taken");
                record.reset = Some(Reset { id, account_id: user_id, timestamp_ms, reset });
            }
            _ => match &record.order {
                Some(state) => {
                    let order_id = state.order.order_id;
                    tracing::debug!(request.id = request, order.id = %order_id, "taken");
                }
                None if record.fill.is_none() && record.income.is_empty() => return Ok(None),
                None => tracing::debug!(request.id = request, user.id = %user_id, "taken"),
            },
        }
        Ok(Some(record))
    }

    /// Stores all rows in one transaction: an event that is put aside leaves none of its rows.
    async fn store(&self, records: &[Record]) -> Result<u64, StoreError> {
        let closed = records.iter().filter_map(|record| record.closed.as_deref());
        let adjusted = records.iter().filter_map(|record| record.adjusted.as_deref());
        let states = records.iter().filter_map(|record| record.order.as_deref());
        let traded = records.iter().filter_map(|record| record.fill.as_deref());
        let lines = records.iter().flat_map(|record| &record.income);
        let resets = || records.iter().filter_map(|record| record.reset.as_ref());
        let mut transaction = self.pool.begin().await?;
        let mut rows = closed_orders::insert_all(&mut transaction, closed).await?;
        rows += balance_adjustments::insert_all(&mut transaction, adjusted).await?;
        rows += orders::upsert_all(&mut transaction, states).await?;
        rows += fills::insert_all(&mut transaction, traded).await?;
        rows += income::insert_all(&mut transaction, lines).await?;
        rows += account_resets::insert_all(&mut transaction, resets()).await?;
        accounts::begin_again(&mut transaction, resets()).await?;
        transaction.commit().await?;
        Ok(rows)
    }
}
