//! An account's orders by number.

use super::{Row, select};
use crate::numbered::{PAGE_MAX, Span, bound};
use messages::UserId;
use sqlx::PgPool;

/// Returns the row of a user's order with a number. Of several from before orders had a sequence, it is
/// that with the least id.
pub async fn find_by_number(
    pool: &PgPool,
    user_id: UserId,
    number: u64,
) -> sqlx::Result<Option<Row>> {
    select!(
        r#"user_id = $1 and account_number(sequence, created_at) = $2
           order by order_id
           limit 1"#,
        user_id.0,
        bound(number),
    )
    .fetch_optional(pool)
    .await
}

/// Returns the row of a user's newest order with an id of its owner's own.
pub async fn find_by_client_order_id(
    pool: &PgPool,
    user_id: UserId,
    client_order_id: &str,
) -> sqlx::Result<Option<Row>> {
    select!(
        r#"user_id = $1 and client_order_id = $2
           order by created_at desc, sequence desc, order_id desc
           limit 1"#,
        user_id.0,
        client_order_id,
    )
    .fetch_optional(pool)
    .await
}

/// Reads a page of the rows of a span that meet a condition on `$2`, in an order.
macro_rules! select_span {
    ($wanted:expr, $condition:tt, $argument:expr, $order:tt) => {{
        let (pool, user_id, span, len) = $wanted;
        select!(
            r#"user_id = $1
               and "#
                + $condition
                + r#"
               and asset = $3
               and ($4::timestamptz is null or created_at >= $4)
               and ($5::timestamptz is null or created_at < $5)
           order by "#
                + $order
                + " limit $6",
            user_id.0,
            $argument,
            span.asset.as_str(),
            span.from,
            span.to,
            len,
        )
        .fetch_all(pool)
        .await
    }};
}

/// Returns at most `len` of a user's rows, at most [`PAGE_MAX`], of any status, in ascending order.
pub async fn numbered_page(
    pool: &PgPool,
    user_id: UserId,
    span: &Span,
    len: i64,
) -> sqlx::Result<Vec<Row>> {
    let wanted = (pool, user_id, span, len.min(PAGE_MAX));
    if let Some(number) = span.number {
        return select_span!(
            wanted,
            "account_number(sequence, created_at) >= $2",
            bound(number),
            "account_number(sequence, created_at), order_id"
        );
    }
    if span.from.is_some() {
        return select_span!(
            wanted,
            "($2::bigint is null)",
            None::<i64>,
            "created_at, sequence, order_id"
        );
    }
    let mut rows = select_span!(
        wanted,
        "($2::bigint is null)",
        None::<i64>,
        "created_at desc, sequence desc, order_id desc"
    )?;
    rows.reverse();
    Ok(rows)
}
