//! The random draws of a plan.

use crate::orders::{Placed, STEP};
use crate::plan::{Fault, Step, What, register};
use messages::{
    AdjustBalance, Attribution, ChangeLeverage, ChangePositionMode, DisputePrice, DisputeReason,
    GetOpenOrders, GetOrder, Instrument, PositionMode, PriceUpdate, Query, Request, Symbol, UserId,
};
use price::{Price, Qty, Usd};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::time::Duration;
use uuid::Uuid;

/// The time in which requests and faults begin; after that, the system must recover.
const SPAN_MS: u64 = 12_000;
/// The time at which accounts change their position modes: by then, most are registered.
const MODES_MS: u64 = 20;
const USERS: u32 = 4;
/// A duration longer than any run.
const FOR_GOOD: Duration = Duration::from_hours(1);
/// The number of requests of users among which one is drawn, the more frequent ones several times.
pub const REQUESTS: u32 = 120;
const CENT: Price = Price::from_scaled(1_000_000);
const MODES: [PositionMode; 3] =
    [PositionMode::Separate, PositionMode::OneWay, PositionMode::Hedge];

/// A source of random steps, with what was drawn so far.
pub struct Draw {
    pub random: ChaCha8Rng,
    /// The time of the request that is drawn.
    pub now_ms: u64,
    /// The position mode that each user asked for in the beginning.
    modes: Vec<PositionMode>,
    /// The number of orders placed.
    pub orders: u128,
    pub desk: Desk,
    pub scale: Scale,
}

/// The instrument that requests are about.
pub struct Desk {
    pub symbol: Symbol,
    /// The distance between two neighbouring prices.
    pub unit: Price,
    /// The distance between two neighbouring quantities.
    pub step: Qty,
    /// The bound of quantities.
    pub qty_max: Qty,
    /// The price, in units.
    pub mid: i128,
    /// The orders that were placed, whether or not they will be granted.
    pub placed: Vec<Placed>,
}

/// The bounds of what does not depend on the instrument.
#[derive(Clone, Copy)]
pub struct Scale {
    /// The factor of amounts of money.
    pub wealth: i128,
    /// The longest time for which an order stays in force.
    pub lifetime_max_ms: u64,
}

impl Desk {
    /// The desk of an instrument whose price is about 100.
    pub fn shipped() -> Self {
        Self {
            symbol: markets::shipped()[0].symbol,
            unit: CENT,
            step: Qty::from_scaled(STEP),
            qty_max: Qty::from_scaled(400_000_000),
            mid: 10_000,
            placed: Vec::new(),
        }
    }

    /// A price in units.
    pub const fn price(&self, units: i128) -> Price {
        Price::from_scaled(units * self.unit.scaled())
    }
}

impl Draw {
    pub fn new(seed: u64) -> Self {
        let scale = Scale { wealth: 1, lifetime_max_ms: 4_000 };
        Self::of(seed, USERS, Desk::shipped(), scale)
    }

    /// Draws for this many users, who begin at a desk.
    pub fn of(seed: u64, users: u32, desk: Desk, scale: Scale) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let modes = (0..users).map(|_| MODES[random.random_range(0..MODES.len())]).collect();
        Self { random, now_ms: 0, modes, orders: 0, desk, scale }
    }

    pub fn requests(&mut self) -> Vec<Step> {
        let count = self.random.random_range(20..150);
        let mut whens: Vec<u64> =
            (0..count).map(|_| self.random.random_range(0..SPAN_MS)).collect();
        // Some requests come in a burst.
        let rush = self.random.random_range(0..SPAN_MS);
        whens.iter_mut().filter(|when| **when % 3 == 0).for_each(|when| *when = rush + *when % 40);
        whens.sort_unstable();
        let mut steps: Vec<Step> =
            self.users().map(|n| step(0, What::Send(n, Box::new(register(n)), 1))).collect();
        steps.extend(self.users().map(|n| {
            let mode = self.mode(n);
            let request = Request::ChangePositionMode(user_id(n), ChangePositionMode { mode });
            step(MODES_MS, What::Send(u128::from(USERS) + n, Box::new(request), 1))
        }));
        for (n, when) in (100..).zip(whens) {
            self.now_ms = when;
            let what = self.what(n);
            steps.push(step(when, what));
        }
        steps
    }

    fn what(&mut self, n: u128) -> What {
        let user = self.user();
        let request = match self.random.random_range(0..200) {
            0..8 => return What::Poison,
            8..12 => return What::List(self.list()),
            12..26 => return What::Ask(n, user_id(user), self.query(user)),
            drawn @ 26..146 => self.request(user, drawn - 26),
            146..149 => self.tick(10_000, 9_000),
            149..152 => self.dispute(),
            152..158 => self.operate(user),
            158..170 => self.mark(),
            170..173 => self.fund(),
            _ => self.walk(),
        };
        let copies = if self.random.random_bool(0.1) { 2 } else { 1 };
        What::Send(n, Box::new(request), copies)
    }

    /// Draws one of the [`REQUESTS`] of a user.
    pub fn request(&mut self, user: u128, drawn: u32) -> Request {
        match drawn {
            0..64 => self.place(user),
            64..74 => self.close(user),
            74..80 => self.modify(user),
            80..92 => self.amend(user),
            92..98 => self.cancel(user),
            98..100 => self.cancel_all(user),
            100..102 => self.close_all(user),
            102..107 => self.change_margin(user),
            107..111 => self.change_leverage(user),
            111..115 => self.reverse(user),
            115..118 => self.change_mode(user),
            118 => register(user),
            _ => self.reset(user),
        }
    }

    /// Draws other limits of the traded instrument, and sometimes one more instrument.
    fn list(&mut self) -> Vec<Instrument> {
        let mut list = markets::shipped();
        list[0].max_leverage = *self.pick(&[20, 50, 100]);
        list[0].liquidation_loss_bps = *self.pick(&[5_000, 9_000]);
        list[0].price_tick = *self.pick(&[None, Some(CENT), Some(self.desk.price(2))]);
        list[0].quantity_step = *self.pick(&[None, Some(Qty::from_scaled(STEP))]);
        list[0].min_notional = *self.pick(&[None, Some(Usd::from_scaled(500_000_000))]);
        if self.random.random_bool(0.6) {
            self.add_costs(&mut list[0]);
        }
        if self.random.random_bool(0.5) {
            let another = Symbol::from_static("DOGEUSDT");
            list.push(Instrument { symbol: another, feed_symbol: another, ..list[0].clone() });
        }
        list
    }

    fn query(&mut self, user: u128) -> Query {
        match self.random.random_range(0..8) {
            0..2 => Query::GetBalance,
            2..4 => Query::GetOrder(GetOrder { order_id: self.position(user) }),
            4 => Query::GetPlacedOrder(self.reference(user)),
            5 => {
                let asset = self.random.random_bool(0.3).then_some(self.desk.symbol);
                Query::GetOpenOrders(GetOpenOrders { asset })
            }
            6 => Query::GetUserOrders,
            _ => Query::GetAccountSettings,
        }
    }

    /// Draws a command of an operator.
    pub fn operate(&mut self, user: u128) -> Request {
        let attribution = Attribution { by: "operator".to_owned(), reason: "why not".to_owned() };
        match self.random.random_range(0..8) {
            0 => Request::PauseTrading(attribution),
            1..4 => Request::ResumeTrading(attribution),
            _ => Request::AdjustBalance(
                user_id(user),
                AdjustBalance {
                    amount: Usd::from_scaled(
                        self.scale.wealth
                            * self.random.random_range(-60_000_000_000..=60_000_000_000),
                    ),
                    attribution,
                },
            ),
        }
    }

    /// Draws a position mode for an account: mostly its own, because the others fit no later order.
    fn change_mode(&mut self, user: u128) -> Request {
        let own = self.mode(user);
        let mode = if self.random.random_bool(0.6) { own } else { *self.pick(&MODES) };
        Request::ChangePositionMode(user_id(user), ChangePositionMode { mode })
    }

    fn change_leverage(&mut self, user: u128) -> Request {
        let (asset, leverage) = (self.desk.symbol.to_string(), *self.pick(&[2, 5, 20, 50, 101]));
        Request::ChangeLeverage(user_id(user), ChangeLeverage { asset, leverage })
    }

    /// Moves the price (cents); occasional large steps reach stop-losses and margin calls.
    fn walk(&mut self) -> Request {
        let reach = if self.random.random_bool(0.2) { 900 } else { 60 };
        let moved = self.desk.mid + self.random.random_range(-reach..=reach);
        self.desk.mid = moved.clamp(5_000, 20_000);
        self.tick(self.desk.mid - 5, self.desk.mid + 5)
    }

    fn tick(&self, bid: i128, ask: i128) -> Request {
        let Desk { symbol, .. } = self.desk;
        let [bid, ask] = [bid, ask].map(|units| self.desk.price(units));
        Request::PriceUpdate(PriceUpdate::new(symbol, bid, ask, 1))
    }

    /// The price is in dispute.
    pub fn dispute(&self) -> Request {
        let (symbol, reason) = (self.desk.symbol, DisputeReason::Held);
        Request::DisputePrice(DisputePrice { symbol, reason })
    }

    /// All users.
    pub fn users(&self) -> impl Iterator<Item = u128> + use<> {
        (1..).take(self.modes.len())
    }

    /// Draws a user.
    pub fn user(&mut self) -> u128 {
        self.random.random_range(1..=self.modes.len() as u128)
    }

    pub fn mode(&self, user: u128) -> PositionMode {
        self.modes[usize::try_from(user - 1).expect("there are few users")]
    }

    pub fn fault(&mut self, engines: u32) -> Step {
        let engine = self.random.random_range(0..engines);
        let fault = match self.random.random_range(0..22) {
            0..5 => Fault::Kill(engine, self.duration(0, 3_000)),
            5..9 => Fault::Pause(engine, self.duration(100, 5_000)),
            9..13 => {
                let lost = if self.random.random_bool(0.7) { 1_000 } else { 1 };
                Fault::RedisRestart { down: self.duration(0, 800), lost: self.duration(0, lost) }
            }
            13 => Fault::RedisStall(self.duration(100, 5_000)),
            14 => Fault::RedisFull(self.duration(100, 4_000)),
            15 => Fault::DatabaseAway(self.duration(100, 8_000)),
            16 => Fault::DamageSnapshot,
            17 => Fault::LoseSnapshot,
            // If there is another engine, the first may hang for good.
            18 if engines > 1 => Fault::Hang(0, FOR_GOOD),
            18 | 19 => Fault::Hang(engine, self.duration(100, 8_000)),
            _ => Fault::ClockStep(*self.pick(&[-3_600_000, -5_000, -300, 300, 20_000])),
        };
        step(self.random.random_range(0..SPAN_MS), What::Fault(fault))
    }

    pub fn duration(&mut self, from_ms: u64, to_ms: u64) -> Duration {
        Duration::from_millis(self.random.random_range(from_ms..=to_ms))
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.random.random_range(0..from.len())]
    }
}

fn step(at_ms: u64, what: What) -> Step {
    Step { at: Duration::from_millis(at_ms), what }
}

pub fn user_id(user: u128) -> UserId {
    UserId(Uuid::from_u128(user))
}
