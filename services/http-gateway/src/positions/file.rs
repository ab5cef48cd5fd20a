//! A file of open positions.

use crate::csv::{self, iso, or_empty};
use crate::error::ApiError;
use axum::response::Response;
use futures_util::stream;
use messages::OpenPosition;
use std::fmt::{self, Write as _};

const HEADER: &str = "position id,asset,side,leverage,size,margin,entry price,liquidation price,\
    mark price,unrealized P&L,stop-loss,take-profit,fees,funding,opened at\r\n";

/// Returns a file of these positions.
pub async fn of<'a>(open: impl Iterator<Item = &'a OpenPosition>) -> Result<Response, ApiError> {
    let rows = csv::rows(open, write_row);
    csv::file("velox-positions.csv", HEADER, stream::iter([Ok(rows)])).await
}

fn write_row(open: &OpenPosition, text: &mut String) -> fmt::Result {
    let order = &open.order;
    write!(
        text,
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n",
        order.order_id,
        order.asset,
        order.side,
        order.leverage,
        order.qty,
        order.margin,
        order.entry_price,
        order.liquidation_price,
        open.mark_price,
        open.unrealized_pnl,
        or_empty(order.stop_loss),
        or_empty(order.take_profit),
        order.commission,
        order.funding,
        iso(order.created_at_ms),
    )
}
