//! Bid and ask around a mid price.

use messages::{PriceUpdate, Trade};
use price::{OutOfRange, Rounding};

/// The number of half spreads of 1 bps in a price.
const HALF_SPREADS_IN_PRICE: u32 = 20_000;

/// Computes bid = ⌊price × (1 − spread / 2)⌋, ask = ⌈price × (1 + spread / 2)⌉.
///
/// # Errors
/// [`OutOfRange`] when the ask overflows.
pub fn quote(trade: &Trade, spread_bps: u32) -> Result<PriceUpdate, OutOfRange> {
    let part = |numerator, rounding| trade.price.ratio(numerator, HALF_SPREADS_IN_PRICE, rounding);
    let bid = part(HALF_SPREADS_IN_PRICE - spread_bps, Rounding::Floor)?;
    let ask = part(HALF_SPREADS_IN_PRICE + spread_bps, Rounding::Ceiling)?;
    Ok(PriceUpdate::new(trade.symbol, bid, ask, trade.trade_id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use messages::Symbol;

    #[test]
    fn the_bid_is_rounded_down_and_the_ask_up() {
        let rows = [
            ("92046.5", 10, "92000.47675", "92092.52325"),
            ("0.00000001", 10, "0", "0.00000002"),
            ("100", 0, "100", "100"),
            ("39432.48", 80, "39274.75008", "39590.20992"),
            ("33.33333333", 10, "33.31666666", "33.35000000"),
        ];
        for (price, spread_bps, bid, ask) in rows {
            let trade = Trade {
                symbol: Symbol::from_static("BTCUSDT"),
                trade_id: 1,
                price: price.parse().unwrap(),
                qty: "1".parse().unwrap(),
                time_us: 0,
            };
            let quote = quote(&trade, spread_bps).unwrap();
            assert_eq!(
                (quote.bid, quote.ask),
                (bid.parse().unwrap(), ask.parse().unwrap()),
                "{price}"
            );
        }
    }
}
