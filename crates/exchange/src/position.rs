//! Open positions in a compact form: a million of them are in memory at once.

use crate::instruments::InstrumentIndex;
use crate::ledger::{add, sub};
use crate::slab::Slot;
use crate::valuation;
use messages::{Instrument, OrderId, Position, RequestId, Side, Symbol, UserId};
use price::{Notional, OutOfRange, Price, Qty, Rounding, Usd};
use std::num::{NonZeroI64, NonZeroU64};

/// An open position. Its amounts fit `BIGINT` columns, which is checked when it is created.
#[derive(Clone, Debug)]
// Two whole cache lines: without a place of its own a position of 112 bytes lies in three of them as
// often as not, which makes opening and closing one of a million slower by a tenth.
#[repr(align(64))]
pub struct PackedPosition {
    pub order_id: OrderId,
    /// The number of the position among all ever opened, which orders equal prices.
    pub number: u64,
    /// The owner's account.
    pub account: Slot,
    pub instrument: InstrumentIndex,
    pub side: Side,
    pub leverage: u8,
    pub created_at_ms: u64,
    /// A hash of the order's fields beyond the amounts below, to tell a repeated order from a
    /// different one. Unknown for positions from before it was stored.
    pub fingerprint: Option<NonZeroU64>,
    qty: i64,
    margin: i64,
    entry_price: i64,
    liquidation_price: i64,
    stop_loss: Option<NonZeroI64>,
    take_profit: Option<NonZeroI64>,
    commission: i64,
    funding: i64,
    changes: Option<Box<Changes>>,
}

/// The changes of a position since it was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// All fills, if there were more than the one that opened it.
    pub fills: Option<Fills>,
    /// The request that changed the margin last, so that the same request sent again changes
    /// nothing.
    pub margin_changed_by: Option<RequestId>,
}

/// The fills of a position, and what they realized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fills {
    pub opened_qty: Qty,
    pub opened: Notional,
    pub closed_qty: Qty,
    pub closed: Notional,
    /// The sum of the margins of what was closed.
    pub margin: Usd,
    pub realized_pnl: Usd,
    pub shortfall: Usd,
}

/// The part of a position that a fill closes, and its result.
#[derive(Clone, Copy, Debug)]
pub struct ClosedPart {
    pub qty: Qty,
    pub price: Price,
    /// The margin that belongs to the part.
    pub margin: Usd,
    pub final_pnl: Usd,
    pub shortfall: Usd,
    pub costs: Costs,
}

/// The fees of a close, which are taken from what it pays out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Costs {
    pub fee: Usd,
    pub liquidation_fee: Usd,
}

impl ClosedPart {
    /// The money that returns to the balance.
    #[inline]
    pub fn payout(&self) -> Usd {
        let left = add(self.margin, self.final_pnl);
        if self.costs == Costs::default() {
            return left;
        }
        sub(sub(left, self.costs.fee), self.costs.liquidation_fee)
    }
}

/// The amounts of a position, unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    pub qty: Qty,
    pub margin: Usd,
    pub entry_price: Price,
    pub liquidation_price: Price,
}

impl PackedPosition {
    /// Creates a position without stop-loss and take-profit.
    pub fn new(
        (order_id, number, account): (OrderId, u64, Slot),
        (instrument, side, leverage): (InstrumentIndex, Side, u8),
        terms: Terms,
        created_at_ms: u64,
    ) -> Result<Self, OutOfRange> {
        Ok(Self {
            order_id,
            number,
            account,
            instrument,
            side,
            leverage,
            created_at_ms,
            fingerprint: None,
            qty: terms.qty.to_i64()?,
            margin: terms.margin.to_i64()?,
            entry_price: terms.entry_price.to_i64()?,
            liquidation_price: terms.liquidation_price.to_i64()?,
            stop_loss: None,
            take_profit: None,
            commission: 0,
            funding: 0,
            changes: None,
        })
    }

    pub fn set_exits(
        &mut self,
        stop_loss: Option<Price>,
        take_profit: Option<Price>,
    ) -> Result<(), OutOfRange> {
        let (stop_loss, take_profit) = (pack(stop_loss)?, pack(take_profit)?);
        (self.stop_loss, self.take_profit) = (stop_loss, take_profit);
        Ok(())
    }

    /// The amounts.
    pub fn terms(&self) -> Terms {
        Terms {
            qty: self.qty(),
            margin: self.margin(),
            entry_price: self.entry_price(),
            liquidation_price: self.liquidation_price(),
        }
    }

    /// Replaces the amounts.
    ///
    /// # Errors
    /// When one of them does not fit; nothing is changed then.
    pub fn set_terms(&mut self, terms: Terms) -> Result<(), OutOfRange> {
        let Terms { qty, margin, entry_price, liquidation_price } = terms;
        let [qty, margin] = [qty.to_i64()?, margin.to_i64()?];
        let [entry, liquidation] = [entry_price.to_i64()?, liquidation_price.to_i64()?];
        (self.qty, self.margin) = (qty, margin);
        (self.entry_price, self.liquidation_price) = (entry, liquidation);
        Ok(())
    }

    /// Replaces entry price, margin and quantity, and the liquidation price by them.
    ///
    /// # Errors
    /// When one of them does not fit; nothing is changed then.
    pub fn set_held(
        &mut self,
        instrument: &Instrument,
        held: (Price, Usd, Qty),
    ) -> Result<(), OutOfRange> {
        let liquidation_price = valuation::liquidation_price_of(instrument, self.side, held)?;
        let (entry_price, margin, qty) = held;
        self.set_terms(Terms { qty, margin, entry_price, liquidation_price })
    }

    /// The changes since the position was opened.
    pub fn changes(&self) -> Option<&Changes> {
        self.changes.as_deref()
    }

    pub fn set_changes(&mut self, changes: Changes) {
        self.changes = (changes != Changes::default()).then(|| Box::new(changes));
    }

    pub fn set_margin_changed_by(&mut self, request_id: Option<RequestId>) {
        let changes = self.changes.get_or_insert_default();
        changes.margin_changed_by = request_id;
    }

    /// Notes a fill that added to the position. Its amounts must still be those from before.
    ///
    /// # Errors
    /// When a sum does not fit; nothing is changed then.
    pub fn note_increase(&mut self, qty: Qty, price: Price) -> Result<(), OutOfRange> {
        let mut fills = self.fills()?;
        fills.opened_qty = fills.opened_qty.checked_add(qty)?;
        fills.opened_qty.to_i64()?;
        fills.opened = fills.opened.with(price, qty)?;
        self.changes.get_or_insert_default().fills = Some(fills);
        Ok(())
    }

    /// Takes a closed part from the position.
    ///
    /// # Errors
    /// When a sum does not fit; nothing is changed then.
    pub fn reduce(&mut self, part: &ClosedPart) -> Result<(), OutOfRange> {
        let fills = self.fills()?.with(part)?;
        let qty = self.qty().checked_sub(part.qty)?.to_i64()?;
        let margin = self.margin().checked_sub(part.margin)?.to_i64()?;
        (self.qty, self.margin) = (qty, margin);
        self.note_costs(part.costs.fee, Usd::ZERO);
        self.changes.get_or_insert_default().fills = Some(fills);
        Ok(())
    }

    /// Turns a position that changed by fills into one that was opened and closed whole: its
    /// quantity, margin and prices become those of all fills. Returns the average closing price and the
    /// totals of P&L and shortfall, if there were such fills. Averages are rounded against the
    /// trader.
    ///
    /// # Errors
    /// When a sum does not fit.
    pub fn close(&mut self, part: &ClosedPart) -> Result<ClosedPart, OutOfRange> {
        self.note_costs(part.costs.fee, Usd::ZERO);
        let changes = self.changes.take();
        let Some(fills) = changes.and_then(|changes| changes.fills) else { return Ok(*part) };
        let fills = fills.with(part)?;
        let (up, down) = (Rounding::Ceiling, Rounding::Floor);
        let (entry, exit) = match self.side {
            Side::Long => (up, down),
            Side::Short => (down, up),
        };
        self.qty = fills.opened_qty.to_i64()?;
        // A long life may turn over more margin than one position can hold.
        self.margin = fills.margin.to_i64().unwrap_or(i64::MAX);
        self.entry_price = fills.opened.average(fills.opened_qty, entry)?.to_i64()?;
        Ok(ClosedPart {
            qty: fills.closed_qty,
            price: fills.closed.average(fills.closed_qty, exit)?,
            margin: fills.margin,
            final_pnl: fills.realized_pnl,
            shortfall: fills.shortfall,
            costs: part.costs,
        })
    }

    /// The fills so far.
    fn fills(&self) -> Result<Fills, OutOfRange> {
        match self.changes().and_then(|changes| changes.fills.clone()) {
            Some(fills) => Ok(fills),
            None => Ok(Fills {
                opened_qty: self.qty(),
                opened: Notional::default().with(self.entry_price(), self.qty())?,
                closed_qty: Qty::ZERO,
                closed: Notional::default(),
                margin: Usd::ZERO,
                realized_pnl: Usd::ZERO,
                shortfall: Usd::ZERO,
            }),
        }
    }

    pub fn qty(&self) -> Qty {
        Qty::from(self.qty)
    }

    /// The sum of the quantities that opened the position, of which a part may be closed.
    pub fn opened_qty(&self) -> Qty {
        let fills = self.changes().and_then(|changes| changes.fills.as_ref());
        fills.map_or(self.qty(), |fills| fills.opened_qty)
    }

    /// Reports whether a part of the position is closed.
    pub fn is_partly_closed(&self) -> bool {
        let fills = self.changes().and_then(|changes| changes.fills.as_ref());
        fills.is_some_and(|fills| fills.closed_qty.is_positive())
    }

    pub fn margin(&self) -> Usd {
        Usd::from(self.margin)
    }

    pub fn entry_price(&self) -> Price {
        Price::from(self.entry_price)
    }

    pub fn liquidation_price(&self) -> Price {
        Price::from(self.liquidation_price)
    }

    pub fn stop_loss(&self) -> Option<Price> {
        self.stop_loss.map(|price| Price::from(price.get()))
    }

    pub fn take_profit(&self) -> Option<Price> {
        self.take_profit.map(|price| Price::from(price.get()))
    }

    /// The position as other services see it.
    #[inline]
    pub fn order(&self, user_id: UserId, symbol: Symbol) -> Position {
        Position {
            order_id: self.order_id,
            user_id,
            asset: symbol,
            side: self.side,
            leverage: self.leverage,
            qty: self.qty(),
            margin: self.margin(),
            entry_price: self.entry_price(),
            liquidation_price: self.liquidation_price(),
            stop_loss: self.stop_loss(),
            take_profit: self.take_profit(),
            created_at_ms: self.created_at_ms,
            commission: self.commission(),
            funding: self.funding(),
        }
    }

    /// The sum of the fees of its fills.
    pub fn commission(&self) -> Usd {
        Usd::from(self.commission)
    }

    /// The sum of its fundings, negative for what was paid.
    pub fn funding(&self) -> Usd {
        Usd::from(self.funding)
    }

    /// Adds a fee and a funding to the sums. A sum that does not fit stays at its limit: it is told,
    /// and nothing is computed from it.
    #[inline]
    pub fn note_costs(&mut self, fee: Usd, funding: Usd) {
        if !fee.is_zero() || !funding.is_zero() {
            self.add_costs(fee, funding);
        }
    }

    fn add_costs(&mut self, fee: Usd, funding: Usd) {
        let add = |sum: i64, amount: Usd| {
            let limit = if amount.is_negative() { i64::MIN } else { i64::MAX };
            amount.to_i64().ok().and_then(|amount| sum.checked_add(amount)).unwrap_or(limit)
        };
        (self.commission, self.funding) = (add(self.commission, fee), add(self.funding, funding));
    }

    /// The prices that close the position.
    pub fn trigger_prices(&self) -> TriggerPrices {
        TriggerPrices {
            margin_call: self.liquidation_price,
            stop_loss: self.stop_loss.map(NonZeroI64::get),
            take_profit: self.take_profit.map(NonZeroI64::get),
        }
    }
}

impl Fills {
    fn with(self, part: &ClosedPart) -> Result<Self, OutOfRange> {
        Ok(Self {
            closed_qty: self.closed_qty.checked_add(part.qty)?,
            closed: self.closed.with(part.price, part.qty)?,
            margin: self.margin.checked_add(part.margin)?,
            realized_pnl: self.realized_pnl.checked_add(part.final_pnl)?,
            shortfall: self.shortfall.checked_add(part.shortfall)?,
            ..self
        })
    }
}

/// The prices that close a position, at scale 10^8, as the trigger ladders sort them.
pub struct TriggerPrices {
    pub margin_call: i64,
    pub stop_loss: Option<i64>,
    pub take_profit: Option<i64>,
}

/// Packs a price above zero.
///
/// # Errors
/// When it is not, or does not fit.
pub fn pack(price: Option<Price>) -> Result<Option<NonZeroI64>, OutOfRange> {
    // A take-profit of a short may be set at zero or below, where no price gets.
    let pack = |price: Price| match NonZeroI64::new(price.to_i64()?) {
        Some(packed) if price.is_positive() => Ok(packed),
        _ => Err(OutOfRange),
    };
    price.map(pack).transpose()
}
