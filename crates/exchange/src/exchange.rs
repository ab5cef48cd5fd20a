//! The state machine: one `apply`, a match over the requests, guards before mutations.

use crate::account::Accounts;
use crate::book::Book;
use crate::ended::{Ended, PackedClosedPosition};
use crate::instruments::{InstrumentIndex, Instruments, Listed};
use crate::ledger::Ledger;
use crate::order::EndedOrder;
use crate::position::PackedPosition;
use crate::slab::Slot;
use crate::tick::Dues;
use crate::valuation::Quote;
use messages::{
    Attribution, ClosedPosition, EntryId, Event, EventKind, Instrument, InstrumentStatus, OrderId,
    OrderKind, Position, PositionState, RegisterUser, Rejection, Request, RequestEntry, RequestId,
    Response, Rules, Symbol, UserId,
};
use price::Usd;

/// The limits before the first `SET_RULES`.
pub const DEFAULT_RULES: Rules = Rules {
    max_open_positions: 100,
    stale_price_ms: 10_000,
    closed_retention_ms: 24 * 60 * 60 * 1_000,
    closed_retention_max: 100_000,
    order_id_retention_ms: None,
    clock_lead_max_ms: None,
    max_open_orders: None,
    stale_mark_ms: None,
    mark_deviation_max_bps: None,
};

/// The whole state of the exchange. See the crate's documentation for what always holds.
pub struct Exchange {
    pub(crate) rules: Rules,
    pub(crate) pause: Option<Box<Attribution>>,
    pub(crate) last_id: EntryId,
    /// The clock of the last entry's sender. It is used only while the entry is applied and is not
    /// part of the state.
    pub(crate) clock_ms: u64,
    pub(crate) instruments: Instruments,
    pub(crate) accounts: Accounts,
    pub(crate) book: Book,
    pub(crate) closed: Ended<PackedClosedPosition>,
    pub(crate) ended: Ended<EndedOrder>,
    /// The number of positions ever opened and of orders that ever rested, by which the older is
    /// told from the younger.
    pub(crate) opened: u64,
    /// The rest of the last tick's work, between two slices.
    pub(crate) due: Dues,
}

/// The last price of an asset and the entry that brought it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tick {
    pub quote: Quote,
    pub id: EntryId,
    /// [`messages::PriceUpdate::traded_at_ms`].
    pub traded_at_ms: Option<u64>,
    /// [`messages::PriceUpdate::valid_for_ms`].
    pub valid_for_ms: Option<u64>,
}

impl Tick {
    /// The larger of the price's ages by two clocks: the ids of the stream, which may stand still,
    /// and the clocks of feed and sender. A price from the sender's future counts as equally far in
    /// its past: one of the two clocks is wrong, and the age is unknown.
    pub(crate) fn age_ms(&self, now: EntryId, clock_ms: u64) -> u64 {
        let by_ids = now.ms - self.id.ms;
        let by_clocks = self.traded_at_ms.map_or(0, |traded_at_ms| traded_at_ms.abs_diff(clock_ms));
        by_ids.max(by_clocks)
    }
}

/// The outcome of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The response to the sender.
    pub response: Result<Response, Rejection>,
    /// The events, in order.
    pub events: Vec<Event>,
}

impl Default for Exchange {
    fn default() -> Self {
        Self {
            rules: DEFAULT_RULES,
            pause: None,
            last_id: EntryId::MIN,
            clock_ms: 0,
            instruments: Instruments::default(),
            accounts: Accounts::default(),
            book: Book::default(),
            closed: Ended::default(),
            ended: Ended::default(),
            opened: 0,
            due: Dues::default(),
        }
    }
}

impl Exchange {
    /// Applies one entry of `request:stream`. Time is the id's milliseconds.
    ///
    /// # Panics
    /// When `id` is not above the last one or an invariant is broken: continuing would make the
    /// damage worse.
    pub fn apply(&mut self, id: EntryId, entry: &RequestEntry) -> Outcome {
        self.apply_slice(id, entry, usize::MAX)
    }

    /// Applies one entry like [`Self::apply`], but a tick closes at most `limit` positions at
    /// first. While it [has positions left](Self::is_closing), [`Self::close_more`] continues. The
    /// slices together equal the result of [`Self::apply`], whatever their sizes. Between them
    /// queries may be answered; the next entry and the next snapshot must wait.
    ///
    /// # Panics
    /// Like [`Self::apply`], and when the last entry is not finished.
    pub fn apply_slice(&mut self, id: EntryId, entry: &RequestEntry, limit: usize) -> Outcome {
        assert!(id > self.last_id, "entries are applied once, in the order of their ids");
        assert!(!self.is_closing(), "an entry is finished before the next one");
        self.last_id = id;
        self.clock_ms = entry.timestamp_ms;
        self.closed.evict(id.ms, &self.rules);
        self.ended.evict(id.ms, &self.rules);

        if let Request::PriceUpdate(update) = &entry.request {
            // Most entries are prices: on the way of all others, they would take a quarter more
            // instructions, for copies of a response that says nothing.
            let mut events = Vec::new();
            let updated = self.update_price(update, limit, &mut events);
            self.check_money(&events);
            return Outcome { response: updated.map(|()| Response::Done), events };
        }
        self.apply_other(entry, limit)
    }

    /// Applies an entry that is no price. Apart, because what it needs on the stack would be prepared
    /// for prices too.
    #[inline(never)]
    fn apply_other(&mut self, entry: &RequestEntry, limit: usize) -> Outcome {
        // A trader's request has one event.
        let mut events = Vec::with_capacity(usize::from(entry.request.user_id().is_some()));
        let response = self.apply_request(entry, limit, &mut events);
        self.check_money(&events);
        Outcome { response, events }
    }

    fn apply_request(
        &mut self,
        entry: &RequestEntry,
        limit: usize,
        events: &mut Vec<Event>,
    ) -> Result<Response, Rejection> {
        let request_id = entry.request_id;
        match &entry.request {
            Request::RegisterUser(user_id, register) => {
                self.register(request_id, *user_id, *register, events)
            }
            Request::PlaceOrder(user_id, place) => self.place(request_id, *user_id, place, events),
            Request::ModifyPosition(user_id, modify) => {
                self.modify(request_id, *user_id, *modify, events)
            }
            Request::ClosePosition(user_id, close) => {
                self.close(request_id, *user_id, *close, events)
            }
            Request::AdjustBalance(user_id, adjust) => {
                self.adjust_balance(request_id, *user_id, adjust, events)
            }
            Request::PriceUpdate(_) => unreachable!("a price update is applied apart"),
            Request::MarkPrice(update) => {
                self.update_mark(update, limit, events).map(|()| Response::Done)
            }
            Request::SettleFunding(settle) => {
                self.settle_funding(settle, limit, events).map(|()| Response::Done)
            }
            Request::SetInstrument(instrument) => {
                self.set_instrument(instrument, limit, events);
                Ok(Response::Done)
            }
            Request::DisputePrice(dispute) => self.dispute_price(dispute),
            Request::SetRules(rules) => {
                self.rules = *rules;
                Ok(Response::Done)
            }
            Request::PauseTrading(by) => self.pause_trading(by),
            Request::ResumeTrading(by) => self.resume_trading(by),
            Request::CancelOrder(user_id, order) => {
                self.cancel(request_id, *user_id, order, events)
            }
            Request::CancelOrders(user_id, cancel) => {
                self.cancel_all(request_id, *user_id, *cancel, events)
            }
            Request::AmendOrder(user_id, amend) => self.amend(request_id, *user_id, amend, events),
            Request::ChangePositionMode(user_id, change) => {
                self.change_mode(request_id, *user_id, *change, events)
            }
            Request::ChangeLeverage(user_id, change) => {
                self.change_leverage(request_id, *user_id, change, events)
            }
            Request::ChangeMargin(user_id, change) => {
                self.change_margin(request_id, *user_id, *change, events)
            }
            Request::ReversePosition(user_id, reverse) => {
                self.reverse(request_id, *user_id, reverse, events)
            }
            Request::ClosePositions(user_id, close) => {
                self.close_all(request_id, *user_id, *close, events)
            }
            Request::ResetAccount(user_id, reset) => {
                self.reset(request_id, *user_id, *reset, events)
            }
        }
    }

    /// Checks that money is neither made nor lost. No money moves without an event.
    pub(crate) fn check_money(&self, events: &[Event]) {
        if !events.is_empty() {
            let difference = self.accounts.ledger().difference();
            assert_eq!(difference, Usd::ZERO, "money is neither made nor lost");
        }
    }

    /// The last entry that the state includes.
    pub const fn last_id(&self) -> EntryId {
        self.last_id
    }

    /// The limits in force.
    pub const fn rules(&self) -> Rules {
        self.rules
    }

    /// The listed instruments, in the order in which they were first listed.
    pub fn instruments(&self) -> impl Iterator<Item = &Instrument> {
        self.instruments.all().iter().map(|listed| &*listed.instrument)
    }

    /// Returns a listed instrument.
    pub fn instrument(&self, symbol: Symbol) -> Option<&Instrument> {
        self.instruments.find(symbol).map(|index| &*self.instruments.get(index).instrument)
    }

    /// The number of instruments listed or changed since the start of the process.
    pub const fn listings(&self) -> u64 {
        self.instruments.changes()
    }

    /// The totals over all accounts.
    pub const fn ledger(&self) -> Ledger {
        self.accounts.ledger()
    }

    /// The number of open positions.
    pub const fn open_positions(&self) -> usize {
        self.book.len()
    }

    /// The number of resting orders.
    pub const fn open_orders(&self) -> usize {
        self.book.orders_len()
    }

    /// The number of resting orders of a kind.
    pub const fn open_orders_of(&self, kind: OrderKind) -> usize {
        self.book.count_of(kind)
    }

    /// The number of accounts.
    pub const fn account_count(&self) -> usize {
        self.accounts.len()
    }

    fn register(
        &mut self,
        request_id: Option<RequestId>,
        user_id: UserId,
        register: RegisterUser,
        events: &mut Vec<Event>,
    ) -> Result<Response, Rejection> {
        if let Some(slot) = self.accounts.find(user_id) {
            return Ok(Response::Account { account: self.accounts.get(slot).state() });
        }
        let RegisterUser { deposit } = register;
        if deposit.is_negative() {
            return Err(Rejection::InvalidDeposit);
        }
        deposit.to_i64().map_err(|_| Rejection::AmountOutOfRange)?;

        let slot = self.accounts.register(user_id, deposit);
        self.tell(request_id, slot, events, || EventKind::UserRegistered(register));
        Ok(Response::Account { account: self.accounts.get(slot).state() })
    }

    /// Opens a position, and takes its margin and the fee of its opening from the balance.
    pub(crate) fn open_position(&mut self, position: PackedPosition) -> Slot {
        let (account, margin, fee) = (position.account, position.margin(), position.commission());
        let (instrument, side, qty) = (position.instrument, position.side, position.qty());
        self.opened += 1;
        self.instruments.get_mut(instrument).add_interest(side, qty);
        self.accounts.charge(account, fee);
        self.book.insert(position, self.accounts.lock(account, margin))
    }

    /// Returns the last price if it may fill an order.
    pub(crate) fn fresh_tick(&self, index: InstrumentIndex) -> Result<Tick, Rejection> {
        self.fresh_tick_at(index, (self.last_id, self.clock_ms))
    }

    /// [`Self::fresh_tick`] at a time by both clocks.
    pub(crate) fn fresh_tick_at(
        &self,
        index: InstrumentIndex,
        (now, clock_ms): (EntryId, u64),
    ) -> Result<Tick, Rejection> {
        let Listed { instrument, tick, dispute, .. } = self.instruments.get(index);
        let Some(tick) = *tick else { return Err(Rejection::NoPrice) };
        if instrument.status == InstrumentStatus::Halted {
            return Err(Rejection::NotTrading { status: instrument.status });
        }
        if let Some(reason) = *dispute {
            return Err(Rejection::PriceDisputed { reason });
        }
        let stale_price_ms = self.stale_price_ms(index);
        let age_ms = tick.age_ms(now, clock_ms);
        if age_ms
            > tick.valid_for_ms.map_or(stale_price_ms, |valid_for| valid_for.min(stale_price_ms))
        {
            return Err(Rejection::StalePrice { age_ms });
        }
        Ok(tick)
    }

    /// The age from which on a price of an instrument fills nothing.
    pub(crate) fn stale_price_ms(&self, index: InstrumentIndex) -> u64 {
        let own = self.instruments.get(index).instrument.stale_price_ms;
        own.unwrap_or(self.rules.stale_price_ms)
    }

    pub(crate) fn tick_of(&self, position: &PackedPosition) -> Tick {
        let Listed { tick, .. } = self.instruments.get(position.instrument);
        tick.expect("a position was opened at a price")
    }

    /// Finds the account of a request's sender.
    pub(crate) fn account_of(&self, user_id: UserId) -> Result<Slot, Rejection> {
        match self.accounts.find(user_id) {
            Some(account) => Ok(account),
            None => Err(Rejection::UnknownUser),
        }
    }

    pub(crate) fn own_open_position(
        &self,
        order_id: OrderId,
        account: Slot,
    ) -> Result<Slot, Rejection> {
        if let Some(slot) = self.book.find(order_id) {
            let own = self.book.get(slot).account == account;
            return if own { Ok(slot) } else { Err(Rejection::OrderNotFound) };
        }
        match self.closed.get(order_id) {
            Some(closed) if closed.position.account == account => {
                Err(Rejection::OrderAlreadyClosed { order: Box::new(self.closed_order(closed)) })
            }
            _ => Err(Rejection::OrderNotFound),
        }
    }

    #[inline]
    pub(crate) fn order(&self, position: &PackedPosition) -> Position {
        position
            .order(self.accounts.get(position.account).user_id, self.symbol_at(position.instrument))
    }

    #[inline]
    pub(crate) fn closed_order(&self, closed: &PackedClosedPosition) -> ClosedPosition {
        let position = &closed.position;
        closed
            .order(self.accounts.get(position.account).user_id, self.symbol_at(position.instrument))
    }

    pub(crate) fn symbol_at(&self, instrument: InstrumentIndex) -> Symbol {
        self.instruments.get(instrument).symbol
    }

    pub(crate) fn position_response(
        &self,
        order: Box<PositionState>,
        account: Slot,
        repeated: bool,
    ) -> Response {
        let account = self.accounts.get(account).state();
        Response::Position { order, account, repeated }
    }
}
