//! The state of the exchange, and the entries that change it.

use crate::account::{Account, Event};
use crate::closed::Record;
use crate::entry::{Entry, Id};
use crate::instrument::Instrument;
use crate::limits::Rules;
use crate::mark::Mark;
use crate::mode::Mode;
use crate::order::Order;
use crate::past::Past;
use crate::payload::{Payload, Unreadable};
use crate::position::{Open, Position};
use crate::symbol::Symbol;
use crate::tick::Tick;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The version of entries that the model reads.
const VERSION: &str = "1";

/// The state of the exchange after a number of entries.
#[derive(Default)]
pub struct Model {
    /// The registered users' accounts.
    pub accounts: BTreeMap<String, Account>,
    /// Open positions by number, so the oldest comes first.
    pub(crate) open: BTreeMap<u64, Position>,
    /// The numbers of open positions by order id.
    pub(crate) numbers: HashMap<String, u64>,
    /// All closed positions.
    pub closed: Past<Record>,
    /// The sum of all deposits and resets, less the money that operators took out.
    pub deposits: i128,
    /// The profit of the house.
    pub house: i128,
    /// The sum of all fees but those of liquidations.
    pub fees: i128,
    /// The insurance fund: the fees of liquidations, less what it has paid of losses beyond margins.
    pub insurance: i128,
    /// The sum of losses beyond margins, caused by price gaps.
    pub shortfall: i128,
    /// The limits in force.
    pub rules: Rules,
    /// The instruments by symbol.
    pub instruments: BTreeMap<Symbol, Instrument>,
    /// The last price of each instrument that has one.
    pub(crate) ticks: BTreeMap<Symbol, Tick>,
    /// The last mark price of each instrument that has one.
    pub(crate) marks: BTreeMap<Symbol, Mark>,
    /// The time of the last settlement of funding of each instrument, Unix ms.
    pub(crate) funded: BTreeMap<Symbol, u64>,
    /// The id of the last entry, and its sender's clock.
    pub(crate) last: (Id, u64),
    /// The instruments whose last price the feed has withdrawn.
    pub(crate) disputed: BTreeSet<Symbol>,
    /// Whether an operator has paused trading.
    pub is_paused: bool,
    /// The number of positions ever opened.
    pub(crate) opened: u64,
    /// The orders that rest.
    pub(crate) resting: Vec<Order>,
    /// The orders that have ended.
    pub ended: Past<Order>,
    /// The number of acceptances and amendments of orders.
    pub(crate) places: u64,
    /// The position modes of accounts that have changed it.
    pub(crate) modes: BTreeMap<String, Mode>,
    /// The requests that reset accounts last.
    pub(crate) reset_by: BTreeMap<String, String>,
    /// The leverages that accounts have chosen for instruments.
    pub(crate) leverages: BTreeMap<(String, Symbol), i128>,
}

/// The code of a reason to reject a request.
pub type Rejection = &'static str;

/// The expected result of one entry.
pub struct Outcome {
    /// The verdict that the sender receives.
    pub verdict: Verdict,
    /// The events written to `response:stream`.
    pub events: Vec<Event>,
}

/// The result that the sender of an entry receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The entry is done, and there is nothing to show.
    Done,
    /// The account was opened or adjusted, or existed already.
    Account(Account),
    /// The request changed a position.
    Granted(Box<PositionState>, Account),
    /// The request had been granted before.
    Repeated(Box<PositionState>, Account),
    /// The request placed, changed or ended an order, or had done so before.
    Placed(Box<Placed>),
    /// The request canceled these orders.
    PlacedOrders(Vec<Order>, Account),
    /// The request closed positions.
    ClosedPositions {
        /// The positions closed, the oldest first.
        closed: Vec<Record>,
        /// The ids of those that can't be closed now.
        left: Vec<String>,
        /// The ids of the orders that close the others at the next quote.
        orders: Vec<String>,
        /// The account after it.
        account: Account,
    },
    /// The request changed nothing, for at least one of these reasons.
    Rejected(Vec<Rejection>),
    /// The entry is not a valid request.
    Unreadable,
}

/// An order after a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The order.
    pub order: Order,
    /// The position that it opened, changed or closed.
    pub position: Option<PositionState>,
    /// The account.
    pub account: Account,
    /// Whether the request had been granted before.
    pub is_repeated: bool,
}

/// A position after a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PositionState {
    /// It is open, and valued at the current price.
    Open(Open),
    /// It is closed.
    Closed(Record),
}

impl Outcome {
    pub(crate) const fn done() -> Self {
        Self::without_events(Verdict::Done)
    }

    pub(crate) fn rejected(reason: Rejection) -> Self {
        Self::without_events(Verdict::Rejected(vec![reason]))
    }

    pub(crate) const fn without_events(verdict: Verdict) -> Self {
        Self { verdict, events: Vec::new() }
    }
}

impl Model {
    /// Applies the next entry of `request:stream`.
    pub fn apply(&mut self, entry: &Entry) -> Outcome {
        self.closed.forget(entry.id.ms, self.rules);
        self.ended.forget(entry.id.ms, self.rules);
        let outcome = self.apply_readable(entry);
        outcome.unwrap_or(Outcome::without_events(Verdict::Unreadable))
    }

    fn apply_readable(&mut self, entry: &Entry) -> Result<Outcome, Unreadable> {
        let is_known_version = entry.optional("v").is_none_or(|version| version == VERSION);
        if !is_known_version || !entry.id.has_outputs() {
            return Err(Unreadable);
        }
        let clock_ms = entry.field("timestamp").parse().map_err(|_| Unreadable)?;
        self.last = (entry.id, clock_ms);
        let payload = Payload(&entry.payload().ok_or(Unreadable)?);
        match entry.field("type") {
            "REGISTER_USER" => self.register(entry, payload),
            "PLACE_ORDER" => self.place(entry, clock_ms, payload),
            "MODIFY_ORDER" => self.modify(entry, payload),
            "CLOSE_ORDER" => self.close(entry, clock_ms, payload),
            "CANCEL_ORDER" => self.cancel(entry, payload),
            "CANCEL_ORDERS" => self.cancel_all(entry, payload),
            "AMEND_ORDER" => self.amend(entry, clock_ms, payload),
            "CHANGE_POSITION_MODE" => self.change_mode(entry, payload),
            "CHANGE_LEVERAGE" => self.change_leverage(entry, clock_ms, payload),
            "CHANGE_MARGIN" => self.change_margin(entry, clock_ms, payload),
            "REVERSE_POSITION" => self.reverse(entry, clock_ms, payload),
            "RESET_ACCOUNT" => self.reset(entry, clock_ms, payload),
            "CLOSE_POSITIONS" => self.close_all(entry, clock_ms, payload),
            "PRICE_UPDATE" => self.update_price(entry.id, clock_ms, payload),
            "SETTLE_FUNDING" => self.settle_funding(entry, clock_ms, payload),
            "MARK_PRICE" => self.update_mark(entry, clock_ms, payload),
            "DISPUTE_PRICE" => self.dispute(payload),
            "SET_RULES" => self.set_rules(payload),
            "SET_INSTRUMENT" => self.set_instrument(entry.id, clock_ms, payload),
            "PAUSE_TRADING" => self.pause(true, payload),
            "RESUME_TRADING" => self.pause(false, payload),
            "ADJUST_BALANCE" => self.adjust(entry, payload),
            _ => Err(Unreadable),
        }
    }

    /// The sum of all balances.
    pub fn balances(&self) -> i128 {
        self.accounts.values().map(|account| account.balance).sum()
    }

    /// The sum of the margins of open positions.
    pub fn locked(&self) -> i128 {
        self.open.values().map(|position| position.margin).sum()
    }

    /// The sum of the funds reserved for resting orders.
    pub fn reserved(&self) -> i128 {
        self.resting.iter().map(|order| order.reserved).sum()
    }

    /// Σ balances + Σ margins + Σ reserved + house + fees + insurance − Σ deposits: always zero,
    /// because money is neither made nor lost.
    pub fn difference(&self) -> i128 {
        let of_users = self.balances() + self.locked() + self.reserved();
        of_users + self.house + self.fees + self.insurance - self.deposits
    }
}
