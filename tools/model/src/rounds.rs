//! The rounds of a tick: what its quote reaches, again and again until it reaches nothing.

use crate::account::Event;
use crate::close::Closing;
use crate::execute::FillPrice;
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

/// The positions and orders that a tick has reached.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Position(u64),
    Order(String),
}

/// The place of something in a round: its class, longs before shorts, the price that is reached
/// first, the older.
type Rank = (Class, bool, i128, u64);

impl Model {
    /// Applies a tick to all that waits in its instrument.
    pub(crate) fn run_rounds(&mut self, asset: Symbol, tick: Tick) -> Vec<Event> {
        for order in self.resting.iter_mut().filter(|order| order.asset == asset) {
            order.trail(tick);
        }
        let mut events = Vec::new();
        loop {
            let due = self.due(asset, tick);
            if due.is_empty() {
                return events;
            }
            let mut following =
                due.iter().filter(|(_, due)| matches!(due, Due::Position(_))).count();
            for ((class, ..), due) in due {
                match due {
                    Due::Position(number) => {
                        following -= 1;
                        self.close_by_tick(class, number, following, tick, &mut events);
                    }
                    Due::Order(order_id) => {
                        // An event of the same round may have ended it.
                        if let Some(order) = self.find_resting(&order_id).cloned() {
                            self.trigger(class, order, tick, &mut events);
                        }
                    }
                }
            }
        }
    }

    /// The ids of positions and orders that the last price of an instrument has reached. An order
    /// whose time is over waits for the next.
    pub fn missed(&self, asset: Symbol) -> Vec<String> {
        let due = self.ticks.get(&asset).map_or(Vec::new(), |tick| self.due(asset, *tick));
        let missed = due.into_iter().filter(|((class, ..), _)| *class != Class::Expiry);
        let ids = missed.map(|(_, due)| match due {
            Due::Position(number) => self.open[&number].order_id.clone(),
            Due::Order(order_id) => order_id,
        });
        ids.collect()
    }

    /// All that a tick has reached, in its order.
    fn due(&self, asset: Symbol, tick: Tick) -> Vec<(Rank, Due)> {
        let mut due = Vec::new();
        for position in self.open.values().filter(|position| position.asset == asset) {
            if let Some((class, price)) = position.reached(tick) {
                // A falling price reaches the highest first, a rising one the lowest.
                let is_falling = position.is_long == (class != Class::TakeProfit);
                let along = if is_falling { -price } else { price };
                let rank = (class, !position.is_long, along, position.number);
                due.push((rank, Due::Position(position.number)));
            }
        }
        for order in self.resting.iter().filter(|order| order.asset == asset) {
            if let Some(rank) = rank(order, tick) {
                due.push((rank, Due::Order(order.order_id.clone())));
            }
        }
        due.sort_unstable();
        due
    }

    fn close_by_tick(
        &mut self,
        class: Class,
        number: u64,
        following: usize,
        tick: Tick,
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
            price: close_price(position.is_long, tick),
            tick_id: tick.id,
            now_ms: tick.id.ms,
            by: None,
            following,
            execution: None,
        };
        self.settle(number, &closing, events);
    }

    /// Does what an order waits for: it expires, becomes active, or is filled.
    fn trigger(&mut self, class: Class, mut order: Order, tick: Tick, events: &mut Vec<Event>) {
        if class == Class::Expiry {
            return self.end(&order, "TIME", tick, events);
        }
        let quote = tick.quote(order.is_buy);
        if order.is_limit() {
            let price = order.price.expect("a limit order has a price");
            return self.fill_resting(order, price, "MAKER", tick, events);
        }
        match order.kind {
            Kind::TrailingStopMarket if !order.is_trailing() => {
                order.peak = Some(quote);
                self.activate(order, tick, events);
            }
            Kind::Stop | Kind::TakeProfit => {
                order.activated_at = Some(tick.id.ms);
                match (order.is_marketable(tick), order.time_in_force) {
                    (true, TimeInForce::Gtx) => self.end(&order, "WOULD_TAKE", tick, events),
                    (true, _) => self.fill_resting(order, quote, "TAKER", tick, events),
                    (false, TimeInForce::Ioc | TimeInForce::Fok) => {
                        self.end(&order, "NOT_MARKETABLE", tick, events);
                    }
                    (false, _) => self.activate(order, tick, events),
                }
            }
            _ => self.fill_resting(order, quote, "TAKER", tick, events),
        }
    }

    fn activate(&mut self, mut order: Order, tick: Tick, events: &mut Vec<Event>) {
        order.activated_at = Some(tick.id.ms);
        order.updated_at = tick.id.ms;
        let rests = self.resting.iter_mut().find(|other| other.order_id == order.order_id);
        *rests.expect("the order rests") = order.clone();
        events.push(self.order_event("ORDER_ACTIVATED", &order, None));
    }

    /// Fills an order that rests, or ends it for the first reason against that.
    fn fill_resting(
        &mut self,
        order: Order,
        price: i128,
        role: &'static str,
        tick: Tick,
        events: &mut Vec<Event>,
    ) {
        let Some(parts) = self.parts(&order) else {
            return self.end(&order, "WOULD_NOT_REDUCE", tick, events);
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
            return self.end(&order, reason, tick, events);
        }
        let at = FillPrice { amount: price, role, tick_id: tick.id };
        self.execute(order, &parts, at, (tick.id.ms, None), events);
    }

    fn end(&mut self, order: &Order, reason: &'static str, tick: Tick, events: &mut Vec<Event>) {
        let mut ended = self.unrest(&order.order_id).expect("the order rests");
        ended.activated_at = order.activated_at;
        events.push(self.expire(ended, reason, (tick.id.ms, None)));
    }
}

/// The place of an order in a round, if the tick has reached it.
fn rank(order: &Order, tick: Tick) -> Option<Rank> {
    if let Some(at) = order.expires_at.filter(|at| *at <= tick.id.ms) {
        return Some((Class::Expiry, false, at.into(), order.place));
    }
    let reached = order.reached(tick)?;
    let class = if order.reduce_only { Class::Reducing } else { Class::Opening };
    let along = if reached.is_falling { -reached.price } else { reached.price };
    Some((class, !order.is_of_long(), along, order.place))
}

impl Position {
    /// The first reason to close it at this price, and the trigger price. A margin call and a
    /// stop-loss are reached by a price that is as bad or worse, a take-profit by one that is as
    /// good or better.
    fn reached(&self, tick: Tick) -> Option<(Class, i128)> {
        let now = close_price(self.is_long, tick);
        let is_lost = |trigger: i128| !is_worse(self.is_long, trigger, now);
        let is_gained = |trigger: i128| !is_worse(self.is_long, now, trigger);
        if is_lost(self.liquidation_price) {
            return Some((Class::MarginCall, self.liquidation_price));
        }
        if let Some(price) = self.stop_loss.filter(|price| is_lost(*price)) {
            return Some((Class::StopLoss, price));
        }
        self.take_profit.filter(|price| is_gained(*price)).map(|price| (Class::TakeProfit, price))
    }
}
