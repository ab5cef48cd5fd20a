//! Open positions in a compact form: a million of them are in memory at once.

use crate::instruments::InstrumentIndex;
use crate::slab::Slot;
use messages::{OrderId, Position, Side, Symbol, UserId};
use price::{OutOfRange, Price, Qty, Usd};
use std::num::{NonZeroI64, NonZeroU64};

/// An open position. Its amounts fit `BIGINT` columns, which is checked when it is created.
#[derive(Clone, Debug)]
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

    pub fn qty(&self) -> Qty {
        Qty::from(self.qty)
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
        }
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

/// The prices that close a position, at scale 10^8, as the trigger ladders sort them.
pub struct TriggerPrices {
    pub margin_call: i64,
    pub stop_loss: Option<i64>,
    pub take_profit: Option<i64>,
}

fn pack(price: Option<Price>) -> Result<Option<NonZeroI64>, OutOfRange> {
    // The take-profit of a short may be set at zero or below, where no price gets.
    let pack = |price: Price| match NonZeroI64::new(price.to_i64()?) {
        Some(packed) if price.is_positive() => Ok(packed),
        _ => Err(OutOfRange),
    };
    price.map(pack).transpose()
}
