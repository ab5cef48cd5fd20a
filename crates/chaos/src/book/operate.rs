//! The operators' commands, by the auditor's own rules.

use super::{Book, Outcome, Verdict};
use crate::amount::{fits, read};
use crate::entry::Entry;
use serde_json::{Value, json};

/// The maximum length of a name and of a reason.
const CHARS_MAX: usize = 200;

impl Book {
    pub(super) fn pause(&mut self, is_paused: bool, payload: &Value) -> Option<Outcome> {
        if !is_attributed(payload)? {
            return Some(Outcome::refused(vec!["INVALID_ATTRIBUTION"]));
        }
        self.is_paused = is_paused;
        Some(Outcome { verdict: Verdict::Silent, events: Vec::new() })
    }

    pub(super) fn adjust(&mut self, entry: &Entry, payload: &Value) -> Option<Outcome> {
        let (user_id, amount) = (entry.field("userId"), read(payload, "amountInt")?);
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
            return Some(Outcome::refused(wrong));
        }
        self.deposits += amount;
        let payload = json!({
            "amountInt": amount.to_string(),
            "by": payload["by"],
            "reason": payload["reason"],
        });
        let event = self.event("BALANCE_ADJUSTED", entry.optional("requestId"), user_id, payload);
        Some(Outcome { verdict: Verdict::Registered, events: vec![event] })
    }
}

fn is_attributed(payload: &Value) -> Option<bool> {
    let is_given = |name: &str| {
        let text = payload.get(name)?.as_str()?;
        Some(!text.trim().is_empty() && text.chars().count() <= CHARS_MAX)
    };
    Some(is_given("by")? && is_given("reason")?)
}
