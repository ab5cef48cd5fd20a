//! The expected results, computed from the recorded trades in integers only.

use testkit::binance::RecordedTrade;

/// A spread wide enough that the recorded trades, which move by 0.3 %, liquidate a 100x position.
pub const SPREAD_BPS: i128 = 80;

const SCALE: i128 = 100_000_000;

/// Parses a decimal at scale 10^8.
pub fn scaled(text: &str) -> i128 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{fraction:0<8}");
    assert!(fraction.len() <= 8);
    digits.parse().unwrap()
}

pub fn bid(mid: i128) -> i128 {
    (mid * (20_000 - SPREAD_BPS)).div_euclid(20_000)
}

pub fn ask(mid: i128) -> i128 {
    -(-mid * (20_000 + SPREAD_BPS)).div_euclid(20_000)
}

/// A long at 100x that is closed by a margin call.
#[derive(Debug)]
pub struct Liquidation {
    pub entry_price: i128,
    /// The liquidation price.
    pub level: i128,
    pub margin: i128,
    /// The index of the trade that closes it.
    pub trade: usize,
    pub close_price: i128,
    pub final_pnl: i128,
}

/// The liquidation of a long of `qty` opened at 100x after the trade with the index `entry`.
pub fn liquidation(trades: &[RecordedTrade], entry: usize, qty: i128) -> Liquidation {
    let mid = |trade: &RecordedTrade| scaled(&trade.price);
    let entry_price = ask(mid(&trades[entry]));
    let margin = -(-qty * entry_price).div_euclid(100 * SCALE);
    let level = entry_price - entry_price * 90 / (100 * 100);
    let after = trades.iter().enumerate().skip(entry + 1);
    let (trade, close_price) = after
        .map(|(n, trade)| (n, bid(mid(trade))))
        .find(|(_, bid)| *bid <= level)
        .expect("the recorded trades reach the liquidation price");
    let pnl = (qty * (close_price - entry_price)).div_euclid(SCALE);
    let final_pnl = pnl.max(-margin);
    Liquidation { entry_price, level, margin, trade, close_price, final_pnl }
}

/// The trade after which the price falls furthest: a long opened there is liquidated.
pub fn peak(trades: &[RecordedTrade]) -> usize {
    let last_quarter = trades.len() / 4;
    let candidates = trades.iter().enumerate().take(trades.len() - last_quarter);
    candidates.max_by_key(|(_, trade)| scaled(&trade.price)).unwrap().0
}
