//! A source of random requests of every kind, mostly plausible: it looks at the model, so that
//! cancels, amendments and reducing orders are about what is there.

use crate::desk::{BTC, DOGE, ETH, SHIB, instrument};
use crate::order_requests::Level;
use messages::{
    AdjustBalance, Attribution, ChangeLeverage, ChangePositionMode, DisputePrice, DisputeReason,
    EntryId, Instrument, OrderId, PositionMode, PriceUpdate, RegisterUser, Request, RequestEntry,
    RequestId, Rules, Symbol, UserId,
};
use model::Model;
use price::{Price, Qty, Usd};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

const USERS: u128 = 9;
const MODES: [PositionMode; 3] =
    [PositionMode::Separate, PositionMode::OneWay, PositionMode::Hedge];
/// The instruments, with their prices at the start.
pub const TRADED: [(Symbol, i128); 3] =
    [(BTC, 9_200_000_000_000), (ETH, 310_000_000_000), (DOGE, 40_000_000)];
/// The price tick of the instrument that has one.
const TICK: i128 = 10_000_000;
const STEP: i128 = 1_000;
/// The numbers in the client order ids. The last one is never used.
pub const CLIENT_IDS: std::ops::RangeInclusive<u32> = 0..=40;
/// The number of entries that may be sent again.
const RECENT: usize = 30;

pub struct OrderHistory {
    pub random: ChaCha8Rng,
    pub id: EntryId,
    pub mids: [i128; 3],
    pub placed: u128,
    sent: Vec<RequestEntry>,
    first: Vec<Request>,
    /// Whether trading costs something, and mark prices close positions.
    has_costs: bool,
}

impl OrderHistory {
    pub fn new(seed: u64) -> Self {
        Self::of(seed, false)
    }

    /// A history in which trading costs something.
    pub fn with_costs(seed: u64) -> Self {
        Self::of(seed, true)
    }

    fn of(seed: u64, has_costs: bool) -> Self {
        let id = EntryId::new(1_700_000_000_000, 0);
        let random = ChaCha8Rng::seed_from_u64(seed);
        let mids = TRADED.map(|(_, mid)| mid);
        let (sent, first) = (Vec::new(), Vec::new());
        let mut history = Self { random, id, mids, placed: 0, sent, first, has_costs };
        history.first = history.beginning();
        history.first.reverse();
        history
    }

    /// The requests with which every history begins: instruments, prices, accounts in each mode.
    fn beginning(&mut self) -> Vec<Request> {
        let has_costs = self.has_costs;
        let mut list = |n| {
            if has_costs { self.set_costs(n, false) } else { self.set_instrument(n, false) }
        };
        let mut first: Vec<Request> = (0..3).map(&mut list).collect();
        first.push(Request::SetInstrument(Box::new(instrument(SHIB))));
        first.extend((0..3).map(|n| self.tick(n)));
        for n in 1..=USERS {
            let user = UserId(Uuid::from_u128(n));
            let deposit =
                Usd::from_scaled(self.random.random_range(5_000_000_000..120_000_000_000));
            first.push(Request::RegisterUser(user, RegisterUser { deposit }));
            let mode = MODES[usize::try_from(n % 3).unwrap()];
            first.push(Request::ChangePositionMode(user, ChangePositionMode { mode }));
        }
        first
    }

    pub fn next(&mut self, model: &Model) -> (EntryId, RequestEntry) {
        self.advance_id();
        if self.random.random_bool(0.02) && !self.sent.is_empty() {
            let n = self.random.random_range(0..self.sent.len());
            return (self.id, self.sent[n].clone());
        }
        let request = self.first.pop().unwrap_or_else(|| self.draw(model));
        let request_id = Some(RequestId(Uuid::from_u128(self.random.random())));
        let timestamp_ms = self.clock_ms();
        let entry = RequestEntry { request_id, timestamp_ms, reply_to: None, request };
        if self.sent.len() == RECENT {
            self.sent.remove(0);
        }
        self.sent.push(entry.clone());
        (self.id, entry)
    }

    fn draw(&mut self, model: &Model) -> Request {
        let user = self.user();
        let symbol = self.random.random_range(0..3);
        if self.has_costs && self.random.random_bool(0.25) {
            return self.draw_cost(user, symbol);
        }
        match self.random.random_range(0..1_000) {
            0..250 => self.place(model, user, symbol),
            250..300 => self.amend(model, user),
            300..330 => self.cancel(model, user),
            330..335 => self.cancel_all(user),
            335..355 => self.modify(model, user),
            355..375 => self.close(model, user),
            375..380 => self.close_all(user),
            380..410 => self.change_margin(model, user),
            410..425 => self.change_leverage(user, symbol),
            425..445 => self.reverse(model, user),
            445..455 => self.change_mode(user),
            455..475 => self.operate(user),
            475..478 if self.has_costs => self.set_costs(symbol, true),
            475..478 => self.set_instrument(symbol, true),
            478..480 => self.set_rules(),
            480..483 => dispute(symbol),
            _ => self.tick(symbol),
        }
    }

    pub fn user(&mut self) -> UserId {
        // Now and then somebody whom nobody knows.
        let last = if self.random.random_bool(0.01) { USERS + 1 } else { USERS };
        UserId(Uuid::from_u128(self.random.random_range(1..=last)))
    }

    pub fn new_order_id(&mut self) -> OrderId {
        if self.random.random_bool(0.01) {
            return self.some_order_id();
        }
        self.placed += 1;
        OrderId(Uuid::from_u128(self.placed))
    }

    /// The numbers of the latest orders.
    pub fn recent(&self, count: u128) -> std::ops::RangeInclusive<u128> {
        self.placed.saturating_sub(count)..=self.placed
    }

    /// Draws the id of an earlier order, whoever's it is.
    pub fn some_order_id(&mut self) -> OrderId {
        let back = self.random.random_range(0..400).min(self.placed);
        OrderId(Uuid::from_u128(self.placed - back))
    }

    /// Draws a price near the market: above it or below it, seldom on the wrong side, and mostly
    /// on the tick.
    pub fn level(&mut self, symbol: usize, level: Level) -> Price {
        let mid = self.mids[symbol];
        let distance = mid * self.random.random_range(6..60) / 10_000;
        let is_wrong = self.random.random_bool(0.06);
        let amount = match (level, is_wrong) {
            (Level::Above, false) | (Level::Below, true) => mid + distance,
            (Level::Below, false) | (Level::Above, true) => mid - distance,
        };
        let is_off = symbol > 0 || self.random.random_bool(0.02);
        Price::from_scaled(if is_off { amount } else { amount / TICK * TICK })
    }

    /// Draws a quantity worth up to a few thousand USD, mostly on the step.
    pub fn qty(&mut self, symbol: usize) -> Qty {
        let most = if self.random.random_bool(0.1) { 9_000_000_000_000 } else { 300_000_000_000 };
        let notional: i128 = self.random.random_range(100_000_000..most);
        let qty = notional * 100_000_000 / self.mids[symbol];
        let is_off = symbol > 0 || self.random.random_bool(0.02);
        Qty::from_scaled(if is_off { qty } else { (qty / STEP * STEP).max(STEP) })
    }

    fn advance_id(&mut self) {
        let gap_ms = match self.random.random_range(0..1_000) {
            0 => 15_000,
            1..400 => 0,
            _ => self.random.random_range(1..60),
        };
        let EntryId { ms, seq } = self.id;
        self.id =
            if gap_ms == 0 { EntryId::new(ms, seq + 1) } else { EntryId::new(ms + gap_ms, 0) };
    }

    pub fn clock_ms(&mut self) -> u64 {
        match self.random.random_range(0..600) {
            0 => self.id.ms - 70_000,
            1 => self.id.ms + 70_000,
            _ => self.id.ms - self.random.random_range(0..20),
        }
    }

    /// Draws the next price of a walk, which takes small steps and seldom a gap.
    fn tick(&mut self, symbol: usize) -> Request {
        let jump = match self.random.random_range(0..1_000) {
            0..4 => 300,
            4..40 => 60,
            _ => 6,
        };
        let (_, start) = TRADED[symbol];
        let mid = &mut self.mids[symbol];
        let step = *mid * self.random.random_range(-jump..=jump) / 10_000;
        *mid = (*mid + step).clamp(start / 3, start * 3);
        let half_spread = *mid / 4_000;
        Request::PriceUpdate(PriceUpdate {
            symbol: TRADED[symbol].0,
            bid: Price::from_scaled(*mid - half_spread),
            ask: Price::from_scaled(*mid + half_spread),
            trade_id: 1,
            traded_at_ms: self.random.random_bool(0.5).then(|| self.clock_ms()),
            valid_for_ms: None,
        })
    }

    pub fn set_instrument(&mut self, symbol: usize, is_change: bool) -> Request {
        let is_stepped = symbol == 0;
        let max_leverage = if is_change { self.random.random_range(10..=100) } else { 100 };
        let liquidation_loss_bps =
            if is_change { self.random.random_range(6_000..=10_000) } else { 9_000 };
        Request::SetInstrument(Box::new(Instrument {
            max_leverage,
            liquidation_loss_bps,
            price_tick: is_stepped.then(|| Price::from_scaled(TICK)),
            quantity_step: is_stepped.then(|| Qty::from_scaled(STEP)),
            min_notional: is_stepped.then(|| Usd::from_scaled(500_000_000)),
            ..instrument(TRADED[symbol].0)
        }))
    }

    pub fn set_rules(&mut self) -> Request {
        Request::SetRules(Rules {
            max_open_positions: self.random.random_range(2..20),
            stale_price_ms: self.random.random_range(3_000..20_000),
            closed_retention_ms: self.random.random_range(1_000..60_000),
            closed_retention_max: self.random.random_range(100..2_000),
            order_id_retention_ms: Some(self.random.random_range(10_000..1_000_000)),
            clock_lead_max_ms: Some(60_000),
            max_open_orders: self.random.random_bool(0.8).then(|| self.random.random_range(3..25)),
            stale_mark_ms: None,
            mark_deviation_max_bps: None,
        })
    }

    fn change_mode(&mut self, user: UserId) -> Request {
        let mode = MODES[self.random.random_range(0..3)];
        Request::ChangePositionMode(user, ChangePositionMode { mode })
    }

    fn change_leverage(&mut self, user: UserId, symbol: usize) -> Request {
        let among = if self.wrong() { 0..130 } else { 3..60 };
        let leverage = self.random.random_range(among);
        let asset = self.asset(symbol);
        Request::ChangeLeverage(user, ChangeLeverage { asset, leverage })
    }

    /// Draws the name of an instrument as a sender writes it, seldom one that is not listed
    /// or has no price.
    pub fn asset(&mut self, symbol: usize) -> String {
        match self.random.random_range(0..200) {
            0 => "NOPEUSDT".to_owned(),
            1 => SHIB.to_string(),
            _ => TRADED[symbol].0.to_string(),
        }
    }

    /// Reports whether the next value is deliberately wrong.
    pub fn wrong(&mut self) -> bool {
        self.random.random_bool(0.15)
    }

    /// Draws an operator's command; trading is soon resumed, and losers get money.
    fn operate(&mut self, user: UserId) -> Request {
        let attribution = Attribution { by: "operator".to_owned(), reason: "because".to_owned() };
        match self.random.random_range(0..30) {
            0 => Request::PauseTrading(attribution),
            1..18 => Request::ResumeTrading(attribution),
            _ => {
                let amount = self.random.random_range(-40_000_000_000..60_000_000_000);
                let amount = Usd::from_scaled(amount);
                Request::AdjustBalance(user, AdjustBalance { amount, attribution })
            }
        }
    }
}

fn dispute(symbol: usize) -> Request {
    let (symbol, _) = TRADED[symbol];
    Request::DisputePrice(DisputePrice { symbol, reason: DisputeReason::Held })
}

/// The id of an order that the model has.
pub fn id_of(text: &str) -> OrderId {
    OrderId(text.parse().unwrap())
}

/// The number of an instrument that the model has.
pub fn number_of(asset: model::Symbol) -> usize {
    let text = asset.to_string();
    TRADED.iter().position(|(symbol, _)| symbol.as_str() == text).unwrap()
}
