//! The totals of ended orders, from PostgreSQL.

use super::contract::WrongFilter;
use super::requests::OrderSumQuery;
use crate::access::caller::Reader;
use crate::clock::time;
use crate::error::{ApiError, Database, Errors, OfAccount};
use crate::fills::WrongPeriod;
use crate::json::{Json, True};
use crate::request::Valid;
use crate::state::AppState;
use crate::sum::{amount, count};
use axum::extract::State;
use messages::{OrderSide, OrderStatus, Symbol, UserId};
use serde::Serialize;
use sqlx::PgPool;
use store::orders::Filter;
use utoipa::ToSchema;
use views::OrderTotals;

/// The totals of orders.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderSummary {
    /// Always true.
    success: True,
    /// The totals.
    totals: OrderTotals,
}

/// Sum up orders
///
/// Returns the exact totals of the orders that have ended and match everything that is given.
#[utoipa::path(
    get,
    path = "/orders/summary",
    tag = "trading",
    operation_id = "sumOrders",
    params(OrderSumQuery),
    responses(
        (status = OK, description = "The totals.", body = OrderSummary),
        Errors<(OfAccount, WrongFilter, WrongPeriod, Database)>,
    ),
)]
pub async fn read(
    State(app): State<AppState>,
    Reader(account): Reader,
    Valid(query): Valid<OrderSumQuery>,
) -> Result<Json<OrderSummary>, ApiError> {
    let OrderSumQuery { statuses, market, client_order_id, side, kinds, from_ms, to_ms } = query;
    let (from, to) = (from_ms.map(time), to_ms.map(time));
    let filter = Filter { statuses, asset: market, client_order_id, side, kinds, from, to };
    let totals = totals(&app.pool, account.engine_id(), &filter).await?;
    Ok(Json(OrderSummary { success: True, totals }))
}

async fn totals(pool: &PgPool, user_id: UserId, filter: &Filter) -> Result<OrderTotals, ApiError> {
    let ended = [OrderStatus::Filled, OrderStatus::Canceled, OrderStatus::Expired];
    let statuses = match filter.statuses.as_slice() {
        [] => ended.iter().map(ToString::to_string).collect(),
        _ => filter.status_words(),
    };
    let found = sqlx::query!(
        // A product is at scale 10^16. It is rounded once, when all are added up.
        r#"select
               count(*) as "orders!",
               count(*) filter (where status = 'FILLED') as "filled!",
               count(*) filter (where status = 'CANCELED') as "canceled!",
               count(*) filter (where status = 'EXPIRED') as "expired!",
               div(coalesce(sum(filled_qty::numeric * average_price), 0), 100000000)::text
                   as "volume!"
           from orders
           where user_id = $1
               and status = any($2)
               and ($3::text is null or asset = $3)
               and ($4::text is null or client_order_id = $4)
               and ($5::text is null or side = $5)
               and (cardinality($6::text[]) = 0 or kind = any($6))
               and ($7::timestamptz is null or created_at >= $7)
               and ($8::timestamptz is null or created_at < $8)"#,
        user_id.0,
        &statuses as &[String],
        filter.asset.as_ref().map(Symbol::as_str),
        filter.client_order_id.as_deref(),
        filter.side.map(OrderSide::as_str),
        &filter.kind_words() as &[String],
        filter.from,
        filter.to,
    )
    .fetch_one(pool)
    .await?;
    Ok(OrderTotals {
        orders: count(found.orders)?,
        filled: count(found.filled)?,
        canceled: count(found.canceled)?,
        expired: count(found.expired)?,
        volume: amount(&found.volume)?,
    })
}
