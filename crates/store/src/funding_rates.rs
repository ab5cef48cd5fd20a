//! Rows of `funding_rates`: batch-uploader writes them, the gateway reads them.

use crate::moment::{time_of, unix_ms};
use crate::{StoreError, table};
use messages::{SettleFunding, Symbol};
use price::{Price, Rate};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

table! {
    /// A row of `funding_rates`, as it is stored.
    pub Row, Columns;
    /// The symbol.
    symbol: String = "symbol",
    /// The time of the funding.
    funding_time: OffsetDateTime = "funding_time",
    /// The rate.
    rate: i64 = "rate",
    /// The mark price of the funding.
    mark_price: i64 = "mark_price",
}

/// The error for a row that holds no funding; batch-uploader writes no such row.
#[derive(Debug, thiserror::Error)]
#[error("the row of {symbol} at {funding_time} in funding_rates can't be read")]
pub struct Unreadable {
    /// The row's symbol.
    pub symbol: String,
    /// The row's time.
    pub funding_time: OffsetDateTime,
}

/// The fundings that a page shows: those that match everything that is given.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// The symbol.
    pub symbol: Option<Symbol>,
    /// The earliest time.
    pub from: Option<OffsetDateTime>,
    /// The time before which the fundings were.
    pub to: Option<OffsetDateTime>,
}

/// The last funding of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The time of the funding.
    pub funding_time: OffsetDateTime,
    /// The symbol.
    pub symbol: Symbol,
}

/// Inserts fundings in one statement and returns the number of new ones. A funding that is already
/// stored stays as it is.
///
/// # Errors
/// [`StoreError::Unstorable`] if any of the fundings can't be stored.
pub async fn insert_all<'a>(
    connection: &mut PgConnection,
    fundings: impl Iterator<Item = &'a SettleFunding>,
) -> Result<u64, StoreError> {
    let mut rows = fundings.map(Row::of).collect::<Result<Vec<_>, _>>()?;
    if rows.is_empty() {
        return Ok(0);
    }
    // A common order, so that uploaders that insert the same fundings cannot deadlock.
    rows.sort_by(|a, b| (&a.symbol, a.funding_time).cmp(&(&b.symbol, b.funding_time)));
    let columns = Columns::of(&rows);
    let done = sqlx::query!(
        r#"insert into funding_rates (symbol, funding_time, rate, mark_price)
           select * from unnest($1::text[], $2::timestamptz[], $3::bigint[], $4::bigint[])
           on conflict (symbol, funding_time) do nothing"#,
        &columns.symbol,
        &columns.funding_time,
        &columns.rate,
        &columns.mark_price,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// Returns at most `len` rows, newest first: the first ones, or those that follow `after`.
///
/// # Errors
/// When the database does not answer.
pub async fn page(
    pool: &PgPool,
    filter: &Filter,
    after: Option<Cursor>,
    len: i64,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select symbol, funding_time, rate, mark_price
           from funding_rates
           where ($1::text is null or symbol = $1)
               and ($2::timestamptz is null or funding_time >= $2)
               and ($3::timestamptz is null or funding_time < $3)
               and ($4::timestamptz is null or (funding_time, symbol) < ($4, $5))
           order by funding_time desc, symbol desc
           limit $6"#,
        filter.symbol.as_ref().map(Symbol::as_str),
        filter.from,
        filter.to,
        after.map(|after| after.funding_time),
        after.as_ref().map(|after| after.symbol.as_str()),
        len,
    )
    .fetch_all(pool)
    .await
}

/// Returns at most `len` rows, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn oldest(pool: &PgPool, filter: &Filter, len: i64) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select symbol, funding_time, rate, mark_price
           from funding_rates
           where ($1::text is null or symbol = $1)
               and ($2::timestamptz is null or funding_time >= $2)
               and ($3::timestamptz is null or funding_time < $3)
           order by funding_time, symbol
           limit $4"#,
        filter.symbol.as_ref().map(Symbol::as_str),
        filter.from,
        filter.to,
        len,
    )
    .fetch_all(pool)
    .await
}

impl Row {
    fn of(funding: &SettleFunding) -> Result<Self, StoreError> {
        Ok(Self {
            symbol: funding.symbol.to_string(),
            funding_time: time_of(funding.funding_ms.saturating_mul(1_000))?,
            rate: funding.rate.to_i64()?,
            mark_price: funding.mark.to_i64()?,
        })
    }

    fn read(&self) -> Option<SettleFunding> {
        Some(SettleFunding {
            symbol: self.symbol.parse().ok()?,
            funding_ms: unix_ms(self.funding_time)?,
            rate: Rate::from(self.rate),
            mark: Price::from(self.mark_price),
        })
    }
}

impl TryFrom<Row> for SettleFunding {
    type Error = Unreadable;

    fn try_from(row: Row) -> Result<Self, Unreadable> {
        let Row { symbol, funding_time, .. } = row.clone();
        row.read().ok_or(Unreadable { symbol, funding_time })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn funding() -> SettleFunding {
        SettleFunding {
            symbol: Symbol::from_static("BTCUSDT"),
            funding_ms: 1_703_030_400_003,
            rate: Rate::from(-2_500),
            mark: Price::from(9_204_612_345_678),
        }
    }

    #[test]
    fn a_funding_survives_its_row() {
        let row = Row::of(&funding()).expect("it fits the columns");
        assert_eq!(SettleFunding::try_from(row.clone()).expect("it is one"), funding());
        let wrong = Row { symbol: "btc".to_owned(), ..row };
        assert!(SettleFunding::try_from(wrong).is_err());
    }

    #[test]
    fn what_no_column_holds_is_refused() {
        for wrong in [
            SettleFunding { rate: Rate::from_scaled(1 << 63), ..funding() },
            SettleFunding { mark: Price::from_scaled(1 << 63), ..funding() },
            SettleFunding { funding_ms: u64::MAX, ..funding() },
        ] {
            let refused = Row::of(&wrong);
            assert!(matches!(refused, Err(StoreError::Unstorable(_))), "{refused:?}");
        }
    }
}
