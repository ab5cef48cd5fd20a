//! `AMEND_ORDER`: changes of an order that rests.

use crate::cancel::Named;
use crate::entry::Entry;
use crate::guards::Asking;
use crate::model::{Model, Outcome, Verdict};
use crate::order::{Kind, Order};
use crate::payload::{Payload, Unreadable};
use crate::ticket::{is_callback, is_price};

/// The values that a request gives an order.
#[derive(Clone, Copy)]
struct Amendment {
    qty: Option<i128>,
    price: Option<i128>,
    trigger_price: Option<i128>,
    callback_bps: Option<i128>,
}

impl Amendment {
    fn read(payload: Payload<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            qty: payload.optional_amount("qtyInt")?,
            price: payload.optional_amount("priceInt")?,
            trigger_price: payload.optional_amount("triggerPriceInt")?,
            callback_bps: payload.optional_number("callbackBps")?.map(i128::from),
        })
    }

    /// Reports whether every value belongs to the order, and is one that it can have.
    fn is_sound(self, order: &Order) -> bool {
        let waits = order.trigger_price.is_some() && order.activated_at.is_none();
        let is_trailing = order.kind == Kind::TrailingStopMarket;
        (self.qty.is_none() || !order.close_position)
            && self.price.is_none_or(|price| order.kind.has_price() && is_price(price))
            && self.trigger_price.is_none_or(|price| waits && is_price(price))
            && self.callback_bps.is_none_or(|bps| is_trailing && is_callback(bps))
    }

    fn apply(self, order: &Order) -> Order {
        Order {
            qty: self.qty.unwrap_or(order.qty),
            price: self.price.or(order.price),
            trigger_price: self.trigger_price.or(order.trigger_price),
            callback_bps: self.callback_bps.or(order.callback_bps),
            ..order.clone()
        }
    }
}

impl Model {
    pub(crate) fn amend(
        &mut self,
        entry: &Entry,
        clock_ms: u64,
        payload: Payload<'_>,
    ) -> Result<Outcome, Unreadable> {
        let user_id = entry.optional("userId").ok_or(Unreadable)?;
        let amendment = Amendment::read(payload)?;
        let earlier = match self.named(user_id, payload)? {
            Named::Resting(order) => order,
            Named::Ended(_) => return Ok(Outcome::rejected("ORDER_ALREADY_DONE")),
            Named::No(outcome) => return Ok(outcome),
        };
        if earlier.awaits_quote {
            return Ok(Outcome::rejected("INVALID_ORDER"));
        }
        let is_sound = amendment.is_sound(&earlier);
        let mut order = amendment.apply(&earlier);
        if is_sound && self.is_same(&order, &earlier) {
            return Ok(self.placed_before(&earlier));
        }
        let wrong = if is_sound { Vec::new() } else { vec!["INVALID_ORDER"] };
        let asking = Asking { now: entry.id, clock_ms, share_bps: None, earlier: Some(&earlier) };
        Ok(match self.examine(&mut order, &asking, wrong) {
            Ok(course) => {
                order.updated_at = entry.id.ms;
                let cause = (entry.id.ms, entry.optional("requestId"));
                self.take_course(order, &course, "ORDER_AMENDED", cause)
            }
            Err(wrong) => Outcome::without_events(Verdict::Rejected(wrong)),
        })
    }

    /// Reports whether an amendment changes nothing. More than a position has is all of it.
    fn is_same(&self, order: &Order, earlier: &Order) -> bool {
        let target = self.target(order).filter(|_| order.reduce_only);
        let qty = target.map_or(order.qty, |target| order.qty.min(target.qty));
        (qty, order.price, order.trigger_price, order.callback_bps)
            == (earlier.qty, earlier.price, earlier.trigger_price, earlier.callback_bps)
    }
}
