//! Quotes as orders see them: the price of a fill, and whether it reaches an order.

use crate::amount::floor_div;
use crate::order::{Kind, Order, Status};
use crate::tick::Tick;

const WHOLE_BPS: i128 = 10_000;

impl Tick {
    /// The price at which an order fills: the ask for a buy, the bid for a sale.
    pub(crate) const fn quote(&self, is_buy: bool) -> i128 {
        if is_buy { self.ask } else { self.bid }
    }
}

/// The event of a price that an order waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The price that it waited for.
    pub price: i128,
    /// Whether a falling price reaches it.
    pub is_falling: bool,
}

impl Order {
    /// Reports whether a limit order fills at a quote.
    pub(crate) fn is_marketable(&self, tick: Tick) -> bool {
        let quote = tick.quote(self.is_buy);
        self.price.is_some_and(|price| is_as_good(self.is_buy, quote, price))
    }

    /// Reports whether a quote sets off an order that waits for its trigger price, or makes a
    /// trailing stop begin to trail.
    pub(crate) fn is_triggered(&self, tick: Tick) -> bool {
        let quote = tick.quote(self.is_buy);
        let Some(trigger) = self.trigger_price.filter(|_| self.activated_at.is_none()) else {
            return false;
        };
        if self.kind.is_stop() {
            return is_as_good(!self.is_buy, quote, trigger);
        }
        is_as_good(self.is_buy, quote, trigger)
    }

    /// The stop price of a trailing stop that trails: its peak, less the callback for a sale and
    /// more for a buy.
    pub fn stop_price(&self) -> Option<i128> {
        let peak = self.peak.filter(|_| self.is_trailing())?;
        let distance = floor_div(peak * self.callback_bps?, WHOLE_BPS);
        Some(if self.is_buy { peak + distance } else { peak - distance })
    }

    /// The stop price of a trailing stop that rests.
    pub fn resting_stop_price(&self) -> Option<i128> {
        self.stop_price().filter(|_| self.status == Status::New)
    }

    /// Reports whether a quote reaches the stop price of a trailing stop.
    pub(crate) fn is_stopped(&self, tick: Tick) -> bool {
        let quote = tick.quote(self.is_buy);
        self.stop_price().is_some_and(|stop| is_as_good(!self.is_buy, quote, stop))
    }

    /// Moves the peak of a trailing stop to a better quote.
    pub(crate) fn trail(&mut self, tick: Tick) {
        let quote = tick.quote(self.is_buy);
        if self.is_trailing() {
            let peak =
                self.peak.map(|peak| if self.is_buy { peak.min(quote) } else { peak.max(quote) });
            self.peak = peak;
        }
    }

    /// Reports whether what the order waits for is reached, and at which price: a limit price by the
    /// quote, a trigger or stop price by the price that triggers go by, if there is one.
    pub(crate) fn reached(&self, quote: Tick, by_triggers: Option<Tick>) -> Option<Reached> {
        if self.is_limit() {
            let price = self.price.filter(|_| self.is_marketable(quote))?;
            return Some(Reached { price, is_falling: self.is_buy });
        }
        let seen = by_triggers?;
        if self.is_trailing() {
            let price = self.stop_price().filter(|_| self.is_stopped(seen))?;
            return Some(Reached { price, is_falling: !self.is_buy });
        }
        let price = self.trigger_price.filter(|_| self.is_triggered(seen))?;
        Some(Reached { price, is_falling: self.is_buy != self.kind.is_stop() })
    }

    /// The price by which an order is planned. A market order, and a trailing stop without an
    /// activation price, have the quote.
    pub(crate) fn plan_price(&self, quote: Option<i128>) -> Option<i128> {
        match self.kind {
            Kind::Limit | Kind::Stop | Kind::TakeProfit => self.price,
            Kind::StopMarket | Kind::TakeProfitMarket => self.trigger_price,
            Kind::TrailingStopMarket => self.trigger_price.or(quote),
            Kind::Market => quote,
        }
    }

    /// Reports whether a price is worse than the order accepts: its own limit, or its slippage from
    /// a reference.
    pub(crate) fn is_beyond_limit(&self, price: i128, reference: i128) -> bool {
        let by_slippage = self.slippage_limit(reference);
        let mut limits = [self.price_limit, by_slippage].into_iter().flatten();
        limits.any(|limit| !is_as_good(self.is_buy, price, limit))
    }

    /// A reference moved against the order by its slippage: price ± ⌊price × slippage / 10,000⌋.
    pub(crate) fn slippage_limit(&self, reference: i128) -> Option<i128> {
        let slippage = floor_div(reference * self.max_slippage_bps?, WHOLE_BPS);
        Some(if self.is_buy { reference + slippage } else { reference - slippage })
    }
}

/// Reports whether a price is as good as another for a buy, or for a sale.
const fn is_as_good(is_buy: bool, price: i128, other: i128) -> bool {
    if is_buy { price <= other } else { price >= other }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Id;

    fn tick(bid: i128, ask: i128) -> Tick {
        Tick { id: Id::default(), bid, ask, traded_at: None, valid_for: None }
    }

    fn reached_by(order: &Order, tick: Tick) -> Option<Reached> {
        order.reached(tick, Some(tick))
    }

    fn trailing(is_buy: bool, peak: i128) -> Order {
        let payload = serde_json::json!({"asset": "BTCUSDT", "orderType": "LONG", "qtyInt": "1",
            "kind": "TRAILING_STOP_MARKET", "callbackBps": 25});
        let ticket = crate::ticket::Ticket::read(crate::payload::Payload(&payload));
        let Ok(ticket) = ticket else { panic!("the payload has all fields") };
        let asset = ticket.asset.expect("it is a symbol");
        let order = ticket.order(("user", "order", asset), crate::mode::Mode::OneWay, 10, 5);
        Order { is_buy, activated_at: Some(5), peak: Some(peak), ..order }
    }

    #[test]
    fn a_trailing_stop_follows_the_best_price() {
        // 0.25 % of 10,000 are 25; of 10,399 they are 25.99, rounded down.
        let mut sale = trailing(false, 10_000);
        assert_eq!(sale.stop_price(), Some(9_975));
        sale.trail(tick(9_980, 9_990));
        assert_eq!((sale.stop_price(), reached_by(&sale, tick(9_976, 9_986))), (Some(9_975), None));
        sale.trail(tick(10_399, 10_409));
        assert_eq!(sale.stop_price(), Some(10_374));
        let reached = Some(Reached { price: 10_374, is_falling: true });
        assert_eq!(reached_by(&sale, tick(10_374, 10_384)), reached);

        let mut buy = trailing(true, 10_000);
        assert_eq!(buy.stop_price(), Some(10_025));
        buy.trail(tick(9_590, 9_600));
        assert_eq!(buy.stop_price(), Some(9_624));
        let reached = Some(Reached { price: 9_624, is_falling: false });
        assert_eq!(reached_by(&buy, tick(9_614, 9_624)), reached);
        assert_eq!(reached_by(&buy, tick(9_613, 9_623)), None);
    }

    #[test]
    fn slippage_is_counted_from_the_reference() {
        // 0.3 % of 3,333 are 9.999, rounded down.
        let order = |is_buy| Order { max_slippage_bps: Some(30), ..trailing(is_buy, 1) };
        assert!(!order(true).is_beyond_limit(3_342, 3_333));
        assert!(order(true).is_beyond_limit(3_343, 3_333));
        assert!(!order(false).is_beyond_limit(3_324, 3_333));
        assert!(order(false).is_beyond_limit(3_323, 3_333));
    }
}
