//! The formulas of a position. Every rounding is explicit, and none is in the trader's favour.

use messages::{Bracket, Instrument, LiquidationModel, OrderSide, Side, WHOLE_BPS, WHOLE_PPM};
use price::{Notional, OutOfRange, Price, Qty, Rate, Rounding, Usd};

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

    /// Returns the mark price as both bid and ask, unless it is no price.
    pub fn of_mark(mark: Price) -> Option<Self> {
        Self::new(mark, mark)
    }

    /// Reports whether this quote is within a distance of the middle of another one, given in basis
    /// points. Both are compared by the sums of bid and ask.
    pub fn is_near(self, other: Self, bps: u32) -> bool {
        let [own, other] = [self, other].map(|quote| i128::from(quote.bid) + i128::from(quote.ask));
        (own - other).abs() * i128::from(WHOLE_BPS) <= other * i128::from(bps)
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

/// The price at which margin and P&L are no more than the maintenance margin, which is the largest
/// of those by all brackets. From margin ± qty × (price − entry) = qty × price × rate − amount, for
/// each bracket; rounded up for a long, down for a short, and zero where a long never gets there.
pub fn maintenance_price(
    side: Side,
    entry_price: Price,
    (margin, qty): (Usd, Qty),
    brackets: &[Bracket],
) -> Result<Price, OutOfRange> {
    let value = Notional::default().with(entry_price, qty)?;
    let price_of = |bracket: &Bracket| {
        let Bracket { maintenance_ppm, maintenance_amount, .. } = *bracket;
        let bearable = margin.checked_add(maintenance_amount)?;
        match side {
            Side::Long => {
                let share = (WHOLE_PPM - maintenance_ppm, WHOLE_PPM);
                let value = value.plus(bearable.checked_neg()?)?;
                value.average_of_share(qty, share, Rounding::Ceiling)
            }
            Side::Short => {
                let share = (WHOLE_PPM + maintenance_ppm, WHOLE_PPM);
                value.plus(bearable)?.average_of_share(qty, share, Rounding::Floor)
            }
        }
    };
    // A bracket whose price is out of range is one that the position never gets to.
    let prices = brackets.iter().map(price_of).filter_map(Result::ok);
    let price = match side {
        Side::Long => prices.max(),
        Side::Short => prices.min(),
    };
    price.map(|price| price.max(Price::ZERO)).ok_or(OutOfRange)
}

/// The liquidation price of a position that is opened with the margin of its leverage.
pub fn liquidation_price_at_opening(
    instrument: &Instrument,
    side: Side,
    leverage: u8,
    (entry_price, qty): (Price, Qty),
) -> Result<Price, OutOfRange> {
    match instrument.liquidation_model {
        LiquidationModel::MarginLoss => {
            liquidation_price(side, entry_price, leverage, instrument.liquidation_loss_bps)
        }
        LiquidationModel::Maintenance => {
            let margin = margin(qty, entry_price, leverage)?;
            maintenance_price(side, entry_price, (margin, qty), &instrument.brackets)
        }
    }
}

/// The liquidation price of a position by the margin that it holds.
pub fn liquidation_price_of(
    instrument: &Instrument,
    side: Side,
    (entry_price, margin, qty): (Price, Usd, Qty),
) -> Result<Price, OutOfRange> {
    let held = (margin, qty);
    match instrument.liquidation_model {
        LiquidationModel::MarginLoss => {
            liquidation_price_by_margin(side, entry_price, held, instrument.liquidation_loss_bps)
        }
        LiquidationModel::Maintenance => {
            maintenance_price(side, entry_price, held, &instrument.brackets)
        }
    }
}

/// The fee of a fill: ⌈qty × price × rate⌉, with the rate in millionths.
#[inline]
pub fn fee(qty: Qty, price: Price, ppm: u32) -> Result<Usd, OutOfRange> {
    if ppm == 0 { Ok(Usd::ZERO) } else { share_of(qty, price, ppm) }
}

fn share_of(qty: Qty, price: Price, ppm: u32) -> Result<Usd, OutOfRange> {
    Notional::default().with(price, qty)?.share(ppm.into(), WHOLE_PPM, Rounding::Ceiling)
}

/// The funding that a position receives, negative if it pays: ⌊∓qty × mark price × rate⌋, with the
/// upper sign for a long.
pub fn funding(side: Side, qty: Qty, mark: Price, rate: Rate) -> Result<Usd, OutOfRange> {
    let rate = match side {
        Side::Long => rate.checked_neg()?,
        Side::Short => rate,
    };
    let rate = rate.to_i64()?;
    Notional::default().with(mark, qty)?.share(rate, RATE_ONE, Rounding::Floor)
}

/// A rate of one at scale 10^8.
const RATE_ONE: u32 = 100_000_000;

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
