//! `CLOSE_POSITIONS`: all positions of an account.

use crate::entry::Entry;
use crate::model::{Model, Outcome, Verdict};
use crate::payload::{Payload, Unreadable};

impl Model {
    pub(crate) fn close_all(
        &mut self,
        entry: &Entry,
        clock_ms: u64,
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
        let own = self.open.values().filter(|position| position.user_id == user_id);
        let meant = own.filter(|position| asset.is_none_or(|asset| asset == position.asset));
        let meant: Vec<_> = meant.cloned().collect();
        let cause = (entry.id.ms, entry.optional("requestId"));
        let (mut closed, mut left, mut orders) = (Vec::new(), Vec::new(), Vec::new());
        let mut events = Vec::new();
        for position in meant {
            let tick = self.ticks[&position.asset];
            if !self.price_violations(position.asset, tick, entry.id, clock_ms).is_empty() {
                left.push(position.order_id);
            } else if !self.fills_next(position.asset) {
                events.extend(self.close_on_request(position.number, tick, cause));
                closed.push(self.closed.last().expect("one was closed").clone());
            } else if let Some(order) = self.waiting_close(&position) {
                orders.push(order.order_id.clone());
            } else {
                let mut order = self.closing_order(&position, None, entry.id);
                if self.closing_refusals(&order).is_empty() {
                    events.push(self.accept_close(&mut order, cause.1));
                    orders.push(order.order_id);
                } else {
                    left.push(position.order_id);
                }
            }
        }
        let account = self.accounts[user_id];
        let verdict = Verdict::ClosedPositions { closed, left, orders, account };
        Ok(Outcome { verdict, events })
    }
}
