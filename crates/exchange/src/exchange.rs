//! The state machine: one `apply`, a match over the requests, guards before mutations.

use crate::account::{Account, Accounts};
use crate::closed::{ClosedEntry, ClosedOrders};
use crate::holdings::Holdings;
use crate::index::Index;
use crate::ledger::{Ledger, sub};
use crate::position::Position;
use crate::slab::{Slab, Slot};
use crate::triggers::Triggers;
use crate::valuation::{self, Quote};
use messages::{
    Answer, Change, CloseReason, ClosedOrder, EntryId, Event, Order, OrderId, OrderState,
    PriceUpdate, Rejection, Request, RequestEntry, RequestId, Rules, Symbol, UserId,
};
use price::Usd;

/// The highest leverage.
pub const LEVERAGE_MAX: u8 = 100;

/// The limits of an exchange that has seen no `SET_RULES` yet.
pub const DEFAULT_RULES: Rules = Rules {
    max_open_positions: 100,
    stale_price_ms: 10_000,
    closed_retention_ms: 24 * 60 * 60 * 1_000,
    closed_retention_max: 100_000,
};

/// The whole state of the exchange. See the crate's documentation for what always holds.
pub struct Exchange {
    pub(crate) rules: Rules,
    pub(crate) last_id: EntryId,
    pub(crate) ticks: [Option<Tick>; Symbol::ALL.len()],
    pub(crate) accounts: Accounts,
    pub(crate) positions: Slab<Position>,
    pub(crate) holdings: Holdings,
    pub(crate) open: Index<OrderId, Slot>,
    pub(crate) triggers: Triggers,
    pub(crate) closed: ClosedOrders,
    pub(crate) ledger: Ledger,
    /// How many positions were ever opened.
    pub(crate) opened: u64,
}

/// The last price of an asset and the entry that brought it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tick {
    pub quote: Quote,
    pub id: EntryId,
}

/// What came of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// For whoever asked.
    pub answer: Result<Answer, Rejection>,
    /// What changed, in order.
    pub events: Vec<Event>,
}

/// Why a position is being closed, and what with.
struct Closing {
    reason: CloseReason,
    tick: Tick,
    now_ms: u64,
    request_id: Option<RequestId>,
}

impl Default for Exchange {
    fn default() -> Self {
        Self {
            rules: DEFAULT_RULES,
            last_id: EntryId::MIN,
            ticks: [None; Symbol::ALL.len()],
            accounts: Accounts::default(),
            positions: Slab::default(),
            holdings: Holdings::default(),
            open: Index::default(),
            triggers: Triggers::default(),
            closed: ClosedOrders::default(),
            ledger: Ledger::default(),
            opened: 0,
        }
    }
}

impl Exchange {
    /// Applies one entry of `request:stream`. Time is the id's milliseconds.
    ///
    /// # Panics
    /// When `id` is not above the last one, or an invariant is broken: both mean that trading on
    /// would make things worse.
    pub fn apply(&mut self, id: EntryId, entry: &RequestEntry) -> Outcome {
        assert!(id > self.last_id, "entries are applied once, in the order of their ids");
        self.last_id = id;
        self.closed.forget(id.ms, &self.rules);

        let mut events = Vec::new();
        let request_id = entry.request_id;
        let answer = match &entry.request {
            Request::RegisterUser { user_id, deposit } => {
                self.register(request_id, *user_id, *deposit, &mut events)
            }
            Request::PlaceOrder(place) => self.place(request_id, place, &mut events),
            Request::ModifyOrder(modify) => self.modify(request_id, modify, &mut events),
            Request::CloseOrder { user_id, order_id } => {
                self.close(request_id, *user_id, *order_id, &mut events)
            }
            Request::PriceUpdate(update) => self.update_price(update, &mut events),
            Request::SetRules(rules) => {
                self.rules = *rules;
                Ok(Answer::Done)
            }
        };
        assert_eq!(self.ledger.difference(), Usd::ZERO, "money is neither made nor lost");
        Outcome { answer, events }
    }

    /// The last entry that the state includes.
    pub const fn last_id(&self) -> EntryId {
        self.last_id
    }

    /// The limits in force.
    pub const fn rules(&self) -> Rules {
        self.rules
    }

    /// The books.
    pub const fn ledger(&self) -> Ledger {
        self.ledger
    }

    /// How many positions are open.
    pub const fn open_positions(&self) -> usize {
        self.positions.len()
    }

    /// How many accounts there are.
    pub const fn account_count(&self) -> usize {
        self.accounts.len()
    }

    fn register(
        &mut self,
        request_id: Option<RequestId>,
        user_id: UserId,
        deposit: Usd,
        events: &mut Vec<Event>,
    ) -> Result<Answer, Rejection> {
        if let Some(slot) = self.accounts.find(user_id) {
            return Ok(Answer::Account { account: self.accounts.get(slot).state() });
        }
        if deposit.is_negative() {
            return Err(Rejection::InvalidDeposit);
        }
        deposit.to_i64().map_err(|_| Rejection::AmountOutOfRange)?;

        let account = Account { balance: deposit, ..Account::new(user_id) };
        let slot = self.accounts.insert(account);
        self.ledger.deposit(deposit);
        let event = self.event(request_id, slot, Change::UserRegistered { deposit });
        let answer = Answer::Account { account: event.account };
        events.push(event);
        Ok(answer)
    }

    fn close(
        &mut self,
        request_id: Option<RequestId>,
        user_id: UserId,
        order_id: OrderId,
        events: &mut Vec<Event>,
    ) -> Result<Answer, Rejection> {
        let account = self.accounts.find(user_id).ok_or(Rejection::UnknownUser)?;
        let slot = match self.own_open_position(order_id, account) {
            Ok(slot) => slot,
            Err(rejection) => return self.repeat_close(request_id, order_id, account, rejection),
        };
        let tick = self.fresh_tick(self.positions.get(slot).asset)?;

        let reason = CloseReason::Manual;
        let closing = Closing { reason, tick, now_ms: self.last_id.ms, request_id };
        let closed = self.close_position(slot, &closing, events);
        Ok(self.order_answer(OrderState::Closed(closed), account, false))
    }

    /// The same close sent again gets its first answer; any other close of a closed order is refused.
    fn repeat_close(
        &self,
        request_id: Option<RequestId>,
        order_id: OrderId,
        account: Slot,
        rejection: Rejection,
    ) -> Result<Answer, Rejection> {
        match self.closed.get(order_id) {
            Some(entry)
                if entry.closed_by.is_some()
                    && entry.closed_by == request_id
                    && entry.order.order.user_id == self.accounts.get(account).user_id =>
            {
                Ok(self.order_answer(OrderState::Closed(entry.order.clone()), account, true))
            }
            _ => Err(rejection),
        }
    }

    fn update_price(
        &mut self,
        update: &PriceUpdate,
        events: &mut Vec<Event>,
    ) -> Result<Answer, Rejection> {
        let quote = Quote { bid: update.bid, ask: update.ask };
        let fits = quote.bid.to_i64().is_ok() && quote.ask.to_i64().is_ok();
        if !fits || !quote.bid.is_positive() || quote.bid > quote.ask {
            return Err(Rejection::InvalidPrice { bid: update.bid, ask: update.ask });
        }

        let tick = Tick { quote, id: self.last_id };
        self.ticks[update.symbol.index()] = Some(tick);
        while let Some((slot, reason)) = self.triggers.next_reached(update.symbol, quote) {
            let closing = Closing { reason, tick, now_ms: self.last_id.ms, request_id: None };
            self.close_position(slot, &closing, events);
        }
        Ok(Answer::Done)
    }

    pub(crate) fn open_position(&mut self, position: Position) -> Slot {
        let (account, margin) = (position.account, position.margin());
        let slot = self.insert_position(position);
        self.accounts.get_mut(account).lock(margin);
        self.ledger.lock(margin);
        self.opened += 1;
        slot
    }

    /// Puts a position where it is found by id, by price and by owner.
    pub(crate) fn insert_position(&mut self, position: Position) -> Slot {
        let (order_id, account) = (position.order_id, position.account);
        let slot = self.positions.insert(position);
        self.triggers.insert(self.positions.get(slot), slot);
        self.open.insert(order_id, slot);
        self.holdings.add(&mut self.accounts.get_mut(account).held, slot);
        slot
    }

    /// Closes a position at the tick's own price and books the result.
    fn close_position(
        &mut self,
        slot: Slot,
        closing: &Closing,
        events: &mut Vec<Event>,
    ) -> ClosedOrder {
        let position = self.positions.remove(slot);
        self.triggers.remove(&position, slot);
        self.open.remove(position.order_id);

        let order = self.order(&position);
        let close_price = closing.tick.quote.close_price(order.order_type);
        let pnl = valuation::pnl(order.order_type, order.qty, order.execution_price, close_price);
        let loss_max = sub(Usd::ZERO, order.margin);
        let final_pnl = pnl.max(loss_max);
        let shortfall = sub(final_pnl, pnl);
        self.ledger.settle(order.margin, final_pnl, shortfall);
        let account = self.accounts.get_mut(position.account);
        account.settle(order.margin, final_pnl);
        self.holdings.remove(&mut account.held, slot);

        let closed = ClosedOrder {
            order,
            close_reason: closing.reason,
            close_price,
            final_pnl,
            shortfall,
            tick_id: closing.tick.id,
            closed_at_ms: closing.now_ms,
        };
        self.closed.push(ClosedEntry { order: closed.clone(), closed_by: closing.request_id });
        let change = Change::OrderClosed(closed.clone());
        events.push(self.event(closing.request_id, position.account, change));
        closed
    }

    /// A price that may fill an order.
    pub(crate) fn fresh_tick(&self, asset: Symbol) -> Result<Tick, Rejection> {
        let tick = self.ticks[asset.index()].ok_or(Rejection::NoPrice)?;
        let age_ms = self.last_id.ms - tick.id.ms;
        if age_ms > self.rules.stale_price_ms {
            return Err(Rejection::StalePrice { age_ms });
        }
        Ok(tick)
    }

    pub(crate) fn tick_of(&self, position: &Position) -> Tick {
        self.ticks[position.asset.index()].expect("a position was opened at a price")
    }

    pub(crate) fn own_open_position(
        &self,
        order_id: OrderId,
        account: Slot,
    ) -> Result<Slot, Rejection> {
        if let Some(slot) = self.open.get(order_id) {
            let own = self.positions.get(slot).account == account;
            return if own { Ok(slot) } else { Err(Rejection::OrderNotFound) };
        }
        let user_id = self.accounts.get(account).user_id;
        match self.closed.get(order_id) {
            Some(entry) if entry.order.order.user_id == user_id => {
                Err(Rejection::OrderAlreadyClosed { order: Box::new(entry.order.clone()) })
            }
            _ => Err(Rejection::OrderNotFound),
        }
    }

    pub(crate) fn order(&self, position: &Position) -> Order {
        position.order(self.accounts.get(position.account).user_id)
    }

    pub(crate) fn order_answer(&self, order: OrderState, account: Slot, repeated: bool) -> Answer {
        let account = self.accounts.get(account).state();
        Answer::Order { order: Box::new(order), account, repeated }
    }

    pub(crate) fn event(
        &mut self,
        request_id: Option<RequestId>,
        account: Slot,
        change: Change,
    ) -> Event {
        let account = self.accounts.get_mut(account);
        account.sequence += 1;
        let (user_id, account) = (account.user_id, account.state());
        Event { request_id, user_id, timestamp_ms: self.last_id.ms, account, change }
    }
}
