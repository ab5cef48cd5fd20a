//! The prices for which positions and orders wait, as sort keys.

use crate::ladder::{Trigger, Waiting};
use crate::order::PackedOrder;
use crate::position::PackedPosition;
use crate::slab::Slot;
use crate::valuation::Quote;
use messages::{Instrument, OrderKind, OrderSide, PriceSource, Side};
use price::Price;

/// The place in which an order waits: among those for the quote, if it is its limit price that is
/// to be reached, otherwise among those for the price of triggers.
pub enum Watch {
    /// Any quote after the order.
    NextQuote,
    Limit {
        along: i64,
    },
    Trigger {
        is_loss: bool,
        along: i64,
    },
    Trail {
        callback_bps: u16,
        activation: u64,
    },
}

/// The prices for which the positions and the triggers of an instrument wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// The price of liquidations.
    pub liquidation: PriceSource,
    /// The price of stop-losses, take-profits and the triggers of orders.
    pub exits: PriceSource,
}

impl Sources {
    pub const fn of(instrument: &Instrument) -> Self {
        Self { liquidation: instrument.liquidation_source(), exits: instrument.trigger_price }
    }

    /// The prices for which positions wait: one, or both.
    #[inline]
    pub fn used(self) -> impl Iterator<Item = PriceSource> {
        let other = (self.exits != self.liquidation).then_some(self.exits);
        std::iter::once(self.liquidation).chain(other)
    }

    /// Both prices, first that of liquidations.
    pub const fn all(self) -> [PriceSource; 2] {
        match self.liquidation {
            PriceSource::Quote => [PriceSource::Quote, PriceSource::Mark],
            PriceSource::Mark => [PriceSource::Mark, PriceSource::Quote],
        }
    }
}

/// The entries of a position in the ladders of one price.
pub struct TriggersOf {
    pub loss: Option<Trigger>,
    pub gain: Option<Trigger>,
}

impl TriggersOf {
    #[inline]
    pub fn of(position: &PackedPosition, slot: Slot, sources: Sources, at: PriceSource) -> Self {
        let (prices, number) = (position.trigger_prices(), position.number);
        let against = |price| against(position.side, price);
        let margin_call = (sources.liquidation == at).then(|| against(prices.margin_call));
        let exits = sources.exits == at;
        let stop_loss = prices.stop_loss.filter(|_| exits).map(against);
        let loss = match (margin_call, stop_loss) {
            (Some(margin_call), Some(stop_loss)) => Some(margin_call.min(stop_loss)),
            (one, other) => one.or(other),
        };
        let gain = prices.take_profit.filter(|_| exits).map(|price| -against(price));
        let trigger = |along| Trigger { along, number, slot, of: Waiting::Position };
        Self { loss: loss.map(trigger), gain: gain.map(trigger) }
    }
}

/// The place in which an order waits for its price.
pub fn watch(order: &PackedOrder) -> Watch {
    let against = |price: Option<i64>| {
        let price = price.expect("an order of this kind has this price");
        against(closed_by(order.side), price)
    };
    let limit = |price| Watch::Limit { along: -against(price) };
    let gain = |price| Watch::Trigger { is_loss: false, along: -against(price) };
    let loss = |price| Watch::Trigger { is_loss: true, along: against(price) };
    match order.kind {
        _ if order.awaits_quote => Watch::NextQuote,
        OrderKind::Stop | OrderKind::TakeProfit if order.is_active() => limit(order.price()),
        OrderKind::Market | OrderKind::Limit => limit(order.price()),
        OrderKind::StopMarket | OrderKind::Stop => loss(order.trigger_price()),
        OrderKind::TakeProfitMarket | OrderKind::TakeProfit => gain(order.trigger_price()),
        OrderKind::TrailingStopMarket => match order.trailing() {
            Some((callback_bps, activation)) => Watch::Trail { callback_bps, activation },
            None => gain(order.trigger_price()),
        },
    }
}

pub const fn trigger_of(order: &PackedOrder, slot: Slot, along: i64) -> Trigger {
    Trigger { along, number: order.number, slot, of: Waiting::Order }
}

/// The side of the positions that close at the price at which an order trades.
pub const fn closed_by(side: OrderSide) -> Side {
    side.opens().opposite()
}

/// The sort key of a time.
pub fn time(at_ms: u64) -> i64 {
    i64::try_from(at_ms).unwrap_or(i64::MAX)
}

/// The peak of a trailing stop that becomes active at a quote.
pub const fn peak_at(side: OrderSide, quote: Quote) -> i64 {
    against_quote(closed_by(side), quote)
}

/// The price at a place of a trail.
pub fn price_at(side: OrderSide, along: i64) -> Price {
    Price::from(against(closed_by(side), along))
}

/// The sort key of the price at which a quote closes the positions of a side.
pub const fn against_quote(side: Side, quote: Quote) -> i64 {
    against(side, quote.scaled_close_price(side))
}

/// The sort key for adverse price movement, negated for longs, so that the smallest key triggers
/// first. Its negation is the key for favourable movement.
pub const fn against(side: Side, price: i64) -> i64 {
    match side {
        Side::Long => -price,
        Side::Short => price,
    }
}
