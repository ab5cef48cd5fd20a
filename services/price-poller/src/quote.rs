//! Bid and ask around a trade.

use messages::{PriceUpdate, Trade};
use price::OutOfRange;

/// Computes the price of a symbol from a trade.
///
/// # Errors
/// [`OutOfRange`] when the ask overflows.
pub fn quote(trade: &Trade, spread_bps: u32) -> Result<PriceUpdate, OutOfRange> {
    let (bid, ask) = markets::quote(trade.price, spread_bps)?;
    Ok(PriceUpdate::new(trade.symbol, bid, ask, trade.trade_id))
}
