//! The operators' commands.

use crate::amount::fits;
use crate::entry::Entry;
use crate::model::{Model, Outcome, Verdict};
use crate::payload::{Payload, Unreadable};
use serde_json::json;

/// The maximum length of a name and of a reason, in characters.
const CHARS_MAX: usize = 200;

impl Model {
    pub(crate) fn pause(
        &mut self,
        is_paused: bool,
        payload: Payload<'_>,
    ) -> Result<Outcome, Unreadable> {
        if !is_attributed(payload)? {
            return Ok(Outcome::rejected("INVALID_ATTRIBUTION"));
        }
        self.is_paused = is_paused;
        Ok(Outcome::done())
    }

    pub(crate) fn adjust(
        &mut self,
        entry: &Entry,
        payload: Payload<'_>,
    ) -> Result<Outcome, Unreadable> {
        let (user_id, amount) =
            (entry.optional("userId").ok_or(Unreadable)?, payload.amount("amountInt")?);
        let mut wrong = Vec::new();
        if !is_attributed(payload)? {
            wrong.push("INVALID_ATTRIBUTION");
        }
        if amount == 0 {
            wrong.push("INVALID_ADJUSTMENT");
        }
        match self.accounts.get_mut(user_id) {
            None => wrong.push("UNKNOWN_USER"),
            Some(_) if !fits(amount) => wrong.push("AMOUNT_OUT_OF_RANGE"),
            Some(account) if account.balance + amount < 0 => wrong.push("BALANCE_TOO_LOW"),
            Some(account) if !fits(account.balance + amount) => wrong.push("AMOUNT_OUT_OF_RANGE"),
            Some(account) if wrong.is_empty() => account.balance += amount,
            Some(_) => {}
        }
        if !wrong.is_empty() {
            return Ok(Outcome::without_events(Verdict::Rejected(wrong)));
        }
        self.deposits += amount;
        let payload = json!({
            "amountInt": amount.to_string(),
            "by": payload.text("by")?,
            "reason": payload.text("reason")?,
        });
        let event = self.event("BALANCE_ADJUSTED", entry.optional("requestId"), user_id, payload);
        Ok(Outcome { verdict: Verdict::Account(event.account), events: vec![event] })
    }
}

/// Reports whether an operator's command has a valid name and a valid reason.
fn is_attributed(payload: Payload<'_>) -> Result<bool, Unreadable> {
    let is_given = |name: &str| {
        let text = payload.text(name)?;
        Ok(!text.trim().is_empty() && text.chars().count() <= CHARS_MAX)
    };
    let (has_name, has_reason) = (is_given("by")?, is_given("reason")?);
    Ok(has_name && has_reason)
}
