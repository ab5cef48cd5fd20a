//! Rows of `income`: db-worker writes them, the gateway reads them and the console adds them up.

use crate::moment::time_of;
use crate::row::{follow_stored, stored_sequence};
use crate::{StoreError, compare, table};
use messages::{EntryId, Income, IncomeKind, OrderId, Symbol, UserId};
use price::Usd;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

table! {
    /// A row of `income`, as it is stored.
    pub Row, Columns;
    /// The id of the event in `response:stream`.
    id: String = "id",
    /// The kind, a text of `IncomeKind`.
    kind: String = "kind",
    /// The owner.
    user_id: Uuid = "user_id",
    /// The amount, negative for what the account paid.
    amount: i64 = "amount",
    /// The symbol.
    asset: Option<String> = "asset",
    /// The order.
    order_id: Option<Uuid> = "order_id",
    /// The position.
    position_id: Option<Uuid> = "position_id",
    /// The time of the event.
    time: OffsetDateTime = "time",
    /// The sequence of the event, unknown if it is from before lines had one.
    sequence: Option<i64> = "sequence",
}

/// The error for a row that holds no line; db-worker writes no such row.
#[derive(Debug, thiserror::Error)]
#[error("the row {id} in income can't be read")]
pub struct Unreadable {
    /// The row's id.
    pub id: String,
}

/// The lines that a page shows: those that match everything that is given.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The kinds; empty for all.
    pub kinds: Vec<IncomeKind>,
    /// The symbol.
    pub asset: Option<Symbol>,
    /// The earliest time.
    pub from: Option<OffsetDateTime>,
    /// The time before which the events were.
    pub to: Option<OffsetDateTime>,
}

/// A place in a user's lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The event.
    pub id: EntryId,
    /// The kind, which decides between the lines of one event.
    pub kind: IncomeKind,
}

/// Reads rows; the only list of the columns of a `select`.
macro_rules! select {
    ($condition:tt $(+ $rest:tt)* $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"select id, kind, user_id, amount, asset, order_id, position_id, "time",
               sequence
           from income
           where "# + $condition $(+ $rest)*,
            $($argument),*
        )
    };
}

/// Reads a page of a user's rows that meet a condition on `$9`, in an order. Each condition is a
/// statement of its own, so that each is planned with the index that is made for it.
macro_rules! select_page {
    ($wanted:expr, $follows:tt, $order:tt, $condition:tt, $argument:expr) => {{
        let Wanted { pool, user_id, filter, after, len } = $wanted;
        select!(
            r#"user_id = $1
               and ($2::text is null or asset = $2)
               and ($3::timestamptz is null or "time" >= $3)
               and ($4::timestamptz is null or "time" < $4)
               and ($5::timestamptz is null
                   or ("time", length(id), id, kind) "#
                + $follows
                + r#" ($5, length($6), $6, $7))
               and "#
                + $condition
                + $order
                + " limit $8",
            user_id.0,
            filter.asset.as_ref().map(Symbol::as_str),
            filter.from,
            filter.to,
            after.as_ref().map(|place| place.time),
            after.as_ref().map(|place| place.id.as_str()),
            after.as_ref().map(|place| place.kind),
            len,
            $argument,
        )
        .fetch_all(pool)
        .await
    }};
}

/// Reads a page of the rows that a filter names, in an order.
macro_rules! select_filtered {
    ($wanted:expr, $follows:tt, $order:tt) => {{
        let wanted = $wanted;
        match wanted.filter.kinds.as_slice() {
            [kind] => select_page!(wanted, $follows, $order, "kind = $9", kind.as_str()),
            kinds => select_page!(
                wanted,
                $follows,
                $order,
                "(cardinality($9::text[]) = 0 or kind = any($9))",
                &words(kinds) as &[String]
            ),
        }
    }};
}

/// The page that is read.
struct Wanted<'a> {
    pool: &'a PgPool,
    user_id: UserId,
    filter: &'a Filter,
    after: Option<Place>,
    len: i64,
}

/// A [`Cursor`] as the columns hold it.
struct Place {
    time: OffsetDateTime,
    id: String,
    kind: &'static str,
}

/// Inserts lines in one statement and returns the number of new ones. A line that is already stored
/// stays as it is; one that is stored with other values is refused.
///
/// # Errors
/// [`StoreError::Unstorable`] if any of the lines can't be stored.
pub async fn insert_all<'a>(
    connection: &mut PgConnection,
    lines: impl Iterator<Item = &'a Income>,
) -> Result<u64, StoreError> {
    let mut rows = lines.map(Row::of).collect::<Result<Vec<_>, _>>()?;
    if rows.is_empty() {
        return Ok(0);
    }
    let columns = Columns::of(&rows);
    let new = insert(connection, &columns).await?;
    if new < rows.len() as u64 {
        let stored = select!("id = any($1)", &columns.id).fetch_all(connection).await?;
        let subject = |row: &Row| format!("line {} {}", row.id, row.kind);
        // A version that did not know sequences may have stored it.
        follow_stored(&mut rows, &stored, subject, |given, stored| {
            given.sequence = stored.sequence.and(given.sequence);
        });
        compare(&rows, &stored, subject)?;
    }
    Ok(new)
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
    // No line is as late as an id whose time is none, so that all lines follow it.
    let wanted = Wanted { pool, user_id, filter, after: after.and_then(Cursor::place), len };
    select_filtered!(wanted, "<", r#" order by "time" desc, length(id) desc, id desc, kind desc"#)
}

/// Returns at most `len` of a user's rows, oldest first: the first ones, or those that follow
/// `after`, the place of a row.
pub async fn page_onward(
    pool: &PgPool,
    user_id: UserId,
    filter: &Filter,
    after: Option<Cursor>,
    len: i64,
) -> sqlx::Result<Vec<Row>> {
    let wanted = Wanted { pool, user_id, filter, after: after.and_then(Cursor::place), len };
    select_filtered!(wanted, ">", r#" order by "time", length(id), id, kind"#)
}

/// Returns at most `len` of a user's rows, oldest first: the first ones since the filter's earliest
/// time, or the newest ones if it has none.
pub async fn page_ascending(
    pool: &PgPool,
    user_id: UserId,
    filter: &Filter,
    len: i64,
) -> sqlx::Result<Vec<Row>> {
    if filter.from.is_some() {
        return page_onward(pool, user_id, filter, None, len).await;
    }
    let mut rows = page(pool, user_id, filter, None, len).await?;
    rows.reverse();
    Ok(rows)
}

/// Returns the rows of accounts about money that came from outside or went there, but for those of
/// resets, in a period that ends before `to`, oldest first.
///
/// # Errors
/// When PostgreSQL is unavailable.
pub async fn flows(
    pool: &PgPool,
    accounts: &[Uuid],
    from: OffsetDateTime,
    to: OffsetDateTime,
) -> sqlx::Result<Vec<Row>> {
    select!(
        r#"user_id = any($1) and kind in ('TRANSFER', 'ADJUSTMENT')
               and "time" >= $2 and "time" < $3
               and not exists (select from account_resets where account_resets.id = income.id)
           order by "time", length(id), id"#,
        accounts,
        from,
        to,
    )
    .fetch_all(pool)
    .await
}

/// Returns the words of kinds, as a statement takes them.
pub fn words(kinds: &[IncomeKind]) -> Vec<String> {
    kinds.iter().map(ToString::to_string).collect()
}

async fn insert(connection: &mut PgConnection, columns: &Columns) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        r#"insert into income (
               id, kind, user_id, amount, asset, order_id, position_id, "time", sequence
           )
           select * from unnest(
               $1::text[], $2::text[], $3::uuid[], $4::bigint[], $5::text[], $6::uuid[],
               $7::uuid[], $8::timestamptz[], $9::bigint[]
           )
           on conflict (id, kind, "time") do nothing"#,
        &columns.id,
        &columns.kind,
        &columns.user_id,
        &columns.amount,
        columns.asset.as_slice() as &[Option<String>],
        columns.order_id.as_slice() as &[Option<Uuid>],
        columns.position_id.as_slice() as &[Option<Uuid>],
        &columns.time,
        columns.sequence.as_slice() as &[Option<i64>],
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

impl Cursor {
    fn place(self) -> Option<Place> {
        let (time, kind) = (time(self.id).ok()?, self.kind.as_str());
        Some(Place { time, id: self.id.to_string(), kind })
    }
}

/// Returns the time of a line.
fn time(id: EntryId) -> Result<OffsetDateTime, StoreError> {
    time_of(id.ms.saturating_mul(1_000))
}

impl Row {
    fn of(line: &Income) -> Result<Self, StoreError> {
        Ok(Self {
            id: line.id.to_string(),
            kind: line.kind.to_string(),
            user_id: line.user_id.0,
            amount: line.amount.to_i64()?,
            asset: line.asset.map(|asset| asset.to_string()),
            order_id: line.order_id.map(|id| id.0),
            position_id: line.position_id.map(|id| id.0),
            time: time(line.id)?,
            sequence: stored_sequence(line.sequence)?,
        })
    }

    fn read(self) -> Option<Income> {
        Some(Income {
            id: self.id.parse().ok()?,
            sequence: self.sequence.unwrap_or(0).try_into().ok()?,
            kind: self.kind.parse().ok()?,
            user_id: UserId(self.user_id),
            amount: Usd::from(self.amount),
            asset: self.asset.map(|asset| asset.parse()).transpose().ok()?,
            order_id: self.order_id.map(OrderId),
            position_id: self.position_id.map(OrderId),
        })
    }
}

impl TryFrom<Row> for Income {
    type Error = Unreadable;

    fn try_from(row: Row) -> Result<Self, Unreadable> {
        let id = row.id.clone();
        row.read().ok_or(Unreadable { id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line in which no two values of a type are equal.
    fn line() -> Income {
        Income {
            id: EntryId::new(1_703_001_299_001, 1 << 32),
            sequence: 4,
            kind: IncomeKind::FundingFee,
            user_id: UserId(Uuid::from_u128(3)),
            amount: Usd::from(-5),
            asset: Some("ETHUSDT".parse().expect("it is a symbol")),
            order_id: Some(OrderId(Uuid::from_u128(1))),
            position_id: Some(OrderId(Uuid::from_u128(2))),
        }
    }

    fn row() -> Row {
        Row::of(&line()).expect("it fits the columns")
    }

    #[test]
    fn a_line_survives_its_row() {
        assert_eq!(row().read(), Some(line()));
        assert_eq!(row().time.unix_timestamp_nanos(), 1_703_001_299_001_000_000);
        let other =
            Income { sequence: 0, asset: None, order_id: None, position_id: None, ..line() };
        assert_eq!(Row::of(&other).expect("it fits the columns").read(), Some(other));
    }

    #[test]
    fn an_amount_or_a_time_that_no_column_holds_is_refused() {
        for wrong in [
            Income { amount: Usd::from_scaled(1 << 63), ..line() },
            Income { id: EntryId::new(u64::MAX, 0), ..line() },
        ] {
            let refused = Row::of(&wrong);
            assert!(matches!(refused, Err(StoreError::Unstorable(_))), "{refused:?}");
        }
    }

    #[test]
    fn a_row_that_is_no_line_is_named() {
        for wrong in [
            Row { id: "1-".to_owned(), ..row() },
            Row { kind: "GIFT".to_owned(), ..row() },
            Row { asset: Some(String::new()), ..row() },
        ] {
            let id = wrong.id.clone();
            let refused = Income::try_from(wrong.clone());
            assert!(refused.is_err_and(|error| error.id == id), "{wrong:?}");
        }
    }
}
