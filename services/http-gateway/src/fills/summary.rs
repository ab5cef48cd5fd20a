//! The totals of fills, from PostgreSQL.

use super::{WrongPeriod, WrongWord};
use crate::access::caller::Reader;
use crate::clock::time;
use crate::error::{ApiError, Database, Errors, OfAccount};
use crate::json::{Json, True};
use crate::market_list::{Asset, Listing};
use crate::orders::contract::WrongAsset;
use crate::request::{Moment, Optional, Valid, requests};
use crate::state::AppState;
use crate::sum::{amount, count};
use axum::extract::State;
use markets::Markets;
use messages::{CloseReason, FillRole, OrderId, OrderSide, Symbol, UserId};
use serde::Serialize;
use sqlx::PgPool;
use store::fills::Filter;
use utoipa::ToSchema;
use views::FillTotals;

requests! {
    /// The fills to sum up: those that match everything that is given.
    pub struct FillSumQuery in Query given Markets {
        /// The asset.
        market: Optional<Asset> = "asset";
        /// The order.
        order_id: Optional<OrderId> = "orderId", "0853d9e4-965f-518c-9cd8-65029e3511e3";
        /// The position.
        position_id: Optional<OrderId> = "positionId", "0853d9e4-965f-518c-9cd8-65029e3511e3";
        /// The side of the trade.
        side: Optional<OrderSide> = "side";
        /// The role.
        role: Optional<FillRole> = "role";
        /// The reason for which a position was closed without an order.
        reason: Optional<CloseReason> = "reason";
        /// The earliest time, in Unix milliseconds.
        from_ms: Optional<Moment> = "from", 1_795_493_501_491_u64;
        /// The time before which the fills were made, in Unix milliseconds.
        to_ms: Optional<Moment> = "to", 1_795_579_901_491_u64;
    }
}

/// The totals of fills.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FillSummary {
    /// Always true.
    success: True,
    /// The totals.
    totals: FillTotals,
}

/// Sum up fills
///
/// Returns the exact totals of the fills that match everything that is given.
#[utoipa::path(
    get,
    path = "/fills/summary",
    tag = "trading",
    operation_id = "sumFills",
    params(FillSumQuery),
    responses(
        (status = OK, description = "The totals.", body = FillSummary),
        Errors<(OfAccount, (WrongPeriod, WrongWord), (WrongAsset, Listing), Database)>,
    ),
)]
pub async fn read(
    State(app): State<AppState>,
    Reader(account): Reader,
    Valid(query): Valid<FillSumQuery>,
) -> Result<Json<FillSummary>, ApiError> {
    let FillSumQuery { market, order_id, position_id, side, role, reason, from_ms, to_ms } = query;
    let (from, to) = (from_ms.map(time), to_ms.map(time));
    let filter = Filter { asset: market, order_id, position_id, side, role, reason, from, to };
    let totals = totals(&app.pool, account.engine_id(), &filter).await?;
    Ok(Json(FillSummary { success: True, totals }))
}

async fn totals(pool: &PgPool, user_id: UserId, filter: &Filter) -> Result<FillTotals, ApiError> {
    let found = sqlx::query!(
        // A product is at scale 10^16. It is rounded once, when all are added up.
        r#"select
               count(*) as "fills!",
               div(coalesce(sum(qty::numeric * price), 0), 100000000)::text as "volume!",
               coalesce(sum(fee), 0)::text as "fees!",
               coalesce(sum(realized_pnl), 0)::text as "realized_pnl!",
               coalesce(sum(realized_pnl) - sum(fee), 0)::text as "net_pnl!"
           from fills
           where user_id = $1
               and ($2::text is null or asset = $2)
               and ($3::uuid is null or order_id = $3)
               and ($4::uuid is null or position_id = $4)
               and ($5::text is null or side = $5)
               and ($6::text is null or role = $6)
               and ($7::text is null or reason = $7)
               and ($8::timestamptz is null or executed_at >= $8)
               and ($9::timestamptz is null or executed_at < $9)"#,
        user_id.0,
        filter.asset.as_ref().map(Symbol::as_str),
        filter.order_id.map(|id| id.0),
        filter.position_id.map(|id| id.0),
        filter.side.map(OrderSide::as_str),
        filter.role.map(FillRole::as_str),
        filter.reason.map(CloseReason::as_str),
        filter.from,
        filter.to,
    )
    .fetch_one(pool)
    .await?;
    Ok(FillTotals {
        fills: count(found.fills)?,
        volume: amount(&found.volume)?,
        fees: amount(&found.fees)?,
        realized_pnl: amount(&found.realized_pnl)?,
        net_pnl: amount(&found.net_pnl)?,
    })
}
