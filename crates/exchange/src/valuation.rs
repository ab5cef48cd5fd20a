//! The formulas of a position. Every rounding is named, and none is in the trader's favour.

use messages::OrderType;
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
    pub const fn open_price(self, order_type: OrderType) -> Price {
        match order_type {
            OrderType::Long => self.ask,
            OrderType::Short => self.bid,
        }
    }

    /// Where a position of this type is closed.
    pub const fn close_price(self, order_type: OrderType) -> Price {
        match order_type {
            OrderType::Long => self.bid,
            OrderType::Short => self.ask,
        }
    }
}

/// ⌈qty × execution price / leverage⌉, in USD.
pub fn margin(qty: Qty, execution_price: Price, leverage: u8) -> Result<Usd, OutOfRange> {
    (qty * execution_price).divided_by(u32::from(leverage)).round(Rounding::Ceiling)
}

/// Whether ⌊qty × execution price / leverage⌋ is nothing: such a position would be free.
pub fn margin_vanishes(qty: Qty, execution_price: Price, leverage: u8) -> bool {
    let exact = (qty * execution_price).divided_by(u32::from(leverage));
    exact.round(Rounding::Floor) == Ok(Usd::ZERO)
}

/// Execution price ∓ ⌊execution price × 90 / (100 × leverage)⌋: where 90 % of the margin is lost.
pub fn liquidation_price(
    order_type: OrderType,
    execution_price: Price,
    leverage: u8,
) -> Result<Price, OutOfRange> {
    let divisor = 100 * u32::from(leverage);
    let distance = execution_price.ratio(LIQUIDATION_LOSS_PERCENT, divisor, Rounding::Floor)?;
    match order_type {
        OrderType::Long => execution_price.checked_sub(distance),
        OrderType::Short => execution_price.checked_add(distance),
    }
}

/// ⌊qty × (close − execution)⌋ for a long, ⌊qty × (execution − close)⌋ for a short, in USD.
pub fn pnl(order_type: OrderType, qty: Qty, execution_price: Price, close_price: Price) -> Usd {
    let gain = match order_type {
        OrderType::Long => close_price.checked_sub(execution_price),
        OrderType::Short => execution_price.checked_sub(close_price),
    };
    gain.and_then(|gain| (qty * gain).round(Rounding::Floor))
        .expect("prices and quantities of positions fit in 64 bits, so their products fit in 128")
}
