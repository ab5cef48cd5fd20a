//! What is sent within the week: prices, fundings, and requests of traders and operators.

use super::Week;
use super::market::Market;
use crate::draw::{Desk, Draw, REQUESTS, Scale, user_id};
use crate::trial::REPLY_TO;
use crate::world::START_MS;
use messages::{
    ChangePositionMode, Fields, FillPolicy, Instrument, InstrumentStatus, LiquidationModel,
    PriceSource, RegisterUser, Request, RequestEntry, RequestId, StreamMessage as _,
};
use price::Usd;
use rand::RngExt as _;
use std::mem::swap;
use std::time::Duration;
use uuid::Uuid;

/// The number of accounts.
const USERS: u32 = 240;

/// The factor of amounts of money, of which the accounts of a trial have 1,000 USD.
const WEALTH: i128 = 100;

/// The longest time for which an order stays in force.
const LIFETIME_MAX_MS: u64 = 3 * 60 * 60 * 1_000;

/// The number of an instrument's last orders that requests may be about.
const PLACED: usize = 1_000;

/// The number of instruments in which a user trades.
const FAVOURITES: u128 = 3;

/// The number of instruments that an operator changes at once.
const CHANGED: usize = 4;

/// An entry to be sent: its time (Unix ms) and its fields.
pub type Sent = (u64, Fields);

/// The history, generated step by step.
pub struct History {
    draw: Draw,
    listed: Vec<Instrument>,
    markets: Vec<Market>,
    step: Duration,
    requests_a_step: u32,
    /// The time since the beginning.
    pub now: Duration,
    requests: u128,
}

impl History {
    pub fn new(week: &Week, listed: Vec<Instrument>) -> Self {
        let scale = Scale { wealth: WEALTH, lifetime_max_ms: LIFETIME_MAX_MS };
        Self {
            draw: Draw::of(week.seed, USERS, Desk::shipped(), scale),
            markets: listed.iter().cloned().map(Market::of).collect(),
            listed,
            step: week.step,
            requests_a_step: week.requests_a_step,
            now: Duration::ZERO,
            requests: 0,
        }
    }

    /// The time (Unix ms).
    pub fn now_ms(&self) -> u64 {
        START_MS + u64::try_from(self.now.as_millis()).expect("a week fits")
    }

    /// Registers all users and sets their position modes.
    pub fn begin(&mut self) -> Vec<Sent> {
        let (now_ms, deposit) = (self.now_ms(), Usd::from_scaled(WEALTH * 1_000 * price::SCALE));
        let mut sent = Vec::new();
        for user in self.draw.users() {
            let (id, mode) = (user_id(user), self.draw.mode(user));
            let register = Request::RegisterUser(id, RegisterUser { deposit });
            let change = Request::ChangePositionMode(id, ChangePositionMode { mode });
            sent.extend([self.asked(now_ms, register), self.asked(now_ms, change)]);
        }
        sent
    }

    /// Sends the next step: a quote and a mark price of every instrument, the fundings that are due,
    /// and some requests. Returns whether there are fundings.
    pub fn step(&mut self, sent: &mut Vec<Sent>) -> bool {
        let from_ms = self.now_ms();
        self.now += self.step;
        let (to_ms, count) = (self.now_ms(), self.markets.len());
        let slots: Vec<usize> =
            (0..self.requests_a_step).map(|_| self.draw.random.random_range(0..count)).collect();
        let mut has_fundings = false;
        for slot in 0..count {
            let at_ms = from_ms + (to_ms - from_ms) * (slot as u64 + 1) / count as u64;
            let market = &mut self.markets[slot];
            market.walk(&mut self.draw, self.step);
            sent.push(priced(at_ms, market.quote(at_ms)));
            sent.push(priced(at_ms, market.mark(&mut self.draw, at_ms)));
            if let Some(funding) = market.funding(&mut self.draw, from_ms, to_ms) {
                sent.push(priced(to_ms, funding));
                has_fundings = true;
            }
            for _ in slots.iter().filter(|drawn| **drawn == slot) {
                let request = self.request(at_ms);
                sent.push(request);
            }
        }
        has_fundings
    }

    fn request(&mut self, now_ms: u64) -> Sent {
        self.draw.now_ms = now_ms - START_MS;
        let user = self.draw.user();
        let favourite = user * FAVOURITES + self.draw.random.random_range(0..FAVOURITES);
        let n = usize::try_from(favourite).expect("there are few users") % self.markets.len();
        let drawn = self.draw.random.random_range(0..1_000);
        let market = &mut self.markets[n];
        market.draw_size(&mut self.draw);
        swap(&mut self.draw.desk, &mut market.desk);
        let request = match drawn {
            0 => None,
            1..4 => Some(self.draw.dispute()),
            4..30 => match self.draw.operate(user) {
                // Most of the time, orders are accepted.
                Request::PauseTrading(by) if drawn > 10 => Some(Request::ResumeTrading(by)),
                other => Some(other),
            },
            _ => {
                let drawn = self.draw.random.random_range(0..REQUESTS);
                Some(self.draw.request(user, drawn))
            }
        };
        let desk = &mut self.draw.desk;
        if desk.placed.len() > 2 * PLACED {
            desk.placed.drain(..PLACED);
        }
        swap(&mut self.draw.desk, &mut self.markets[n].desk);
        request.map_or_else(|| unreadable(now_ms), |request| self.asked(now_ms, request))
    }

    /// A request whose sender waits for the reply.
    pub fn asked(&mut self, now_ms: u64, request: Request) -> Sent {
        self.requests += 1;
        let entry = RequestEntry {
            request_id: Some(RequestId(Uuid::from_u128(self.requests))),
            timestamp_ms: now_ms,
            reply_to: Some(REPLY_TO.to_owned()),
            request,
        };
        (now_ms, entry.encode())
    }

    /// A request without any effect, and its id: what it is answered after is applied.
    pub fn last_asked(&mut self) -> (Sent, RequestId) {
        let (now_ms, user) = (self.now_ms(), user_id(1));
        let again = Request::RegisterUser(user, RegisterUser { deposit: Usd::ZERO });
        (self.asked(now_ms, again), RequestId(Uuid::from_u128(self.requests)))
    }

    /// Draws the list of instruments with other parameters of some.
    pub fn change_list(&mut self) -> Vec<Instrument> {
        let mut list = self.listed.clone();
        for _ in 0..CHANGED {
            let n = self.draw.random.random_range(0..list.len());
            change(&mut list[n], &mut self.draw);
        }
        for (market, instrument) in self.markets.iter_mut().zip(&list) {
            market.instrument = instrument.clone();
        }
        list
    }
}

/// Changes costs, brackets, fundings and what an instrument accepts.
fn change(instrument: &mut Instrument, draw: &mut Draw) {
    instrument.maker_fee_ppm = *draw.pick(&[0, 100, 200]);
    instrument.taker_fee_ppm = *draw.pick(&[400, 500, 1_000]);
    instrument.liquidation_fee_ppm = *draw.pick(&[0, 5_000, 12_500]);
    instrument.spread_bps = *draw.pick(&[1, 2, 5]);
    if let Some(funding) = &mut instrument.funding {
        funding.interval_hours = *draw.pick(&[1, 4, 8]);
        funding.cap_ppm = *draw.pick(&[1_000, 3_000]);
    }
    // Rates that all rise by the same leave the amounts between the brackets as they are, and caps
    // that are all twice as high double them.
    let (rise, factor) = (*draw.pick(&[0, -1_000]), *draw.pick(&[1, 2]));
    for bracket in &mut instrument.brackets {
        bracket.maintenance_ppm = bracket.maintenance_ppm.saturating_add_signed(rise);
        let [cap, amount] = [bracket.notional_cap, bracket.maintenance_amount]
            .map(|usd| Usd::from_scaled(usd.scaled() * factor));
        (bracket.notional_cap, bracket.maintenance_amount) = (cap, amount);
    }
    let (maintenance, loss) = (LiquidationModel::Maintenance, LiquidationModel::MarginLoss);
    instrument.liquidation_model = *draw.pick(&[maintenance, maintenance, loss]);
    instrument.trigger_price = *draw.pick(&[PriceSource::Quote, PriceSource::Mark]);
    instrument.fill = *draw.pick(&[FillPolicy::Last, FillPolicy::Next]);
    let (trading, reduce) = (InstrumentStatus::Trading, InstrumentStatus::ReduceOnly);
    instrument.status =
        *draw.pick(&[trading, trading, trading, trading, reduce, InstrumentStatus::Halted]);
    instrument.check().expect("the list stays valid");
}

fn priced(now_ms: u64, request: Request) -> Sent {
    let entry = RequestEntry { request_id: None, timestamp_ms: now_ms, reply_to: None, request };
    (now_ms, entry.encode())
}

fn unreadable(now_ms: u64) -> Sent {
    let mut fields = Fields::default();
    fields.push("type", b"PLACE_ORDER".to_vec());
    fields.push("payload", now_ms.to_string().into_bytes());
    (now_ms, fields)
}
