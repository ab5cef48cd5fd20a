//! The plan of one run, drawn by a seed: requests, queries and faults.

use messages::{
    AdjustBalance, Attribution, ClosePosition, DisputePrice, DisputeReason, Edit, GetOrder,
    Instrument, ModifyPosition, OrderId, PlaceOrder, PriceUpdate, Query, RegisterUser, Request,
    Side, Symbol, UserId,
};
use price::{Price, Qty, Usd};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// The time in which requests and faults begin; after that, the system must recover.
const SPAN_MS: u64 = 12_000;
const USERS: u128 = 4;
/// A duration longer than any run.
const FOR_GOOD: Duration = Duration::from_hours(1);

/// The plan of one run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed of the order of concurrent events.
    pub seed: u64,
    /// The number of engines.
    pub engines: u32,
    /// The interval between snapshots.
    pub snapshot_interval: Duration,
    /// The number of snapshots kept.
    pub snapshots_kept: u32,
    /// The number of outputs that an engine writes at once.
    pub write_len: usize,
    /// One in this many operations fails randomly; zero means none.
    pub unrest: u64,
    /// The steps, in the order of their times.
    pub steps: Vec<Step>,
}

/// One step of a plan.
#[derive(Clone, Debug)]
pub struct Step {
    /// The time of the step.
    pub at: Duration,
    /// The event.
    pub what: What,
}

/// An event of a plan.
#[derive(Clone, Debug)]
pub enum What {
    /// A client sends a request this many times.
    Send(u128, Box<Request>, u32),
    /// A client sends a query.
    Ask(u128, UserId, Query),
    /// An unreadable entry is appended.
    Poison,
    /// An operator changes the list of instruments.
    List(Vec<Instrument>),
    /// A fault occurs.
    Fault(Fault),
}

/// A fault, with its duration.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// An engine gets SIGKILL and is restarted after a while.
    Kill(u32, Duration),
    /// An engine gets SIGSTOP, and SIGCONT after a while.
    Pause(u32, Duration),
    /// The loop of an engine hangs while the rest of its process runs.
    Hang(u32, Duration),
    /// Redis' machine loses power, and Redis its latest writes.
    RedisRestart {
        /// The downtime.
        down: Duration,
        /// The time before the crash whose writes are lost.
        lost: Duration,
    },
    /// Redis stops answering.
    RedisStall(Duration),
    /// Redis' disk is full.
    RedisFull(Duration),
    /// PostgreSQL is unavailable.
    DatabaseAway(Duration),
    /// A bit of the newest snapshot flips.
    DamageSnapshot,
    /// The newest snapshot is lost.
    LoseSnapshot,
    /// The wall clock steps by this many ms.
    ClockStep(i64),
}

impl Plan {
    /// Draws a plan.
    pub fn draw(seed: u64) -> Self {
        let mut draw = Draw { random: ChaCha8Rng::seed_from_u64(seed), placed: 0, mid: 10_000 };
        let engines = 1 + u32::from(draw.random.random_bool(0.6));
        let mut steps = draw.requests();
        let faults = draw.random.random_range(0..9);
        steps.extend((0..faults).map(|_| draw.fault(engines)));
        steps.sort_by_key(|step| step.at);
        Self {
            seed,
            engines,
            snapshot_interval: draw.duration(200, 3_000),
            snapshots_kept: draw.random.random_range(2..5),
            unrest: *draw.pick(&[0, 1_000, 200, 60]),
            write_len: *draw.pick(&[1, 3, 2_000]),
            steps,
        }
    }
}

struct Draw {
    random: ChaCha8Rng,
    placed: u128,
    mid: i128,
}

impl Draw {
    fn requests(&mut self) -> Vec<Step> {
        let count = self.random.random_range(20..120);
        let mut whens: Vec<u64> =
            (0..count).map(|_| self.random.random_range(0..SPAN_MS)).collect();
        // Some requests come in a burst.
        let rush = self.random.random_range(0..SPAN_MS);
        whens.iter_mut().filter(|when| **when % 3 == 0).for_each(|when| *when = rush + *when % 40);
        whens.sort_unstable();
        let mut steps: Vec<Step> =
            (1..=USERS).map(|n| step(0, What::Send(n, Box::new(register(n)), 1))).collect();
        for (n, when) in (100..).zip(whens) {
            let what = self.what(n);
            steps.push(step(when, what));
        }
        steps
    }

    fn what(&mut self, n: u128) -> What {
        let user = UserId(Uuid::from_u128(self.random.random_range(1..=USERS)));
        let request = match self.random.random_range(0..100) {
            0..5 => return What::Poison,
            71..73 => return What::List(self.list()),
            5..12 => return What::Ask(n, user, self.query()),
            12..40 => self.place(user),
            40..55 => Request::ClosePosition(
                self.owner(),
                ClosePosition {
                    order_id: self.order(),
                    price_limit: self.random.random_bool(0.2).then(|| cents(9_990)),
                },
            ),
            55..62 => Request::ModifyPosition(
                self.owner(),
                ModifyPosition {
                    order_id: self.order(),
                    stop_loss: Edit::Keep,
                    take_profit: Edit::Remove,
                },
            ),
            62..64 => register(self.random.random_range(1..=USERS)),
            64..66 => tick(10_000, 9_000),
            69..71 => dispute(),
            66..69 => self.operate(),
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
        if self.random.random_bool(0.5) {
            let another = Symbol::from_static("DOGEUSDT");
            list.push(Instrument { symbol: another, feed_symbol: another, ..list[0].clone() });
        }
        list
    }

    fn query(&mut self) -> Query {
        if self.random.random_bool(0.5) {
            Query::GetBalance
        } else {
            Query::GetOrder(GetOrder { order_id: self.order() })
        }
    }

    fn operate(&mut self) -> Request {
        let attribution = Attribution { by: "operator".to_owned(), reason: "why not".to_owned() };
        match self.random.random_range(0..8) {
            0 => Request::PauseTrading(attribution),
            1..4 => Request::ResumeTrading(attribution),
            _ => Request::AdjustBalance(
                self.owner(),
                AdjustBalance {
                    amount: Usd::from_scaled(
                        self.random.random_range(-60_000_000_000..=60_000_000_000),
                    ),
                    attribution,
                },
            ),
        }
    }

    /// Moves the price (cents); occasional large steps reach stop-losses and margin calls.
    fn walk(&mut self) -> Request {
        let reach = if self.random.random_bool(0.2) { 900 } else { 30 };
        self.mid = (self.mid + self.random.random_range(-reach..=reach)).clamp(5_000, 20_000);
        tick(self.mid - 5, self.mid + 5)
    }

    fn place(&mut self, user_id: UserId) -> Request {
        self.placed += 1;
        let is_long = self.random.random_bool(0.5);
        let away = self.random.random_range(50..500);
        let stop_loss = if is_long { self.mid - away } else { self.mid + away };
        let order_id = OrderId(Uuid::from_u128(self.placed << 8 | user_id.0.as_u128()));
        let side = if is_long { Side::Long } else { Side::Short };
        let leverage = *self.pick(&[1, 5, 20, 50, 101]);
        let qty = Qty::from_scaled(self.random.random_range(1..400_000_000));
        let market = PlaceOrder::market(order_id, symbol().to_string(), side, leverage, qty);
        Request::PlaceOrder(
            user_id,
            PlaceOrder {
                stop_loss: self.random.random_bool(0.5).then(|| cents(stop_loss)),
                price_limit: self.random.random_bool(0.2).then(|| cents(10_010)),
                ..market
            },
        )
    }

    /// Draws one of the last few orders; the id of an order contains its owner.
    fn order(&mut self) -> OrderId {
        let n = self.placed.saturating_sub(self.random.random_range(0..6)).max(1);
        OrderId(Uuid::from_u128(n << 8 | self.random.random_range(1..=USERS)))
    }

    fn owner(&mut self) -> UserId {
        UserId(Uuid::from_u128(self.random.random_range(1..=USERS)))
    }

    fn fault(&mut self, engines: u32) -> Step {
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

    fn duration(&mut self, from_ms: u64, to_ms: u64) -> Duration {
        Duration::from_millis(self.random.random_range(from_ms..=to_ms))
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.random.random_range(0..from.len())]
    }
}

fn step(at_ms: u64, what: What) -> Step {
    Step { at: Duration::from_millis(at_ms), what }
}

fn cents(cents: i128) -> Price {
    Price::from_scaled(cents * 1_000_000)
}

/// The instrument that is traded.
fn symbol() -> Symbol {
    markets::shipped()[0].symbol
}

fn dispute() -> Request {
    let (symbol, reason) = (symbol(), DisputeReason::Held);
    Request::DisputePrice(DisputePrice { symbol, reason })
}

fn tick(bid: i128, ask: i128) -> Request {
    Request::PriceUpdate(PriceUpdate::new(symbol(), cents(bid), cents(ask), 1))
}

/// A request to register a user, who may be registered already.
pub fn register(n: u128) -> Request {
    let deposit = Usd::from_scaled(100_000_000_000);
    Request::RegisterUser(UserId(Uuid::from_u128(n)), RegisterUser { deposit })
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, engines, snapshot_interval, snapshots_kept, write_len, unrest, steps } =
            self;
        writeln!(
            f,
            "schedule {seed}, {engines} engine(s), a snapshot every {snapshot_interval:?},"
        )?;
        writeln!(
            f,
            "{snapshots_kept} kept, {write_len} outputs written at once, one in {unrest} operations fails randomly"
        )?;
        for Step { at, what } in steps {
            let at_s = at.as_secs_f64();
            match what {
                What::Send(n, request, copies) => {
                    writeln!(f, "{at_s:>8.3} s  request {n} (x{copies}): {request:?}")?;
                }
                What::Ask(n, user_id, query) => {
                    writeln!(f, "{at_s:>8.3} s  query {n} of {user_id}: {query:?}")?;
                }
                What::Poison => writeln!(f, "{at_s:>8.3} s  an entry that can't be read")?,
                What::List(list) => {
                    writeln!(f, "{at_s:>8.3} s  list of {}: {:?}", list.len(), list[0])?;
                }
                What::Fault(fault) => writeln!(f, "{at_s:>8.3} s  {fault:?}")?,
            }
        }
        Ok(())
    }
}
