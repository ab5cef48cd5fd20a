//! A second, plain implementation of the rules: computes what must follow from `request:stream`.
//!
//! Positions are a list, and each price visits all of them. Nothing here is fast or shared with the
//! engine: the formulas are those of the README.

mod operate;
mod place;
mod price;
mod view;

pub use place::Refusal;
pub use view::{account, closed_order, closed_row, sheet};

use crate::amount::read;
use crate::entry::{Entry, Id};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The state of the exchange after a number of entries.
#[derive(Default)]
pub struct Book {
    /// The registered users' accounts.
    pub accounts: BTreeMap<String, Account>,
    /// Open positions, the oldest first.
    pub open: Vec<Position>,
    /// All closed orders, in the order in which they were closed.
    pub closed: Vec<Record>,
    /// The sum of all deposits.
    pub deposits: i128,
    /// The profit of the house.
    pub house: i128,
    /// The sum of losses beyond margins, caused by price gaps.
    pub shortfall: i128,
    rules: Rules,
    is_paused: bool,
    instruments: BTreeMap<String, Instrument>,
    ticks: BTreeMap<String, Tick>,
    /// The assets whose last price the feed has withdrawn.
    disputed: BTreeSet<String>,
    opened: u64,
    closed_index: HashMap<String, usize>,
    /// The number of closed orders that the engine has evicted by age or by number.
    forgotten: usize,
}

/// The parameters of an instrument.
#[derive(Clone, Copy)]
struct Instrument {
    max_leverage: i128,
    liquidation_loss_bps: i128,
    stale_price_ms: Option<u64>,
}

/// The instruments of a history that lists none.
const BEFORE_LISTINGS: [&str; 3] = ["BTCUSDT", "ETHUSDT", "SOLUSDT"];

/// The limits in force.
struct Rules {
    max_open_positions: usize,
    stale_price_ms: u64,
    closed_retention_ms: u64,
    closed_retention_max: usize,
    order_id_retention_ms: Option<u64>,
    clock_lead_max_ms: Option<u64>,
}

/// The limits that hold until an entry sets others.
impl Default for Rules {
    fn default() -> Self {
        Self {
            max_open_positions: 100,
            stale_price_ms: 10_000,
            closed_retention_ms: 24 * 60 * 60 * 1_000,
            closed_retention_max: 100_000,
            order_id_retention_ms: None,
            clock_lead_max_ms: None,
        }
    }
}

/// A user's money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The funds that are free to trade with.
    pub balance: i128,
    /// The funds locked in positions.
    pub used_margin: i128,
    /// The number of changes so far.
    pub sequence: u64,
}

/// The last price of an asset.
#[derive(Clone, Copy)]
struct Tick {
    id: Id,
    bid: i128,
    ask: i128,
    /// The feed's own time of the trade.
    traded_at: Option<u64>,
    /// The time for which the price is valid (ms).
    valid_for: Option<u64>,
}

/// A filled order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The order's id.
    pub order_id: String,
    /// The owner.
    pub user_id: String,
    /// The traded asset.
    pub asset: String,
    /// `true` for `LONG`, `false` for `SHORT`.
    pub is_long: bool,
    /// The leverage, 1 to 100.
    pub leverage: i128,
    /// The quantity in the base asset.
    pub qty: i128,
    /// The margin, taken from the balance.
    pub margin: i128,
    /// The price at which it was filled.
    pub entry_price: i128,
    /// The price at which a margin call closes it.
    pub liquidation_price: i128,
    /// The price at which it is closed at a loss.
    pub stop_loss: Option<i128>,
    /// The price at which it is closed at a profit.
    pub take_profit: Option<i128>,
    /// The time of opening, as stream time.
    pub created_at: u64,
    /// The stop-loss, take-profit and price limit that the order asked for.
    asked: [Option<i128>; 3],
    /// The position's number, counted from the first ever opened.
    number: u64,
}

/// A closed order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The position when it was closed.
    pub position: Position,
    /// The close reason.
    pub reason: &'static str,
    /// The price at which it was closed.
    pub close_price: i128,
    /// The final P&L, never below −margin.
    pub final_pnl: i128,
    /// The loss beyond the margin.
    pub shortfall: i128,
    /// The tick whose price was used.
    pub tick_id: Id,
    /// The time of closing, as stream time.
    pub closed_at: u64,
    /// The id of the request that closed it, if one did.
    by: Option<String>,
}

/// The expected result of one entry.
pub struct Outcome {
    /// The verdict that the sender receives.
    pub verdict: Verdict,
    /// The events written to `response:stream`.
    pub events: Vec<Event>,
}

/// The result that the sender of an entry receives.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// None: a price or new limits.
    Silent,
    /// The account was opened, or existed already.
    Registered,
    /// The request changed something. Order and account as HTTP shows them.
    Granted(Value, Value),
    /// The request had been granted before.
    Repeated(Value, Value),
    /// The request changed nothing, for at least one of these reasons.
    Refused(Vec<Refusal>),
    /// The entry is not a valid request.
    Unreadable,
}

/// One entry of `response:stream`.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The type of the event, such as `ORDER_OPENED`.
    pub kind: &'static str,
    /// The id of the request that caused it; none where a price closed a position.
    pub request_id: Option<String>,
    /// The owner of the account.
    pub user_id: String,
    /// The account after the event.
    pub account: Account,
    /// The whole payload.
    pub payload: Value,
}

impl Outcome {
    fn refused(reasons: Vec<Refusal>) -> Self {
        Self { verdict: Verdict::Refused(reasons), events: Vec::new() }
    }
}

impl Book {
    /// Applies the next entry of `request:stream`.
    pub fn apply(&mut self, entry: &Entry) -> Outcome {
        self.forget(entry.id.ms);
        let payload = entry.payload();
        let outcome = match entry.field("type") {
            _ if !entry.id.has_outputs() => None,
            "REGISTER_USER" => self.register(entry, &payload),
            "PLACE_ORDER" => self.place(entry, &payload),
            "MODIFY_ORDER" => self.modify(entry, &payload),
            "CLOSE_ORDER" => self.close(entry, &payload),
            "PRICE_UPDATE" => self.update_price(entry.id, &payload),
            "DISPUTE_PRICE" => self.dispute(&payload),
            "SET_RULES" => self.set_rules(&payload),
            "SET_INSTRUMENT" => self.set_instrument(&payload),
            "PAUSE_TRADING" => self.pause(true, &payload),
            "RESUME_TRADING" => self.pause(false, &payload),
            "ADJUST_BALANCE" => self.adjust(entry, &payload),
            _ => None,
        };
        outcome.unwrap_or(Outcome { verdict: Verdict::Unreadable, events: Vec::new() })
    }

    /// The sum of all balances.
    pub fn balances(&self) -> i128 {
        self.accounts.values().map(|account| account.balance).sum()
    }

    /// The sum of the margins of open positions.
    pub fn locked(&self) -> i128 {
        self.open.iter().map(|position| position.margin).sum()
    }

    /// The record of a closed order, or `None` when it is open or never existed.
    pub fn closed_order(&self, order_id: &str) -> Option<&Record> {
        self.closed_index.get(order_id).map(|index| &self.closed[*index])
    }

    /// Evicts closed orders by age and by number, the oldest first, as the engine does.
    fn forget(&mut self, now_ms: u64) {
        while let Some(oldest) = self.closed.get(self.forgotten) {
            let too_old = now_ms - oldest.closed_at > self.rules.closed_retention_ms;
            let too_many = self.closed.len() - self.forgotten > self.rules.closed_retention_max;
            if !too_old && !too_many {
                return;
            }
            self.forgotten += 1;
        }
    }

    fn remembered(&self, order_id: &str) -> Option<&Record> {
        let index = self.closed_index.get(order_id)?;
        (*index >= self.forgotten).then(|| &self.closed[*index])
    }

    /// A closed order whose id the engine still remembers.
    fn remembered_id(&self, order_id: &str, now_ms: u64) -> Option<&Record> {
        let retention_ms = self.rules.order_id_retention_ms?;
        self.closed_order(order_id).filter(|closed| now_ms - closed.closed_at <= retention_ms)
    }

    fn set_rules(&mut self, payload: &Value) -> Option<Outcome> {
        let number = |name: &str| payload.get(name)?.as_u64();
        self.rules = Rules {
            max_open_positions: number("maxOpenPositions")?.try_into().ok()?,
            stale_price_ms: number("stalePriceMs")?,
            closed_retention_ms: number("closedRetentionMs")?,
            closed_retention_max: number("closedRetentionMax")?.try_into().ok()?,
            order_id_retention_ms: number("orderIdRetentionMs"),
            clock_lead_max_ms: number("clockLeadMaxMs"),
        };
        Some(Outcome { verdict: Verdict::Silent, events: Vec::new() })
    }

    fn set_instrument(&mut self, payload: &Value) -> Option<Outcome> {
        let number = |name: &str| payload.get(name)?.as_u64();
        let instrument = Instrument {
            max_leverage: number("maxLeverage").filter(|max| (1..=100).contains(max))?.into(),
            liquidation_loss_bps: number("liquidationLossBps")?.into(),
            stale_price_ms: number("stalePriceMs"),
        };
        self.instruments.insert(payload.get("symbol")?.as_str()?.to_owned(), instrument);
        Some(Outcome { verdict: Verdict::Silent, events: Vec::new() })
    }

    /// Returns an instrument, if it is listed.
    fn instrument(&mut self, symbol: &str) -> Option<Instrument> {
        if self.instruments.is_empty() && BEFORE_LISTINGS.contains(&symbol) {
            let fixed =
                Instrument { max_leverage: 100, liquidation_loss_bps: 9_000, stale_price_ms: None };
            self.instruments = BEFORE_LISTINGS.map(|symbol| (symbol.to_owned(), fixed)).into();
        }
        self.instruments.get(symbol).copied()
    }

    fn register(&mut self, entry: &Entry, payload: &Value) -> Option<Outcome> {
        let (user_id, deposit) = (entry.field("userId").to_owned(), read(payload, "depositInt")?);
        let mut events = Vec::new();
        if !self.accounts.contains_key(&user_id) {
            if deposit < 0 {
                return Some(Outcome::refused(vec!["INVALID_DEPOSIT"]));
            }
            self.accounts
                .insert(user_id.clone(), Account { balance: deposit, ..Account::default() });
            self.deposits += deposit;
            let request_id = entry.optional("requestId");
            let payload = serde_json::json!({ "depositInt": deposit.to_string() });
            events.push(self.event("USER_REGISTERED", request_id, &user_id, payload));
        }
        Some(Outcome { verdict: Verdict::Registered, events })
    }

    fn close(&mut self, entry: &Entry, payload: &Value) -> Option<Outcome> {
        let (user_id, order_id) = (entry.field("userId"), payload.get("orderId")?.as_str()?);
        if !self.accounts.contains_key(user_id) {
            return Some(Outcome::refused(vec!["UNKNOWN_USER"]));
        }
        let request_id = entry.optional("requestId");
        let is_own = |position: &Position| position.user_id == user_id;
        let Some(index) = self.open.iter().position(|p| p.order_id == order_id && is_own(p)) else {
            return Some(match self.remembered(order_id).filter(|c| is_own(&c.position)) {
                // The same request again gets its first answer.
                Some(closed) if closed.by.is_some() && closed.by == request_id => Outcome {
                    verdict: Verdict::Repeated(closed_order(closed), self.account_view(user_id)),
                    events: Vec::new(),
                },
                Some(_) => Outcome::refused(vec!["ORDER_ALREADY_CLOSED"]),
                None => Outcome::refused(vec!["ORDER_NOT_FOUND"]),
            });
        };
        let tick = self.ticks[&self.open[index].asset];
        let mut wrong = self.price_violations(&self.open[index].asset, tick, entry);
        let limit = read(payload, "priceLimitInt");
        let is_long = self.open[index].is_long;
        let is_beyond = |limit| if is_long { tick.bid < limit } else { tick.ask > limit };
        if limit.is_some_and(is_beyond) {
            wrong.push("PRICE_LIMIT_EXCEEDED");
        }
        if !wrong.is_empty() {
            return Some(Outcome::refused(wrong));
        }
        let event = self.settle(index, "MANUAL", tick, entry.id.ms, request_id);
        let closed = self.closed.last()?;
        let verdict = Verdict::Granted(closed_order(closed), self.account_view(user_id));
        Some(Outcome { verdict, events: vec![event] })
    }

    /// The reasons not to fill anything at an asset's last price.
    fn price_violations(&self, asset: &str, tick: Tick, entry: &Entry) -> Vec<Refusal> {
        let mut wrong = Vec::new();
        if self.disputed.contains(asset) {
            wrong.push("PRICE_DISPUTED");
        }
        let stale_price_ms = self.instruments[asset].stale_price_ms;
        let oldest = stale_price_ms
            .unwrap_or(self.rules.stale_price_ms)
            .min(tick.valid_for.unwrap_or(u64::MAX));
        let by_clocks = tick.traded_at.map_or(0, |traded_at| traded_at.abs_diff(clock(entry)));
        if entry.id.ms - tick.id.ms > oldest || by_clocks > oldest {
            wrong.push("STALE_PRICE");
        }
        wrong
    }

    /// An event, which is one change of one account and carries the account after it.
    fn event(
        &mut self,
        kind: &'static str,
        request_id: Option<String>,
        user_id: &str,
        mut payload: Value,
    ) -> Event {
        let account = self.accounts.get_mut(user_id).expect("events are about registered users");
        account.sequence += 1;
        let account = *account;
        payload["account"] = serde_json::json!({
            "balanceInt": account.balance.to_string(),
            "usedMarginInt": account.used_margin.to_string(),
            "sequence": account.sequence,
        });
        Event { kind, request_id, user_id: user_id.to_owned(), account, payload }
    }
}

/// The time by the clock of an entry's sender, Unix ms.
fn clock(entry: &Entry) -> u64 {
    entry.field("timestamp").parse().unwrap_or(0)
}
