//! The formulas of a position. Every rounding is explicit, and none is in the trader's favour.

use messages::{OrderSide, Side, WHOLE_BPS};
use price::{Notional, OutOfRange, Price, Qty, Rounding, Usd};

/// The bid and ask of one moment, at scale 10^8: each above zero, and the bid not above the ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The price at which longs close and shorts open.
    bid: i64,
    /// The price at which longs open and shorts close.
    ask: i64,
}

impl Quote {
    /// Returns the quote, unless one of the prices is no price or does not fit in 64 bits.
    pub fn new(bid: Price, ask: Price) -> Option<Self> {
        let (bid, ask) = (bid.to_i64().ok()?, ask.to_i64().ok()?);
        (0 < bid && bid <= ask).then_some(Self { bid, ask })
    }

    /// The bid and the ask.
    pub fn prices(self) -> (Price, Price) {
        (Price::from(self.bid), Price::from(self.ask))
    }

    /// The price at which a position of this side is opened.
    pub fn open_price(self, side: Side) -> Price {
        Price::from(self.scaled_close_price(side.opposite()))
    }

    /// The price at which an order trades as a taker.
    pub fn order_price(self, side: OrderSide) -> Price {
        self.open_price(side.opens())
    }

    /// The price at which a position of this side is closed.
    pub fn close_price(self, side: Side) -> Price {
        Price::from(self.scaled_close_price(side))
    }

    /// [`Self::close_price`] at scale 10^8.
    pub const fn scaled_close_price(self, side: Side) -> i64 {
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

/// The price at which a share of the margin is lost, given in basis points: entry price ∓ ⌊entry
/// price × loss / (10,000 × leverage)⌋.
pub fn liquidation_price(
    side: Side,
    entry_price: Price,
    leverage: u8,
    loss_bps: u32,
) -> Result<Price, OutOfRange> {
    let divisor = WHOLE_BPS * u32::from(leverage);
    let distance = entry_price.ratio(loss_bps, divisor, Rounding::Floor)?;
    match side {
        Side::Long => entry_price.checked_sub(distance),
        Side::Short => entry_price.checked_add(distance),
    }
}

/// The price at which a share of the margin held is lost, given in basis points: entry price ∓
/// ⌊margin × loss / (10,000 × qty)⌋, and zero where a long never gets there.
pub fn liquidation_price_by_margin(
    side: Side,
    entry_price: Price,
    (margin, qty): (Usd, Qty),
    loss_bps: u32,
) -> Result<Price, OutOfRange> {
    let distance = margin.price_move(qty, loss_bps, WHOLE_BPS, Rounding::Floor)?;
    match side {
        Side::Long => Ok(entry_price.checked_sub(distance)?.max(Price::ZERO)),
        Side::Short => entry_price.checked_add(distance),
    }
}

/// The average entry price of two fills, rounded against the trader: up for a long, down for a
/// short.
pub fn average_entry(side: Side, fills: [(Qty, Price); 2]) -> Result<Price, OutOfRange> {
    let rounding = match side {
        Side::Long => Rounding::Ceiling,
        Side::Short => Rounding::Floor,
    };
    let [(first_qty, first), (second_qty, second)] = fills;
    let sum = Notional::default().with(first, first_qty)?.with(second, second_qty)?;
    sum.average(first_qty.checked_add(second_qty)?, rounding)
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
