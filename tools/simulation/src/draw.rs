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
const USERS: u128 = 4;
/// A duration longer than any run.
const FOR_GOOD: Duration = Duration::from_hours(1);
const MODES: [PositionMode; 3] =
    [PositionMode::Separate, PositionMode::OneWay, PositionMode::Hedge];

/// A source of random steps, with what was drawn so far.
pub struct Draw {
    pub random: ChaCha8Rng,
    /// The time of the request that is drawn.
    pub now_ms: u64,
    /// The price, in cents.
    pub mid: i128,
    /// The position mode that each user asked for in the beginning.
    modes: [PositionMode; USERS as usize],
    /// The orders that were placed, whether or not they will be granted.
    pub placed: Vec<Placed>,
}

impl Draw {
    pub fn new(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let modes = std::array::from_fn(|_| MODES[random.random_range(0..MODES.len())]);
        Self { random, now_ms: 0, mid: 10_000, modes, placed: Vec::new() }
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
            (1..=USERS).map(|n| step(0, What::Send(n, Box::new(register(n)), 1))).collect();
        steps.extend((1..=USERS).map(|n| {
            let mode = self.mode(n);
            let request = Request::ChangePositionMode(user_id(n), ChangePositionMode { mode });
            step(MODES_MS, What::Send(USERS + n, Box::new(request), 1))
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
            26..90 => self.place(user),
            90..100 => self.close(user),
            100..106 => self.modify(user),
            106..118 => self.amend(user),
            118..124 => self.cancel(user),
            124..126 => self.cancel_all(user),
            126..128 => self.close_all(user),
            128..133 => self.change_margin(user),
            133..137 => self.change_leverage(user),
            137..141 => self.reverse(user),
            141..144 => self.change_mode(user),
            144 => register(user),
            145 => self.reset(user),
            146..149 => tick(10_000, 9_000),
            149..152 => dispute(),
            152..158 => self.operate(user),
            158..170 => self.mark(),
            170..173 => self.fund(),
            _ => self.walk(),
        };
        let copies = if self.random.random_bool(0.1) { 2 } else { 1 };
        What::Send(n, Box::new(request), copies)
    }

    /// Draws other limits of the traded instrument, and sometimes one more instrument.
    fn list(&mut self) -> Vec<Instrument> {
        let mut list = markets::shipped();
        list[0].max_leverage = *self.pick(&[20, 50, 100]);
        list[0].liquidation_loss_bps = *self.pick(&[5_000, 9_000]);
        list[0].price_tick = *self.pick(&[None, Some(cents(1)), Some(cents(2))]);
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
                let asset = self.random.random_bool(0.3).then(symbol);
                Query::GetOpenOrders(GetOpenOrders { asset })
            }
            6 => Query::GetUserOrders,
            _ => Query::GetAccountSettings,
        }
    }

    fn operate(&mut self, user: u128) -> Request {
        let attribution = Attribution { by: "operator".to_owned(), reason: "why not".to_owned() };
        match self.random.random_range(0..8) {
            0 => Request::PauseTrading(attribution),
            1..4 => Request::ResumeTrading(attribution),
            _ => Request::AdjustBalance(
                user_id(user),
                AdjustBalance {
                    amount: Usd::from_scaled(
                        self.random.random_range(-60_000_000_000..=60_000_000_000),
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
        let (asset, leverage) = (symbol().to_string(), *self.pick(&[2, 5, 20, 50, 101]));
        Request::ChangeLeverage(user_id(user), ChangeLeverage { asset, leverage })
    }

    /// Moves the price (cents); occasional large steps reach stop-losses and margin calls.
    fn walk(&mut self) -> Request {
        let reach = if self.random.random_bool(0.2) { 900 } else { 60 };
        self.mid = (self.mid + self.random.random_range(-reach..=reach)).clamp(5_000, 20_000);
        tick(self.mid - 5, self.mid + 5)
    }

    fn user(&mut self) -> u128 {
        self.random.random_range(1..=USERS)
    }

    pub fn mode(&self, user: u128) -> PositionMode {
        self.modes[usize::try_from(user - 1).expect("there are four users")]
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

pub fn cents(cents: i128) -> Price {
    Price::from_scaled(cents * 1_000_000)
}

/// The instrument that is traded.
pub fn symbol() -> Symbol {
    markets::shipped()[0].symbol
}

fn dispute() -> Request {
    let (symbol, reason) = (symbol(), DisputeReason::Held);
    Request::DisputePrice(DisputePrice { symbol, reason })
}

fn tick(bid: i128, ask: i128) -> Request {
    Request::PriceUpdate(PriceUpdate::new(symbol(), cents(bid), cents(ask), 1))
}
