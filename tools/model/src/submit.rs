//! Orders that are more than plain ones: limits, stops, and all orders of accounts that net.

use crate::account::Event;
use crate::entry::Entry;
use crate::guards::{Asking, Course};
use crate::mode::Mode;
use crate::model::{Model, Outcome, Placed, PositionState, Rejection, Verdict};
use crate::order::{Kind, Order, Sent};
use crate::rest::Cause;
use crate::symbol::Symbol;
use crate::ticket::Ticket;

impl Model {
    /// Places an order of any kind. Its id is new, and the user is known.
    pub(crate) fn submit(
        &mut self,
        entry: &Entry,
        clock_ms: u64,
        (user_id, order_id): (&str, &str),
        ticket: &Ticket,
    ) -> Outcome {
        let mode = self.mode(user_id);
        let mut wrong = Vec::new();
        if !ticket.is_sound(mode) {
            wrong.push("INVALID_ORDER");
        }
        let listed = ticket.asset.filter(|asset| self.instrument(*asset).is_some());
        let Some(asset) = listed else {
            wrong.extend(self.refusals_anywhere(ticket, mode, entry, clock_ms));
            return Outcome::without_events(Verdict::Rejected(wrong));
        };
        let setting = self.leverage(user_id, asset);
        if mode != Mode::Separate && ![0, setting].contains(&ticket.leverage) {
            wrong.push("LEVERAGE_DIFFERS");
        }
        let leverage = match mode {
            Mode::Separate if ticket.reduces(mode) => 0,
            Mode::Separate => ticket.leverage,
            Mode::OneWay | Mode::Hedge => setting,
        };
        let mut order = ticket.order((user_id, order_id, asset), mode, leverage, entry.id.ms);
        let share_bps = ticket.share_bps;
        let asking = Asking { now: entry.id, clock_ms, share_bps, earlier: None };
        let course = match self.examine(&mut order, &asking, wrong) {
            Ok(course) => course,
            Err(wrong) => return Outcome::without_events(Verdict::Rejected(wrong)),
        };
        if order.kind == Kind::TrailingStopMarket && order.trigger_price.is_none() {
            order.activated_at = Some(entry.id.ms);
            order.peak = Some(self.seen(asset).by_triggers.quote(order.is_buy));
        }
        let cause = (entry.id.ms, entry.optional("requestId"));
        self.take_course(order, &course, "ORDER_ACCEPTED", cause)
    }

    /// The reasons to refuse an order in an unknown instrument.
    fn refusals_anywhere(
        &self,
        ticket: &Ticket,
        mode: Mode,
        entry: &Entry,
        clock_ms: u64,
    ) -> Vec<Rejection> {
        let mut wrong = vec!["UNKNOWN_ASSET"];
        if self.is_paused && !ticket.reduces(mode) {
            wrong.push("TRADING_PAUSED");
        }
        wrong.extend(self.clock_violation(entry.id, clock_ms));
        wrong
    }

    /// Fills an order that is placed or amended, or lets it rest or expire.
    pub(crate) fn take_course(
        &mut self,
        mut order: Order,
        course: &Course,
        kind: &'static str,
        cause: Cause<'_>,
    ) -> Outcome {
        let mut events = Vec::new();
        self.number(&mut order);
        match course {
            Course::Fill(parts, price) => {
                let filled = self.execute(order, parts, *price, cause, &mut events);
                return self.placed(filled.order, Some(filled.position), events);
            }
            Course::Rest(reserved) => {
                self.unrest(&order.order_id);
                order.reserved = *reserved;
                self.place_last(&mut order);
                self.rest(order.clone());
                events.push(self.order_event(kind, &order, cause.1));
            }
            Course::Expire => {
                events.push(self.expire(order, "NOT_MARKETABLE", cause));
                order = self.ended.last().expect("one has ended").clone();
            }
        }
        self.placed(order, None, events)
    }

    /// The answer with an order after a request.
    pub(crate) fn placed(
        &self,
        order: Order,
        position: Option<PositionState>,
        events: Vec<Event>,
    ) -> Outcome {
        let account = self.accounts[&order.user_id];
        let is_repeated = false;
        let placed = Placed { order, position, account, is_repeated };
        Outcome { verdict: Verdict::Placed(Box::new(placed)), events }
    }

    /// The answer to a request that had been granted before: the order as it is now.
    pub(crate) fn placed_before(&self, order: &Order) -> Outcome {
        let (order, account) = (order.clone(), self.accounts[&order.user_id]);
        let placed = Placed { order, position: None, account, is_repeated: true };
        Outcome::without_events(Verdict::Placed(Box::new(placed)))
    }

    /// An order that rests, or that has ended and is still known.
    pub fn known_order(&self, order_id: &str) -> Option<&Order> {
        self.find_resting(order_id).or_else(|| self.ended.known(order_id))
    }
}

impl Ticket {
    pub(crate) fn order(
        &self,
        ids: (&str, &str, Symbol),
        mode: Mode,
        leverage: i128,
        now_ms: u64,
    ) -> Order {
        let sent = Sent::Place(Box::new(self.clone()));
        Order {
            client_order_id: self.client_order_id.clone(),
            on_long: self.on_long,
            position_id: self.position_id.clone(),
            time_in_force: self.time_in_force,
            price: self.price,
            trigger_price: self.trigger_price,
            callback_bps: self.callback_bps,
            reduce_only: self.reduces(mode),
            close_position: self.close_position,
            leverage,
            stop_loss: self.stop_loss,
            take_profit: self.take_profit,
            trailing_stop_bps: self.trailing_stop_bps,
            price_limit: self.price_limit,
            max_slippage_bps: self.max_slippage_bps,
            expires_at: self.expires_at,
            ..Order::new(ids, (self.kind, self.is_long, self.qty), sent, now_ms)
        }
    }
}
