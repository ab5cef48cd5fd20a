//! The rounds of an entry: what its prices reach, again and again until they reach nothing.

use crate::account::Event;
use crate::close::Closing;
use crate::entry::Id;
use crate::execute::FillPrice;
use crate::mark::Prices;
use crate::model::Model;
use crate::order::{Kind, Order, TimeInForce};
use crate::position::{Position, close_price, is_worse};
use crate::symbol::Symbol;
use crate::tick::Tick;

/// The order in which one round works: expired orders, margin calls, stop-losses, take-profits,
/// reducing orders, opening orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Expiry,
    MarginCall,
    StopLoss,
    TakeProfit,
    Reducing,
    Opening,
}

/// The positions and orders that are reached.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Position(u64),
    Order(String),
}

/// The place of something in a round: its class, longs before shorts, the price that is reached
/// first, the older.
type Rank = (Class, bool, i128, u64);

impl Model {
    /// Applies the prices of an instrument to all that waits in it. In a halt nothing happens.
    pub(crate) fn serve(&mut self, asset: Symbol, now: Id, clock_ms: u64) -> Vec<Event> {
        let prices = self.prices(asset, now, clock_ms);
        prices.map_or(Vec::new(), |prices| self.run_rounds(asset, prices))
    }

    /// Does the same with a new quote, whose first round also serves the orders that wait for one.
    pub(crate) fn serve_quote(&mut self, asset: Symbol, now: Id, clock_ms: u64) -> Vec<Event> {
        let prices = self.prices(asset, now, clock_ms);
        let prices = prices.map(|prices| Prices { is_new: true, ..prices });
        prices.map_or(Vec::new(), |prices| self.run_rounds(asset, prices))
    }

    fn run_rounds(&mut self, asset: Symbol, mut prices: Prices) -> Vec<Event> {
        if let Some(seen) = prices.by_triggers {
            for order in self.resting.iter_mut().filter(|order| order.asset == asset) {
                order.trail(seen);
            }
        }
        let mut events = Vec::new();
        loop {
            let due = self.due(asset, prices);
            if due.is_empty() {
                return events;
            }
            let mut following =
                due.iter().filter(|(_, due)| matches!(due, Due::Position(_))).count();
            for ((class, ..), due) in due {
                match due {
                    Due::Position(number) => {
                        following -= 1;
                        self.close_by_price(class, number, following, prices, &mut events);
                    }
                    Due::Order(order_id) => {
                        // An event of the same round may have ended it.
                        if let Some(order) = self.find_resting(&order_id).cloned() {
                            self.trigger(class, order, prices, &mut events);
                        }
                    }
                }
            }
            prices.is_new = false;
        }
    }

    /// The ids of positions and orders that the prices of an instrument have reached, as they were at
    /// the last entry. An order whose time is over waits for the next.
    pub fn missed(&self, asset: Symbol) -> Vec<String> {
        let prices = self.prices(asset, self.last.0, self.last.1);
        let due = prices.map_or(Vec::new(), |prices| self.due(asset, prices));
        let missed = due.into_iter().filter(|((class, ..), _)| *class != Class::Expiry);
        let ids = missed.map(|(_, due)| match due {
            Due::Position(number) => self.open[&number].order_id.clone(),
            Due::Order(order_id) => order_id,
        });
        ids.collect()
    }

    /// All that the prices have reached, in its order.
    fn due(&self, asset: Symbol, prices: Prices) -> Vec<(Rank, Due)> {
        let mut due = Vec::new();
        for position in self.open.values().filter(|position| position.asset == asset) {
            if let Some((class, price)) = position.reached(prices) {
                // A falling price reaches the highest first, a rising one the lowest.
                let is_falling = position.is_long == (class != Class::TakeProfit);
                let along = if is_falling { -price } else { price };
                let rank = (class, !position.is_long, along, position.number);
                due.push((rank, Due::Position(position.number)));
            }
        }
        for order in self.resting.iter().filter(|order| order.asset == asset) {
            if let Some(rank) = rank(order, prices) {
                due.push((rank, Due::Order(order.order_id.clone())));
            }
        }
        due.sort_unstable();
        due
    }

    fn close_by_price(
        &mut self,
        class: Class,
        number: u64,
        following: usize,
        prices: Prices,
        events: &mut Vec<Event>,
    ) {
        let Some(position) = self.open.get(&number) else { return };
        let reason = match class {
            Class::StopLoss => "STOP_LOSS",
            Class::TakeProfit => "TAKE_PROFIT",
            _ => "MARGIN_CALL",
        };
        let closing = Closing {
            reason,
            price: close_price(position.is_long, prices.quote),
            tick_id: prices.quote.id,
            now_ms: prices.now_ms,
            by: None,
            following,
            execution: None,
        };
        self.settle(number, &closing, events);
    }

    /// Does what an order waits for: it expires, becomes active, or is filled.
    fn trigger(&mut self, class: Class, mut order: Order, prices: Prices, events: &mut Vec<Event>) {
        if class == Class::Expiry {
            return self.end(&order, "TIME", prices, events);
        }
        if order.awaits_quote {
            return self.serve_waiting(order, prices, events);
        }
        let quote = prices.quote.quote(order.is_buy);
        if order.is_limit() {
            let price = order.price.expect("a limit order has a price");
            return self.fill_resting(order, price, "MAKER", prices, events);
        }
        match order.kind {
            Kind::TrailingStopMarket if !order.is_trailing() => {
                order.peak = prices.by_triggers.map(|seen| seen.quote(order.is_buy));
                self.activate(order, prices.now_ms, events);
            }
            Kind::Stop | Kind::TakeProfit => {
                order.activated_at = Some(prices.now_ms);
                match (order.is_marketable(prices.quote), order.time_in_force) {
                    (true, TimeInForce::Gtx) => self.end(&order, "WOULD_TAKE", prices, events),
                    (true, _) => self.fill_resting(order, quote, "TAKER", prices, events),
                    (false, TimeInForce::Ioc | TimeInForce::Fok) => {
                        self.end(&order, "NOT_MARKETABLE", prices, events);
                    }
                    (false, _) => self.activate(order, prices.now_ms, events),
                }
            }
            _ => self.fill_resting(order, quote, "TAKER", prices, events),
        }
    }

    fn activate(&mut self, mut order: Order, now_ms: u64, events: &mut Vec<Event>) {
        order.activated_at = Some(now_ms);
        self.put_active(order, now_ms, events);
    }

    /// Fills an order that rests, or ends it for the first reason against that.
    pub(crate) fn fill_resting(
        &mut self,
        order: Order,
        price: i128,
        role: &'static str,
        prices: Prices,
        events: &mut Vec<Event>,
    ) {
        let Some(parts) = self.parts(&order) else {
            return self.end(&order, "WOULD_NOT_REDUCE", prices, events);
        };
        let mut wrong = self.fill_refusals(&order, &parts, (price, role), None);
        if self.is_paused && !order.reduce_only {
            wrong.push("TRADING_PAUSED");
        }
        wrong.extend(self.status_violation(order.asset, !order.reduce_only));
        let reference = order.stop_price().or(order.trigger_price).unwrap_or(price);
        if !order.kind.has_price() && order.is_beyond_limit(price, reference) {
            wrong.push("PRICE_LIMIT_EXCEEDED");
        }
        if let Some(reason) = wrong.first() {
            return self.end(&order, reason, prices, events);
        }
        let at = FillPrice { amount: price, role, tick_id: prices.quote.id };
        self.execute(order, &parts, at, (prices.now_ms, None), events);
    }

    pub(crate) fn end(
        &mut self,
        order: &Order,
        reason: &'static str,
        prices: Prices,
        events: &mut Vec<Event>,
    ) {
        let mut ended = self.unrest(&order.order_id).expect("the order rests");
        ended.activated_at = order.activated_at;
        events.push(self.expire(ended, reason, (prices.now_ms, None)));
    }
}

/// The place of an order in a round, if it is reached. One that waits for a new quote comes before
/// all those of its class and side that wait for a price.
fn rank(order: &Order, prices: Prices) -> Option<Rank> {
    if let Some(at) = order.expires_at.filter(|at| *at <= prices.now_ms) {
        return Some((Class::Expiry, false, at.into(), order.place));
    }
    let class = if order.reduce_only { Class::Reducing } else { Class::Opening };
    let along = if order.awaits_quote {
        prices.is_new.then_some(i128::MIN)?
    } else {
        let reached = order.reached(prices.quote, prices.by_triggers)?;
        if reached.is_falling { -reached.price } else { reached.price }
    };
    Some((class, !order.is_of_long(), along, order.place))
}

impl Position {
    /// The first reason to close it at these prices, and the price that it waited for. A margin call
    /// and a stop-loss are reached by a price that is as bad or worse, a take-profit by one that is as
    /// good or better.
    fn reached(&self, prices: Prices) -> Option<(Class, i128)> {
        let is_lost = |price: i128, seen: Tick| {
            !is_worse(self.is_long, price, close_price(self.is_long, seen))
        };
        let is_gained = |price: i128, seen: Tick| {
            !is_worse(self.is_long, close_price(self.is_long, seen), price)
        };
        if prices.by_liquidations.is_some_and(|seen| is_lost(self.liquidation_price, seen)) {
            return Some((Class::MarginCall, self.liquidation_price));
        }
        let seen = prices.by_triggers?;
        if let Some(price) = self.stop_loss.filter(|price| is_lost(*price, seen)) {
            return Some((Class::StopLoss, price));
        }
        let profit = self.take_profit.filter(|price| is_gained(*price, seen));
        profit.map(|price| (Class::TakeProfit, price))
    }
}
