//! Bid and ask around the price of a trade.

use price::{OutOfRange, Price, Rounding};

/// The number of half spreads of 1 bps in a price.
const HALF_SPREADS_IN_PRICE: u32 = 20_000;

/// Computes bid = ⌊price × (1 − spread / 2)⌋, ask = ⌈price × (1 + spread / 2)⌉.
///
/// # Errors
/// [`OutOfRange`] when the ask overflows.
pub fn quote(price: Price, spread_bps: u32) -> Result<(Price, Price), OutOfRange> {
    let part = |numerator, rounding| price.ratio(numerator, HALF_SPREADS_IN_PRICE, rounding);
    let bid = part(HALF_SPREADS_IN_PRICE - spread_bps, Rounding::Floor)?;
    let ask = part(HALF_SPREADS_IN_PRICE + spread_bps, Rounding::Ceiling)?;
    Ok((bid, ask))
}

/// Returns the price around which [`quote`] computed a bid and an ask: their middle. It is exact,
/// because what one is rounded down by, the other is rounded up by.
///
/// # Errors
/// [`OutOfRange`] when the sum overflows.
pub fn quoted((bid, ask): (Price, Price)) -> Result<Price, OutOfRange> {
    bid.checked_add(ask)?.ratio(1, 2, Rounding::Floor)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let [price, bid, ask] = [price, bid, ask].map(|text| text.parse::<Price>().unwrap());
            assert_eq!(quote(price, spread_bps), Ok((bid, ask)), "{price}");
            assert_eq!(quoted((bid, ask)), Ok(price));
        }
    }
}
