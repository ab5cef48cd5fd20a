//! Rows of `fills`: db-worker writes them, the gateway and the console read them.

mod filter;
mod numbered;

use crate::moment::time_of;
use crate::row::{follow_stored, stored_sequence};
use crate::{StoreError, compare, table};
use messages::{AccountFill, CloseReason, EntryId, FillRole, OrderId, OrderSide, Symbol, UserId};
use price::{Price, Qty, Usd};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

pub use filter::Filter;
pub use numbered::{NumberedFilter, Which, liquidations, numbered_page};

table! {
    /// A row of `fills`, as it is stored.
    pub Row, Columns;
    /// The id of the event in `response:stream`.
    id: String = "id",
    /// The order.
    order_id: Uuid = "order_id",
    /// The position.
    position_id: Uuid = "position_id",
    /// The owner.
    user_id: Uuid = "user_id",
    /// The symbol.
    asset: String = "asset",
    /// `BUY` or `SELL`.
    side: String = "side",
    /// The quantity of the base asset.
    qty: i64 = "qty",
    /// The price.
    price: i64 = "price",
    /// The realized P&L.
    realized_pnl: i64 = "realized_pnl",
    /// The fee.
    fee: i64 = "fee",
    /// `MAKER` or `TAKER`.
    role: String = "role",
    /// The reason for a close without an order, a text of `CloseReason`.
    reason: Option<String> = "reason",
    /// The id of the price update whose price was used.
    tick_id: Option<String> = "tick_id",
    /// The time of the fill.
    executed_at: OffsetDateTime = "executed_at",
    /// The number in its account, unknown if it is from before fills had one.
    sequence: Option<i64> = "sequence",
    /// The number of the order.
    order_sequence: Option<i64> = "order_sequence",
}

/// The error for a row that holds no fill; db-worker writes no such row.
#[derive(Debug, thiserror::Error)]
#[error("the row {id} in fills can't be read")]
pub struct Unreadable {
    /// The row's id.
    pub id: String,
}

/// Reads rows; the only list of the columns of a `select`.
macro_rules! select {
    ($condition:tt $(+ $rest:tt)* $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"select
               id, order_id, position_id, user_id, asset, side, qty, price, realized_pnl, fee, role,
               reason, tick_id, executed_at, sequence, order_sequence
           from fills
           where "# + $condition $(+ $rest)*,
            $($argument),*
        )
    };
}

pub(crate) use select;

/// Reads a page of the rows that meet a condition on `$1`, in an order. Each condition is a statement
/// of its own, so that each is planned with the index that is made for it.
macro_rules! select_page {
    ($wanted:expr, $follows:tt, $order:tt, $condition:tt, $argument:expr) => {{
        let Wanted { pool, user_id, filter, after, len } = $wanted;
        select!(
            $condition
                + r#"
               and user_id = $2
               and ($3::text is null or asset = $3)
               and ($4::uuid is null or position_id = $4)
               and ($5::timestamptz is null or executed_at >= $5)
               and ($6::timestamptz is null or executed_at < $6)
               and ($7::timestamptz is null
                   or (executed_at, length(id), id) "#
                + $follows
                + r#" ($7, length($8), $8))
               and ($10::text is null or side = $10)
               and ($11::text is null or role = $11)
               and ($12::text is null or reason = $12)"#
                + $order
                + " limit $9",
            $argument,
            user_id.0,
            filter.asset.as_ref().map(Symbol::as_str),
            filter.position_id.map(|id| id.0),
            filter.from,
            filter.to,
            after.as_ref().map(|(executed_at, _)| *executed_at),
            after.as_ref().map(|(_, id)| id.as_str()),
            len,
            filter.side.map(OrderSide::as_str),
            filter.role.map(FillRole::as_str),
            filter.reason.map(CloseReason::as_str),
        )
        .fetch_all(pool)
        .await
    }};
}

/// Reads a page of the rows that a filter names, in an order.
macro_rules! select_filtered {
    ($wanted:expr, $follows:tt, $order:tt) => {{
        let wanted = $wanted;
        match (wanted.filter.order_id, wanted.filter.position_id) {
            // The index by order leaves out the fills whose order has the id of its position.
            (Some(order_id), _) => select_page!(
                wanted,
                $follows,
                $order,
                r"(order_id = $1 and order_id <> position_id
                       or position_id = $1 and order_id = position_id)",
                order_id.0
            ),
            (None, Some(position_id)) => {
                select_page!(wanted, $follows, $order, "position_id = $1", position_id.0)
            }
            (None, None) => {
                select_page!(wanted, $follows, $order, "user_id = $1", wanted.user_id.0)
            }
        }
    }};
}

/// The page that is read.
struct Wanted<'a> {
    pool: &'a PgPool,
    user_id: UserId,
    filter: &'a Filter,
    after: Option<(OffsetDateTime, String)>,
    len: i64,
}

/// Inserts fills in one statement and returns the number of new ones. A fill that is already stored
/// stays as it is; one that is stored with other values is refused.
///
/// # Errors
/// [`StoreError::Unstorable`] if any of the fills can't be stored.
pub async fn insert_all<'a>(
    connection: &mut PgConnection,
    fills: impl Iterator<Item = &'a AccountFill>,
) -> Result<u64, StoreError> {
    let mut rows = fills.map(Row::of).collect::<Result<Vec<_>, _>>()?;
    if rows.is_empty() {
        return Ok(0);
    }
    let columns = Columns::of(&rows);
    let new = insert(connection, &columns).await?;
    if new < rows.len() as u64 {
        let stored = select!("id = any($1)", &columns.id).fetch_all(connection).await?;
        let id = |row: &Row| row.id.clone();
        follow_stored(&mut rows, &stored, id, |given, stored| {
            // A version that did not know numbers may have stored it.
            if stored.sequence.is_none() {
                (given.sequence, given.order_sequence) = (None, None);
            }
        });
        compare(&rows, &stored, |row| format!("fill {}", row.id))?;
    }
    Ok(new)
}

/// Returns at most `len` of a user's rows, newest first: the first ones, or those that follow the
/// fill `after`.
pub async fn page(
    pool: &PgPool,
    user_id: UserId,
    filter: &Filter,
    after: Option<EntryId>,
    len: i64,
) -> sqlx::Result<Vec<Row>> {
    select_filtered!(
        Wanted::new(pool, user_id, filter, after, len),
        "<",
        " order by executed_at desc, length(id) desc, id desc"
    )
}

/// Returns at most `len` of a user's rows, oldest first: the first ones, or those that follow the
/// fill `after`.
pub async fn page_onward(
    pool: &PgPool,
    user_id: UserId,
    filter: &Filter,
    after: Option<EntryId>,
    len: i64,
) -> sqlx::Result<Vec<Row>> {
    select_filtered!(
        Wanted::new(pool, user_id, filter, after, len),
        ">",
        " order by executed_at, length(id), id"
    )
}

impl<'a> Wanted<'a> {
    fn new(
        pool: &'a PgPool,
        user_id: UserId,
        filter: &'a Filter,
        after: Option<EntryId>,
        len: i64,
    ) -> Self {
        // No fill is as late as an id whose time is none, so that all older fills follow it.
        let after = after.and_then(|id| Some((time(id).ok()?, id.to_string())));
        Self { pool, user_id, filter, after, len }
    }
}

async fn insert(connection: &mut PgConnection, columns: &Columns) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        r#"insert into fills (
               id, order_id, position_id, user_id, asset, side, qty, price, realized_pnl, fee, role,
               reason, tick_id, executed_at, sequence, order_sequence
           )
           select * from unnest(
               $1::text[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[],
               $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::text[],
               $13::text[], $14::timestamptz[], $15::bigint[], $16::bigint[]
           )
           on conflict (id, executed_at) do nothing"#,
        &columns.id,
        &columns.order_id,
        &columns.position_id,
        &columns.user_id,
        &columns.asset,
        &columns.side,
        &columns.qty,
        &columns.price,
        &columns.realized_pnl,
        &columns.fee,
        &columns.role,
        columns.reason.as_slice() as &[Option<String>],
        columns.tick_id.as_slice() as &[Option<String>],
        &columns.executed_at,
        columns.sequence.as_slice() as &[Option<i64>],
        columns.order_sequence.as_slice() as &[Option<i64>],
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// Returns the time of a fill.
fn time(id: EntryId) -> Result<OffsetDateTime, StoreError> {
    time_of(id.ms.saturating_mul(1_000))
}

impl Row {
    fn of(fill: &AccountFill) -> Result<Self, StoreError> {
        Ok(Self {
            id: fill.id.to_string(),
            order_id: fill.order_id.0,
            position_id: fill.position_id.0,
            user_id: fill.user_id.0,
            asset: fill.asset.to_string(),
            side: fill.side.to_string(),
            qty: fill.qty.to_i64()?,
            price: fill.price.to_i64()?,
            realized_pnl: fill.realized_pnl.to_i64()?,
            fee: fill.fee.to_i64()?,
            role: fill.role.to_string(),
            reason: fill.reason.map(|reason| reason.to_string()),
            tick_id: fill.tick_id.map(|id| id.to_string()),
            executed_at: time(fill.id)?,
            sequence: stored_sequence(fill.sequence)?,
            order_sequence: stored_sequence(fill.order_sequence)?,
        })
    }

    fn read(self) -> Option<AccountFill> {
        Some(AccountFill {
            id: self.id.parse().ok()?,
            sequence: self.sequence.unwrap_or(0).try_into().ok()?,
            order_sequence: self.order_sequence.unwrap_or(0).try_into().ok()?,
            order_id: OrderId(self.order_id),
            position_id: OrderId(self.position_id),
            user_id: UserId(self.user_id),
            asset: self.asset.parse().ok()?,
            side: self.side.parse().ok()?,
            qty: Qty::from(self.qty),
            price: Price::from(self.price),
            realized_pnl: Usd::from(self.realized_pnl),
            fee: Usd::from(self.fee),
            role: self.role.parse().ok()?,
            reason: self.reason.map(|reason| reason.parse()).transpose().ok()?,
            tick_id: self.tick_id.map(|id| id.parse()).transpose().ok()?,
        })
    }
}

impl TryFrom<Row> for AccountFill {
    type Error = Unreadable;

    fn try_from(row: Row) -> Result<Self, Unreadable> {
        let id = row.id.clone();
        row.read().ok_or(Unreadable { id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use messages::{CloseReason, FillRole, OrderSide};

    /// A fill in which no two values of a type are equal.
    fn fill() -> AccountFill {
        AccountFill {
            id: EntryId::new(1_703_001_299_001, 1 << 32),
            sequence: 6,
            order_sequence: 5,
            order_id: OrderId(Uuid::from_u128(1)),
            position_id: OrderId(Uuid::from_u128(2)),
            user_id: UserId(Uuid::from_u128(3)),
            asset: "ETHUSDT".parse().expect("it is a symbol"),
            side: OrderSide::Sell,
            qty: Qty::from(1),
            price: Price::from(2),
            realized_pnl: Usd::from(-3),
            fee: Usd::from(4),
            role: FillRole::Maker,
            reason: Some(CloseReason::Liquidation),
            tick_id: Some(EntryId::new(1_703_001_299_001, 0)),
        }
    }

    fn row() -> Row {
        Row::of(&fill()).expect("it fits the columns")
    }

    #[test]
    fn a_fill_survives_its_row() {
        assert_eq!(row().read(), Some(fill()));
        assert_eq!(row().executed_at.unix_timestamp_nanos(), 1_703_001_299_001_000_000);
        let other = AccountFill { reason: None, tick_id: None, ..fill() };
        let other = AccountFill { sequence: 0, order_sequence: 0, ..other };
        assert_eq!(Row::of(&other).expect("it fits the columns").read(), Some(other));
    }

    #[test]
    fn an_amount_or_a_time_that_no_column_holds_is_refused() {
        for wrong in [
            AccountFill { qty: Qty::from_scaled(1 << 63), ..fill() },
            AccountFill { sequence: 1 << 63, ..fill() },
            AccountFill { realized_pnl: Usd::from_scaled(-(1 << 63) - 1), ..fill() },
            AccountFill { id: EntryId::new(u64::MAX, 0), ..fill() },
        ] {
            let refused = Row::of(&wrong);
            assert!(matches!(refused, Err(StoreError::Unstorable(_))), "{refused:?}");
        }
    }

    #[test]
    fn a_row_that_is_no_fill_is_named() {
        for wrong in [
            Row { id: "1-".to_owned(), ..row() },
            Row { asset: String::new(), ..row() },
            Row { side: "LONG".to_owned(), ..row() },
            Row { role: "HOUSE".to_owned(), ..row() },
            Row { order_sequence: Some(-1), ..row() },
            Row { reason: Some("WHIM".to_owned()), ..row() },
            Row { tick_id: Some("1-".to_owned()), ..row() },
        ] {
            let id = wrong.id.clone();
            let refused = AccountFill::try_from(wrong.clone());
            assert!(refused.is_err_and(|error| error.id == id), "{wrong:?}");
        }
    }
}
