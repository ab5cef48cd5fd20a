//! The formulas of a position. Every rounding is named, and none is in the trader's favour.

use messages::Side;
use price::{OutOfRange, Price, Qty, Rounding, Usd};

/// How much of the margin a position may lose before it is closed, in per cent.
const LIQUIDATION_LOSS_PERCENT: u32 = 90;

/// Bid and ask of one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Longs close and shorts open here.
    pub bid: Price,
    /// Longs open and shorts close here.
    pub ask: Price,
}

impl Quote {
    /// Where a position of this type is opened.
    pub const fn open_price(self, side: Side) -> Price {
        match side {
            Side::Long => self.ask,
            Side::Short => self.bid,
        }
    }

    /// Where a position of this type is closed.
    pub const fn close_price(self, side: Side) -> Price {
        match side {
            Side::Long => self.bid,
            Side::Short => self.ask,
        }
    }
}

/// ⌈qty × execution price / leverage⌉, in USD.
pub fn margin(qty: Qty, entry_price: Price, leverage: u8) -> Result<Usd, OutOfRange> {
    (qty * entry_price).divided_by(u32::from(leverage)).round(Rounding::Ceiling)
}

/// Whether ⌊qty × execution price / leverage⌋ is nothing: such a position would be free.
pub fn margin_vanishes(qty: Qty, entry_price: Price, leverage: u8) -> bool {
    let exact = (qty * entry_price).divided_by(u32::from(leverage));
    exact.round(Rounding::Floor) == Ok(Usd::ZERO)
}

/// Execution price ∓ ⌊execution price × 90 / (100 × leverage)⌋: where 90 % of the margin is lost.
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

/// ⌊qty × (close − execution)⌋ for a long, ⌊qty × (execution − close)⌋ for a short, in USD.
pub fn pnl(side: Side, qty: Qty, entry_price: Price, close_price: Price) -> Usd {
    let gain = match side {
        Side::Long => close_price.checked_sub(entry_price),
        Side::Short => entry_price.checked_sub(close_price),
    };
    gain.and_then(|gain| (qty * gain).round(Rounding::Floor))
        .expect("prices and quantities of positions fit in 64 bits, so their products fit in 128")
}
