//! `CANCEL_ORDER` and `CANCEL_ORDERS`, and the order that a request names.

use crate::account::Event;
use crate::entry::Entry;
use crate::model::{Model, Outcome, Verdict};
use crate::order::{Order, Status};
use crate::payload::{Payload, Unreadable};
use crate::rest::Cause;
use crate::symbol::Symbol;

/// The ways to name an order of an account, of which a request uses one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Names<'a> {
    /// Its id.
    pub order_id: Option<&'a str>,
    /// Its owner's name for it.
    pub client_id: Option<&'a str>,
    /// Its number.
    pub sequence: Option<u64>,
}

/// An order that a request names.
pub enum Named {
    /// It rests.
    Resting(Order),
    /// It has ended and is still known.
    Ended(Order),
    /// There is none, or the request names none.
    No(Outcome),
}

impl Model {
    /// Finds the order of an account that a request names.
    pub(crate) fn named(&self, user_id: &str, payload: Payload<'_>) -> Result<Named, Unreadable> {
        let names = Names {
            order_id: payload.optional_text("orderId")?,
            client_id: payload.optional_text("clientOrderId")?,
            sequence: payload.optional_number("sequence")?,
        };
        let Names { order_id, client_id, sequence } = names;
        let given = [order_id.is_some(), client_id.is_some(), sequence.is_some()];
        if !self.accounts.contains_key(user_id) {
            return Ok(Named::No(Outcome::rejected("UNKNOWN_USER")));
        }
        if given.into_iter().filter(|is_given| *is_given).count() != 1 {
            return Ok(Named::No(Outcome::rejected("INVALID_ORDER")));
        }
        Ok(match self.placed_order(user_id, names) {
            Some(order) if order.status == Status::New => Named::Resting(order.clone()),
            Some(order) => Named::Ended(order.clone()),
            None => Named::No(Outcome::rejected("ORDER_NOT_FOUND")),
        })
    }

    /// The order of an account with these names, that rests or has ended: the answer to
    /// `GET_PLACED_ORDER`.
    pub fn placed_order(&self, user_id: &str, names: Names<'_>) -> Option<&Order> {
        let Names { order_id, client_id, sequence } = names;
        let is_named = |order: &&Order| {
            order.user_id == user_id
                && order_id.is_none_or(|id| id == order.order_id)
                && client_id.is_none_or(|id| order.client_order_id.as_deref() == Some(id))
                && sequence.is_none_or(|sequence| sequence == order.sequence)
        };
        // A name can be used again: it means the order that has ended last.
        let resting = self.resting.iter().find(is_named);
        resting.or_else(|| self.ended.all_known().rev().find(is_named))
    }

    pub(crate) fn cancel(
        &mut self,
        entry: &Entry,
        payload: Payload<'_>,
    ) -> Result<Outcome, Unreadable> {
        let user_id = entry.optional("userId").ok_or(Unreadable)?;
        let by = entry.optional("requestId");
        Ok(match self.named(user_id, payload)? {
            Named::Resting(order) => {
                let (order, event) = self.cancel_one(&order.order_id, (entry.id.ms, by));
                self.placed(order, None, vec![event])
            }
            Named::Ended(order) if by.is_some() && order.canceled_by.as_deref() == by => {
                self.placed_before(&order)
            }
            Named::Ended(_) => Outcome::rejected("ORDER_ALREADY_DONE"),
            Named::No(outcome) => outcome,
        })
    }

    pub(crate) fn cancel_all(
        &mut self,
        entry: &Entry,
        payload: Payload<'_>,
    ) -> Result<Outcome, Unreadable> {
        let user_id = entry.optional("userId").ok_or(Unreadable)?;
        let asset = payload.optional_text("asset")?;
        if !self.accounts.contains_key(user_id) {
            return Ok(Outcome::rejected("UNKNOWN_USER"));
        }
        let Ok(asset) = self.listed(asset) else {
            return Ok(Outcome::rejected("UNKNOWN_ASSET"));
        };
        let own = self.resting_of(user_id).into_iter();
        let meant = own.filter(|order| asset.is_none_or(|asset| asset == order.asset));
        let order_ids: Vec<_> = meant.map(|order| order.order_id.clone()).collect();
        let cause = (entry.id.ms, entry.optional("requestId"));
        let ended = order_ids.iter().map(|order_id| self.cancel_one(order_id, cause));
        let (orders, events) = ended.collect();
        let verdict = Verdict::PlacedOrders(orders, self.accounts[user_id]);
        Ok(Outcome { verdict, events })
    }

    /// The instrument that a request may name; an error if it names one that is not listed.
    pub(crate) fn listed(&mut self, asset: Option<&str>) -> Result<Option<Symbol>, ()> {
        let Some(text) = asset else { return Ok(None) };
        let symbol = Symbol::read(text).filter(|symbol| self.instrument(*symbol).is_some());
        symbol.map(Some).ok_or(())
    }

    pub(crate) fn cancel_one(&mut self, order_id: &str, (now_ms, by): Cause<'_>) -> (Order, Event) {
        let mut order = self.unrest(order_id).expect("the order rests");
        order.status = Status::Canceled;
        order.updated_at = now_ms;
        order.canceled_by = by.map(str::to_owned);
        let event = self.order_event("ORDER_CANCELED", &order, by);
        self.ended.remember(order.clone(), 0, self.rules);
        (order, event)
    }
}
