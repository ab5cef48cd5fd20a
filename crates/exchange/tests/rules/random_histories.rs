//! Random histories give the same answers, events and states on the exchange and the model.

use crate::desk::{SYMBOLS, instrument};
use crate::oracle::Oracle;
use exchange::Exchange;
use messages::{
    AdjustBalance, Attribution, ClosePosition, DisputePrice, DisputeReason, Edit, EntryId,
    Instrument, ModifyPosition, OrderId, PlaceOrder, PriceUpdate, RegisterUser, Request,
    RequestEntry, RequestId, Rules, Side, UserId,
};
use price::{Price, Qty, Usd};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::ops::RangeInclusive;
use uuid::Uuid;

pub const USERS: u128 = 40;

/// The number of the latest orders that requests refer to.
const RECENT: u128 = 400;

/// A source of mostly plausible random requests: prices walk, and closes refer to placed orders.
pub struct History {
    random: ChaCha8Rng,
    id: EntryId,
    mids: [i128; 5],
    placed: u128,
}

impl History {
    pub fn new(seed: u64) -> Self {
        let mids = [9_200_000_000_000, 310_000_000_000, 15_000_000_000, 40_000_000, 1_200];
        let id = EntryId::new(1_700_000_000_000, 0);
        Self { random: ChaCha8Rng::seed_from_u64(seed), id, mids, placed: 0 }
    }

    pub fn next(&mut self) -> (EntryId, RequestEntry) {
        self.advance_id();
        let request = match self.random.random_range(0..100) {
            0..4 => self.register(),
            4..34 => self.place(),
            34..42 => self.modify(),
            42..55 => self.close(),
            55..56 if self.random.random_bool(0.3) => self.dispute(),
            56..57 if self.random.random_bool(0.05) => self.set_rules(),
            56..57 if self.random.random_bool(0.05) => self.set_instrument(),
            57..58 => self.operate(),
            _ => self.tick(),
        };
        let request_id = RequestId(Uuid::from_u128(self.random.random()));
        let timestamp_ms = self.clock_ms();
        let request_id = Some(request_id);
        (self.id, RequestEntry { request_id, timestamp_ms, reply_to: None, request })
    }

    /// The numbers of the latest orders, which requests refer to.
    fn recent(&self) -> RangeInclusive<u128> {
        self.placed.saturating_sub(RECENT)..=self.placed
    }

    /// Advances the id, mostly by little, occasionally so far that prices are stale and orders
    /// evicted.
    fn advance_id(&mut self) {
        let gap_ms = match self.random.random_range(0..1_000) {
            0 => 20_000,
            1 => 11_000_000,
            2..500 => 0,
            _ => self.random.random_range(1..50),
        };
        let EntryId { ms, seq } = self.id;
        self.id =
            if gap_ms == 0 { EntryId::new(ms, seq + 1) } else { EntryId::new(ms + gap_ms, 0) };
    }

    /// Draws a sender's clock, occasionally far from the stream's.
    fn clock_ms(&mut self) -> u64 {
        match self.random.random_range(0..600) {
            0 => self.id.ms - 70_000,
            1 => self.id.ms + 70_000,
            _ => self.id.ms - self.random.random_range(0..20),
        }
    }

    fn user(&mut self) -> UserId {
        UserId(Uuid::from_u128(self.random.random_range(1..=USERS)))
    }

    /// Draws one of the latest orders, which is often still open.
    fn order(&mut self) -> OrderId {
        let back = self.random.random_range(0..RECENT).min(self.placed);
        OrderId(Uuid::from_u128(self.placed - back))
    }

    /// Returns the order's owner (orders are dealt out in turn), or sometimes another user.
    fn owner(&mut self, order_id: OrderId) -> UserId {
        if self.random.random_bool(0.02) {
            return self.user();
        }
        UserId(Uuid::from_u128(order_id.0.as_u128() % USERS + 1))
    }

    /// Draws an instrument, mostly one that histories without listings have.
    fn symbol(&mut self) -> usize {
        let among = if self.random.random_bool(0.9) { 3 } else { SYMBOLS.len() };
        self.random.random_range(0..among)
    }

    /// Draws a listing or a change of an instrument.
    fn set_instrument(&mut self) -> Request {
        let symbol = SYMBOLS[self.random.random_range(0..SYMBOLS.len())];
        let is_strict = self.random.random_bool(0.3);
        Request::SetInstrument(Box::new(Instrument {
            max_leverage: self.random.random_range(if is_strict { 1..=100 } else { 100..=100 }),
            liquidation_loss_bps: self.random.random_range(5_000..=10_000),
            stale_price_ms: self.random.random_bool(0.2).then_some(2_000),
            ..instrument(symbol)
        }))
    }

    fn register(&mut self) -> Request {
        let deposit = Usd::from_scaled(self.random.random_range(-1..50_000_000_000_000));
        Request::RegisterUser(self.user(), RegisterUser { deposit })
    }

    fn place(&mut self) -> Request {
        let again = self.random.random_bool(0.03);
        let order_id = if again {
            self.order()
        } else {
            self.placed += 1;
            OrderId(Uuid::from_u128(self.placed))
        };
        let symbol = self.symbol();
        let mid = self.mids[symbol];
        let side = if self.random.random() { Side::Long } else { Side::Short };
        let leverage = match self.random.random_range(0..50) {
            0 => 0,
            1 => 101,
            _ => self.random.random_range(1..=100),
        };
        // A notional of up to 2,000 USD, seldom far more than any account has.
        let notional: i128 = self.random.random_range(0..200_000_000_000);
        let factor = if self.random.random_bool(0.02) { 100_000 } else { 1 };
        let qty = Qty::from_scaled(notional * factor * 100_000_000 / mid);
        let (stop_loss, take_profit) = (self.level(mid), self.level(mid));
        Request::PlaceOrder(
            self.owner(order_id),
            PlaceOrder {
                earlier_order_id: self.random.random_bool(0.05).then(|| self.order()),
                stop_loss,
                take_profit,
                price_limit: self.price_limit(mid),
                ..PlaceOrder::market(order_id, SYMBOLS[symbol].to_string(), side, leverage, qty)
            },
        )
    }

    /// Draws a price limit, mostly none, often one near the spread.
    fn price_limit(&mut self, mid: i128) -> Option<Price> {
        let level = mid + mid * self.random.random_range(-10..=10) / 10_000;
        self.random.random_bool(0.05).then(|| Price::from_scaled(level))
    }

    fn dispute(&mut self) -> Request {
        let symbol = SYMBOLS[self.symbol()];
        let reasons = [DisputeReason::Held, DisputeReason::Late, DisputeReason::Silent];
        let reason = reasons[self.random.random_range(0..3)];
        Request::DisputePrice(DisputePrice { symbol, reason })
    }

    /// Draws a price within 2 % of `mid`, often rounded so that several positions share a level.
    fn level(&mut self, mid: i128) -> Option<Price> {
        if self.random.random_bool(0.6) {
            return None;
        }
        let level = mid + mid * self.random.random_range(-200..=200) / 10_000;
        let step = if self.random.random() { 10_000_000_000 } else { 1 };
        Some(Price::from_scaled(level / step * step)).filter(|price| price.is_positive())
    }

    fn edit(&mut self) -> Edit<Price> {
        let mid = self.mids[self.symbol()];
        match self.random.random_range(0..4) {
            0 => Edit::Keep,
            1 => Edit::Remove,
            _ => self.level(mid).map_or(Edit::Remove, Edit::Set),
        }
    }

    fn modify(&mut self) -> Request {
        let order_id = self.order();
        let (user_id, stop_loss, take_profit) = (self.owner(order_id), self.edit(), self.edit());
        Request::ModifyPosition(user_id, ModifyPosition { order_id, stop_loss, take_profit })
    }

    fn close(&mut self) -> Request {
        let order_id = self.order();
        let mid = self.mids[self.symbol()];
        let (user_id, price_limit) = (self.owner(order_id), self.price_limit(mid));
        Request::ClosePosition(user_id, ClosePosition { order_id, price_limit })
    }

    /// Draws the next price of a walk with occasional gaps; rarely an invalid price.
    fn tick(&mut self) -> Request {
        let symbol = self.symbol();
        let jump = if self.random.random_bool(0.01) { 400 } else { 8 };
        let mid = &mut self.mids[symbol];
        *mid = (*mid + *mid * self.random.random_range(-jump..=jump) / 10_000).max(1_000);
        let half_spread = *mid / 2_000;
        let crossed = self.random.random_bool(0.002);
        let (bid, ask) = (*mid - half_spread, *mid + half_spread);
        let (bid, ask) = if crossed { (ask, bid) } else { (bid, ask) };
        Request::PriceUpdate(PriceUpdate {
            symbol: SYMBOLS[symbol],
            bid: Price::from_scaled(bid),
            ask: Price::from_scaled(ask),
            trade_id: 1,
            traded_at_ms: self.random.random_bool(0.7).then(|| self.clock_ms()),
            valid_for_ms: self.random.random_bool(0.5).then_some(3_000),
        })
    }

    /// Draws an operator's command; trading is resumed more often than it is paused.
    fn operate(&mut self) -> Request {
        let reason = if self.random.random_bool(0.1) { "" } else { "because" };
        let attribution = Attribution { by: "operator".to_owned(), reason: reason.to_owned() };
        match self.random.random_range(0..40) {
            0 => Request::PauseTrading(attribution),
            1..30 => Request::ResumeTrading(attribution),
            _ => Request::AdjustBalance(
                self.user(),
                AdjustBalance {
                    amount: Usd::from_scaled(
                        self.random.random_range(-10_000_000_000_000..10_000_000_000_000),
                    ),
                    attribution,
                },
            ),
        }
    }

    fn set_rules(&mut self) -> Request {
        Request::SetRules(Rules {
            max_open_positions: self.random.random_range(3..60),
            stale_price_ms: self.random.random_range(1_000..20_000),
            closed_retention_ms: self.random.random_range(10_000..10_000_000),
            closed_retention_max: self.random.random_range(10..2_000),
            order_id_retention_ms: self
                .random
                .random_bool(0.8)
                .then(|| self.random.random_range(10_000..10_000_000)),
            clock_lead_max_ms: self.random.random_bool(0.8).then_some(60_000),
            max_open_orders: None,
            stale_mark_ms: None,
            mark_deviation_max_bps: None,
        })
    }
}

fn compare(seed: u64, entries: usize) {
    let (mut real, mut oracle) = (Exchange::default(), Oracle::new(format!("seed {seed}")));
    let mut history = History::new(seed);
    let (mut granted, mut closed_by_price) = (0, 0);
    for n in 0..entries {
        let (id, entry) = history.next();
        let outcome = real.apply(id, &entry);
        oracle.check(id, &entry, &outcome);
        granted += usize::from(!outcome.events.is_empty());
        if matches!(entry.request, Request::PriceUpdate(_)) {
            closed_by_price += outcome.events.len();
        }
        if n % 500 == 0 {
            oracle.check_state(&real);
        }
        if n % 2_500 == 0 {
            oracle.check_orders(&real, history.recent());
        }
        if n % 20_000 == 0 {
            oracle.check_memory(&real, history.recent());
        }
    }
    oracle.check_state(&real);
    oracle.check_orders(&real, history.recent());
    oracle.check_memory(&real, history.recent().step_by(10));
    assert!(
        granted > entries / 15 && closed_by_price > entries / 100,
        "the history is too tame: {granted} granted, {closed_by_price} closed by prices"
    );
}

#[test]
fn a_history_of_200_000_entries_gives_what_the_model_expects() {
    compare(1, 200_000);
}

#[test]
fn many_short_histories_give_what_the_model_expects() {
    for seed in 100..200 {
        compare(seed, 3_000);
    }
}
