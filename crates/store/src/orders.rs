//! Rows of `orders`, the newest state of each order: db-worker writes them, the gateway and the
//! console read them.

mod filter;
mod numbered;
mod row;

use crate::row::follow_stored;
use crate::{StoreError, compare, table};
use messages::{EntryId, Order, OrderId, OrderSide, OrderStatus, Symbol, UserId};
use sqlx::{PgConnection, PgPool};
use std::collections::{BTreeMap, HashMap};
use time::OffsetDateTime;
use uuid::Uuid;

pub use filter::Filter;
pub use numbered::{find_by_client_order_id, find_by_number, numbered_page, position_sides};

/// An order after an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderState {
    /// The id of the event in `response:stream`.
    pub event_id: EntryId,
    /// The order.
    pub order: Order,
}

table! {
    /// A row of `orders`, as it is stored.
    pub Row, Columns;
    /// The order's id.
    order_id: Uuid = "order_id",
    /// The owner.
    user_id: Uuid = "user_id",
    /// The number in its account, zero if it is from before orders had one.
    sequence: i64 = "sequence",
    /// The owner's own id.
    client_order_id: Option<String> = "client_order_id",
    /// The symbol.
    asset: String = "asset",
    /// `BUY` or `SELL`.
    side: String = "side",
    /// The side of the position that the order works for, in mode `hedge`.
    position_side: Option<String> = "position_side",
    /// The position that the order reduces, in mode `separate`.
    position_id: Option<Uuid> = "position_id",
    /// The kind, a text of `OrderKind`.
    kind: String = "kind",
    /// The time in force, a text of `TimeInForce`.
    time_in_force: String = "time_in_force",
    /// The quantity of the base asset.
    qty: i64 = "qty",
    /// The limit price.
    price: Option<i64> = "price",
    /// The trigger price.
    trigger_price: Option<i64> = "trigger_price",
    /// The distance of a trailing stop from its peak.
    callback_bps: Option<i32> = "callback_bps",
    /// The time at which the trigger or the activation price was reached.
    activated_at: Option<OffsetDateTime> = "activated_at",
    /// Whether the order may only reduce a position.
    reduce_only: bool = "reduce_only",
    /// Whether the order closes the whole position.
    close_position: bool = "close_position",
    /// The leverage.
    leverage: i16 = "leverage",
    /// The stop-loss of the position that the order opens.
    stop_loss: Option<i64> = "stop_loss",
    /// The take-profit of the position that the order opens.
    take_profit: Option<i64> = "take_profit",
    /// The callback of the trailing stop that the order attaches.
    trailing_stop_bps: Option<i32> = "trailing_stop_bps",
    /// The worst price at which the order may trade.
    price_limit: Option<i64> = "price_limit",
    /// The greatest distance of the fill from the trigger or the quote.
    max_slippage_bps: Option<i32> = "max_slippage_bps",
    /// The time at which the order expires.
    expires_at: Option<OffsetDateTime> = "expires_at",
    /// The money that the order holds while it rests.
    reserved: i64 = "reserved",
    /// The state, a text of `OrderStatus`.
    status: String = "status",
    /// The reason for which it expired, a text of `ExpiryReason`.
    reason: Option<String> = "reason",
    /// The quantity that it has traded.
    filled_qty: i64 = "filled_qty",
    /// The price at which it has traded.
    average_price: Option<i64> = "average_price",
    /// The time of its acceptance.
    created_at: OffsetDateTime = "created_at",
    /// The time of its last change.
    updated_at: OffsetDateTime = "updated_at",
    /// The id of the event that brought this state.
    event_id: String = "event_id",
}

/// The error for a row that holds no order; db-worker writes no such row.
#[derive(Debug, thiserror::Error)]
#[error("the row of order {order_id} in orders can't be read")]
pub struct Unreadable {
    /// The order's id.
    pub order_id: Uuid,
}

/// A place in a user's orders, which run from the newest to the oldest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The time of the order's acceptance.
    pub created_at: OffsetDateTime,
    /// The order's id, which decides between orders that were accepted at the same time.
    pub order_id: Uuid,
}

/// Reads rows; the only list of the columns of a `select`.
macro_rules! select {
    ($condition:tt $(+ $rest:tt)* $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"select
               order_id, user_id, client_order_id, asset, side, position_side, position_id, kind,
               time_in_force, qty, price, trigger_price, callback_bps, activated_at, reduce_only,
               close_position, leverage, stop_loss, take_profit, trailing_stop_bps, price_limit,
               max_slippage_bps, expires_at, reserved, status, reason, filled_qty, average_price,
               created_at, updated_at, event_id, sequence
           from orders
           where "# + $condition $(+ $rest)*,
            $($argument),*
        )
    };
}

pub(crate) use select;

/// Reads a page of a user's rows that meet a condition on `$10` and what follows, in an order. Each
/// condition is a statement of its own, so that each is planned with the index that is made for it.
macro_rules! select_page {
    ($wanted:expr, $follows:tt, $order:tt, $condition:tt $(, $argument:expr)*) => {{
        let Wanted { pool, user_id, filter, after, len } = $wanted;
        select!(
            r#"user_id = $1
               and ($2::text is null or asset = $2)
               and ($3::timestamptz is null or (created_at, order_id) "# + $follows + r#" ($3, $4))
               and ($6::text is null or side = $6)
               and (cardinality($7::text[]) = 0 or kind = any($7))
               and ($8::timestamptz is null or created_at >= $8)
               and ($9::timestamptz is null or created_at < $9)
               and "# + $condition + $order + " limit $5",
            user_id.0,
            filter.asset.as_ref().map(Symbol::as_str),
            after.map(|cursor| cursor.created_at),
            after.map(|cursor| cursor.order_id),
            len,
            filter.side.map(OrderSide::as_str),
            &filter.kind_words() as &[String],
            filter.from,
            filter.to
            $(, $argument)*
        )
        .fetch_all(pool)
        .await
    }};
}

/// Reads a page of the rows that a filter names, in an order.
macro_rules! select_filtered {
    ($wanted:expr, $follows:tt, $order:tt) => {{
        let wanted = $wanted;
        match (&wanted.filter.client_order_id, wanted.filter.statuses.as_slice()) {
            (Some(client_order_id), _) => select_page!(
                wanted,
                $follows,
                $order,
                "client_order_id = $10 and (cardinality($11::text[]) = 0 or status = any($11))",
                client_order_id,
                &wanted.filter.status_words() as &[String]
            ),
            (None, [OrderStatus::New]) => {
                select_page!(wanted, $follows, $order, "status = 'NEW'")
            }
            (None, _) => select_page!(
                wanted,
                $follows,
                $order,
                "(cardinality($10::text[]) = 0 or status = any($10))",
                &wanted.filter.status_words() as &[String]
            ),
        }
    }};
}

/// The page that is read.
struct Wanted<'a> {
    pool: &'a PgPool,
    user_id: UserId,
    filter: &'a Filter,
    after: Option<Cursor>,
    len: i64,
}

/// Stores the states of orders in one statement and returns the number of rows that it wrote. The
/// newest state of an order stays, whatever the order in which they come; one that is stored with
/// other values, brought by the same event, is refused.
///
/// # Errors
/// [`StoreError::Unstorable`] if any of the states can't be stored.
pub async fn upsert_all<'a>(
    connection: &mut PgConnection,
    states: impl Iterator<Item = &'a OrderState>,
) -> Result<u64, StoreError> {
    let rows = newest(states)?;
    if rows.is_empty() {
        return Ok(0);
    }
    let columns = Columns::of(&rows);
    let written = upsert(connection, &columns).await?;
    if written < rows.len() as u64 {
        let stored = select!("order_id = any($1)", &columns.order_id).fetch_all(connection).await?;
        compare_same_events(rows, &stored)?;
    }
    Ok(written)
}

/// Returns at most `len` of a user's rows, newest first: the first ones, or those that follow
/// `after`.
pub async fn page(
    pool: &PgPool,
    user_id: UserId,
    filter: &Filter,
    after: Option<Cursor>,
    len: i64,
) -> sqlx::Result<Vec<Row>> {
    let wanted = Wanted { pool, user_id, filter, after, len };
    select_filtered!(wanted, "<", " order by created_at desc, order_id desc")
}

/// Returns at most `len` of a user's rows, oldest first: the first ones, or those that follow
/// `after`.
pub async fn page_onward(
    pool: &PgPool,
    user_id: UserId,
    filter: &Filter,
    after: Option<Cursor>,
    len: i64,
) -> sqlx::Result<Vec<Row>> {
    let wanted = Wanted { pool, user_id, filter, after, len };
    select_filtered!(wanted, ">", " order by created_at, order_id")
}

/// Returns the row of an order, whoever owns it.
pub async fn find(pool: &PgPool, order_id: OrderId) -> sqlx::Result<Option<Row>> {
    select!("order_id = $1", order_id.0).fetch_optional(pool).await
}

/// Returns the row of an order if this user owns it.
pub async fn find_owned(
    pool: &PgPool,
    user_id: UserId,
    order_id: OrderId,
) -> sqlx::Result<Option<Row>> {
    select!("order_id = $1 and user_id = $2", order_id.0, user_id.0).fetch_optional(pool).await
}

/// Returns a user's rows, oldest first, that name a position or have one of these ids or the
/// position's, which is that of the order that opened it.
pub async fn of_position(
    pool: &PgPool,
    user_id: UserId,
    position_id: OrderId,
    order_ids: &[Uuid],
) -> sqlx::Result<Vec<Row>> {
    select!(
        r#"user_id = $1 and (position_id = $2 or order_id = $2 or order_id = any($3))
           order by created_at, order_id"#,
        user_id.0,
        position_id.0,
        order_ids,
    )
    .fetch_all(pool)
    .await
}

/// Returns a row for each order, with its newest state. A statement can write a row only once, and
/// two that write the same rows in one order never wait for each other in a circle.
fn newest<'a>(states: impl Iterator<Item = &'a OrderState>) -> Result<Vec<Row>, StoreError> {
    let mut newest: BTreeMap<Uuid, (EntryId, Row)> = BTreeMap::new();
    for state in states {
        let row = Row::of(state)?;
        match newest.get(&row.order_id) {
            Some((event_id, known)) if *event_id == state.event_id => {
                compare(&[row], std::slice::from_ref(known), subject)?;
            }
            Some((event_id, _)) if *event_id > state.event_id => {}
            _ => drop(newest.insert(row.order_id, (state.event_id, row))),
        }
    }
    Ok(newest.into_values().map(|(_, row)| row).collect())
}

/// Compares the given rows with the stored ones, except those that a newer event has replaced.
fn compare_same_events(mut given: Vec<Row>, stored: &[Row]) -> Result<(), StoreError> {
    let events: HashMap<Uuid, &str> =
        stored.iter().map(|row| (row.order_id, row.event_id.as_str())).collect();
    given.retain(|row| events.get(&row.order_id).is_none_or(|event| *event == row.event_id));
    // A version that did not know sequences may have stored it.
    follow_stored(&mut given, stored, subject, |given, stored| {
        given.sequence = if stored.sequence == 0 { 0 } else { given.sequence };
    });
    compare(&given, stored, subject)
}

fn subject(row: &Row) -> String {
    format!("order {}", row.order_id)
}

/// Writes orders. What no request and no price changes is written with the first event alone.
async fn upsert(connection: &mut PgConnection, columns: &Columns) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        r#"insert into orders (
               order_id, user_id, client_order_id, asset, side, position_side, position_id, kind,
               time_in_force, qty, price, trigger_price, callback_bps, activated_at, reduce_only,
               close_position, leverage, stop_loss, take_profit, trailing_stop_bps, price_limit,
               max_slippage_bps, expires_at, reserved, status, reason, filled_qty, average_price,
               created_at, updated_at, event_id, sequence
           )
           select * from unnest(
               $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[],
               $8::text[], $9::text[], $10::bigint[], $11::bigint[], $12::bigint[],
               $13::integer[], $14::timestamptz[], $15::boolean[], $16::boolean[],
               $17::smallint[], $18::bigint[], $19::bigint[], $20::integer[], $21::bigint[],
               $22::integer[], $23::timestamptz[], $24::bigint[], $25::text[], $26::text[], $27::bigint[],
               $28::bigint[], $29::timestamptz[], $30::timestamptz[], $31::text[], $32::bigint[]
           )
           on conflict (order_id) do update set (
               qty, price, trigger_price, callback_bps, activated_at, leverage, reserved, status,
               reason, filled_qty, average_price, updated_at, event_id, sequence
           ) = (
               excluded.qty, excluded.price, excluded.trigger_price, excluded.callback_bps,
               excluded.activated_at, excluded.leverage, excluded.reserved, excluded.status,
               excluded.reason, excluded.filled_qty, excluded.average_price, excluded.updated_at,
               excluded.event_id, excluded.sequence
           )
           where (
               split_part(orders.event_id, '-', 1)::numeric,
               split_part(orders.event_id, '-', 2)::numeric
           ) < (
               split_part(excluded.event_id, '-', 1)::numeric,
               split_part(excluded.event_id, '-', 2)::numeric
           )"#,
        &columns.order_id,
        &columns.user_id,
        columns.client_order_id.as_slice() as &[Option<String>],
        &columns.asset,
        &columns.side,
        columns.position_side.as_slice() as &[Option<String>],
        columns.position_id.as_slice() as &[Option<Uuid>],
        &columns.kind,
        &columns.time_in_force,
        &columns.qty,
        columns.price.as_slice() as &[Option<i64>],
        columns.trigger_price.as_slice() as &[Option<i64>],
        columns.callback_bps.as_slice() as &[Option<i32>],
        columns.activated_at.as_slice() as &[Option<OffsetDateTime>],
        &columns.reduce_only,
        &columns.close_position,
        &columns.leverage,
        columns.stop_loss.as_slice() as &[Option<i64>],
        columns.take_profit.as_slice() as &[Option<i64>],
        columns.trailing_stop_bps.as_slice() as &[Option<i32>],
        columns.price_limit.as_slice() as &[Option<i64>],
        columns.max_slippage_bps.as_slice() as &[Option<i32>],
        columns.expires_at.as_slice() as &[Option<OffsetDateTime>],
        &columns.reserved,
        &columns.status,
        columns.reason.as_slice() as &[Option<String>],
        &columns.filled_qty,
        columns.average_price.as_slice() as &[Option<i64>],
        &columns.created_at,
        &columns.updated_at,
        &columns.event_id,
        &columns.sequence,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}
