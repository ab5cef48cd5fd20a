//! The formulas of a position. Every rounding is explicit, and none is in the trader's favour.

use messages::Side;
use price::{OutOfRange, Price, Qty, Rounding, Usd};

/// The share of the margin that a position may lose before it is liquidated, in per cent.
const LIQUIDATION_LOSS_PERCENT: u32 = 90;

/// The bid and ask of one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The price at which longs close and shorts open.
    pub bid: Price,
    /// The price at which longs open and shorts close.
    pub ask: Price,
}

impl Quote {
    /// The price at which a position of this side is opened.
    pub const fn open_price(self, side: Side) -> Price {
        match side {
            Side::Long => self.ask,
            Side::Short => self.bid,
        }
    }

    /// The price at which a position of this side is closed.
    pub const fn close_price(self, side: Side) -> Price {
        match side {
            Side::Long => self.bid,
            Side::Short => self.ask,
        }
    }
}

/// The margin in USD: ⌈qty × entry price / leverage⌉.
pub fn margin(qty: Qty, entry_price: Price, leverage: u8) -> Result<Usd, OutOfRange> {
    (qty * entry_price).divided_by(u32::from(leverage)).round(Rounding::Ceiling)
}

/// Reports whether ⌊qty × entry price / leverage⌋ is zero: such a position would be free.
pub fn margin_vanishes(qty: Qty, entry_price: Price, leverage: u8) -> bool {
    let exact = (qty * entry_price).divided_by(u32::from(leverage));
    exact.round(Rounding::Floor) == Ok(Usd::ZERO)
}

/// The price at which 90 % of the margin is lost: entry price ∓ ⌊entry price × 90 / (100 ×
/// leverage)⌋.
pub fn liquidation_price(
    side: Side,
    entry_price: Price,
    leverage: u8,
) -> Result<Price, OutOfRange> {
    let divisor = 100 * u32::from(leverage);
    let distance = entry_price.ratio(LIQUIDATION_LOSS_PERCENT, divisor, Rounding::Floor)?;
    match side {
        Side::Long => entry_price.checked_sub(distance),
        Side::Short => entry_price.checked_add(distance),
    }
}

/// The P&L in USD: ⌊qty × (close − entry)⌋ for a long, ⌊qty × (entry − close)⌋ for a short.
pub fn pnl(side: Side, qty: Qty, entry_price: Price, close_price: Price) -> Usd {
    let gain = match side {
        Side::Long => close_price.checked_sub(entry_price),
        Side::Short => entry_price.checked_sub(close_price),
    };
    gain.and_then(|gain| (qty * gain).round(Rounding::Floor))
        .expect("prices and quantities of positions fit in 64 bits, so their products fit in 128")
}
