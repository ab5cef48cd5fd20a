//! An account's fills by number.

use super::{Row, select};
use crate::numbered::{PAGE_MAX, Span, bound, number};
use crate::orders;
use messages::UserId;
use sqlx::PgPool;

impl Row {
    /// The fill's number in its account.
    pub fn number(&self) -> u64 {
        number(self.sequence, self.executed_at)
    }

    /// The number of its order; its own, if no order made it.
    pub fn order_number(&self) -> u64 {
        number(self.order_sequence, self.executed_at)
    }
}

/// The fills that a page shows: those that match everything that is given.
#[derive(Clone, Copy, Debug)]
pub struct NumberedFilter {
    /// The numbers and times.
    pub span: Span,
    /// The fills among them that are meant.
    pub which: Which,
}

/// The fills that are meant.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    /// All.
    All,
    /// The fills of the order with this number. A fill without an order has its own number as that.
    OfOrder(u64),
    /// The fills without an order: each has closed a position.
    WithoutOrder,
}

/// The condition for which a page is read.
enum Condition {
    Any,
    OfOrder(uuid::Uuid),
    Alone(i64),
    WithoutOrder,
}

/// Reads a page of the rows of a span that meet a condition on `$2`, in an order.
macro_rules! select_span {
    ($wanted:expr, $order:tt, $condition:tt, $argument:expr) => {{
        let (pool, user_id, span, len) = $wanted;
        select!(
            r#"user_id = $1
               and "#
                + $condition
                + r#"
               and asset = $3
               and ($4::bigint is null or account_number(sequence, executed_at) >= $4)
               and ($5::timestamptz is null or executed_at >= $5)
               and ($6::timestamptz is null or executed_at < $6)
           order by "#
                + $order
                + " limit $7",
            user_id.0,
            $argument,
            span.asset.as_str(),
            span.number.map(bound),
            span.from,
            span.to,
            len,
        )
        .fetch_all(pool)
        .await
    }};
}

/// Reads a page of the rows that meet a [`Condition`], in an order.
macro_rules! select_filtered {
    ($wanted:expr, $condition:expr, $order:tt) => {
        match $condition {
            Condition::Any => {
                select_span!($wanted, $order, "($2::bigint is null)", None::<i64>)
            }
            // The index by order leaves out the fills whose order has the id of its position.
            Condition::OfOrder(order_id) => select_span!(
                $wanted,
                $order,
                r"(order_id = $2 and order_id <> position_id
                       or position_id = $2 and order_id = position_id)
               and reason is null",
                order_id
            ),
            Condition::Alone(number) => select_span!(
                $wanted,
                $order,
                r"account_number(sequence, executed_at) = $2 and reason is not null",
                number
            ),
            Condition::WithoutOrder => select_span!(
                $wanted,
                $order,
                "($2::bigint is null) and reason is not null",
                None::<i64>
            ),
        }
    };
}

/// Returns at most `len` of a user's rows, at most [`PAGE_MAX`], in ascending order.
pub async fn numbered_page(
    pool: &PgPool,
    user_id: UserId,
    filter: &NumberedFilter,
    len: i64,
) -> sqlx::Result<Vec<Row>> {
    let NumberedFilter { span, which } = filter;
    let condition = match which {
        Which::All => Condition::Any,
        Which::WithoutOrder => Condition::WithoutOrder,
        Which::OfOrder(number) => match orders::find_by_number(pool, user_id, *number).await? {
            Some(order) => Condition::OfOrder(order.order_id),
            None => Condition::Alone(bound(*number)),
        },
    };
    let wanted = (pool, user_id, span, len.min(PAGE_MAX));
    if span.number.is_some() {
        return select_filtered!(
            wanted,
            condition,
            "account_number(sequence, executed_at), length(id), id"
        );
    }
    if span.from.is_some() {
        return select_filtered!(wanted, condition, "executed_at, length(id), id");
    }
    let mut rows =
        select_filtered!(wanted, condition, "executed_at desc, length(id) desc, id desc")?;
    rows.reverse();
    Ok(rows)
}

/// Returns a user's newest liquidations, at most `len`, newest first.
pub async fn liquidations(
    pool: &PgPool,
    user_id: UserId,
    filter: &super::Filter,
    len: i64,
) -> sqlx::Result<Vec<Row>> {
    select!(
        r"user_id = $1
               and reason = 'MARGIN_CALL'
               and ($2::text is null or asset = $2)
               and ($3::timestamptz is null or executed_at >= $3)
               and ($4::timestamptz is null or executed_at < $4)
           order by executed_at desc, length(id) desc, id desc
           limit $5",
        user_id.0,
        filter.asset.as_ref().map(messages::Symbol::as_str),
        filter.from,
        filter.to,
        len,
    )
    .fetch_all(pool)
    .await
}
