//! `RESET_ACCOUNT`: everything of an account closed, and its balance set anew.

use crate::amount::SCALE;
use crate::entry::Entry;
use crate::model::{Model, Outcome, Verdict};
use crate::payload::{Payload, Unreadable};
use serde_json::json;

/// The least and the highest balance after it.
const BALANCE_MIN: i128 = 100 * SCALE;
const BALANCE_MAX: i128 = 1_000_000 * SCALE;

impl Model {
    pub(crate) fn reset(
        &mut self,
        entry: &Entry,
        clock_ms: u64,
        payload: Payload<'_>,
    ) -> Result<Outcome, Unreadable> {
        let user_id = entry.optional("userId").ok_or(Unreadable)?;
        let balance = payload.amount("balanceInt")?;
        let by = entry.optional("requestId");
        if !self.accounts.contains_key(user_id) {
            return Ok(Outcome::rejected("UNKNOWN_USER"));
        }
        if by.is_some() && self.reset_by.get(user_id).map(String::as_str) == by {
            return Ok(Outcome::without_events(Verdict::Account(self.accounts[user_id])));
        }
        let mut wrong = Vec::new();
        if !(BALANCE_MIN..=BALANCE_MAX).contains(&balance) {
            wrong.push("INVALID_RESET_BALANCE");
        }
        let positions = self.open.values().filter(|position| position.user_id == user_id);
        let positions: Vec<_> =
            positions.map(|position| (position.number, position.asset)).collect();
        // The first position that can't be closed says why.
        let against = positions
            .iter()
            .map(|(_, asset)| self.price_violations(*asset, self.ticks[asset], entry.id, clock_ms));
        wrong.extend(against.into_iter().find(|against| !against.is_empty()).unwrap_or_default());
        if !wrong.is_empty() {
            return Ok(Outcome::without_events(Verdict::Rejected(wrong)));
        }
        let resting = self.resting_of(user_id).into_iter();
        let order_ids: Vec<_> = resting.map(|order| order.order_id.clone()).collect();
        let cause = (entry.id.ms, by);
        let mut events = Vec::new();
        for order_id in order_ids {
            events.push(self.cancel_one(&order_id, cause).1);
        }
        for (number, asset) in positions {
            events.extend(self.close_on_request(number, self.ticks[&asset], cause));
        }
        let account = self.accounts.get_mut(user_id).expect("the account was checked");
        let previous = account.balance;
        account.balance = balance;
        self.deposits += balance - previous;
        if let Some(by) = by {
            self.reset_by.insert(user_id.to_owned(), by.to_owned());
        }
        let payload = json!({
            "balanceInt": balance.to_string(),
            "previousInt": previous.to_string(),
        });
        let event = self.event("ACCOUNT_RESET", by, user_id, payload);
        let verdict = Verdict::Account(event.account);
        events.push(event);
        Ok(Outcome { verdict, events })
    }
}
