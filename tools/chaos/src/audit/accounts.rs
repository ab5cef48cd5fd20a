//! Checks the accounts that clients have opened and reset.

use super::{Findings, History, Kind, Subject, Truth};
use crate::journal::{Attempt, Deed, Meaning};
use model::amount::SCALE;
use model::view;
use serde_json::Value;
use std::collections::BTreeMap;

/// Checks that an opened account begins with its balance. The engine learns of it when it is used.
pub fn check_opened(balance: &str, attempt: &Attempt, truth: &Truth<'_>, findings: &mut Findings) {
    let Some(account_id) = opened(attempt) else { return };
    findings.checked(Subject::Accounts);
    let Some(first) = truth.states.get(&(account_id.to_owned(), 1)) else { return };
    let expected = balance.parse::<i128>().map(|usd| usd * SCALE);
    if expected != Ok(first.balance) {
        findings.add(Subject::Accounts, Kind::Wrong, account_id, balance, first.balance);
    }
}

/// The account that a granted attempt has opened.
fn opened(attempt: &Attempt) -> Option<&str> {
    let answer = attempt.answer.as_ref().filter(|answer| answer.meaning() == Meaning::Granted)?;
    answer.body["account"]["accountId"].as_str()
}

/// Checks that all attempts under one key have opened the same account.
pub fn check_keys(history: &History, findings: &mut Findings) {
    let mut by_key: BTreeMap<(Option<&str>, Option<&str>), &str> = BTreeMap::new();
    let of_accounts = |attempt: &&Attempt| matches!(attempt.deed, Deed::OpenAccount { .. });
    for attempt in history.journal.iter().filter(of_accounts) {
        let Some(account_id) = opened(attempt) else { continue };
        let first = by_key.entry((attempt.user_id.as_deref(), attempt.key.as_deref()));
        let first = *first.or_insert(account_id);
        if first != account_id {
            findings.add(Subject::Accounts, Kind::Doubled, first, first, account_id);
        }
    }
}

/// Checks that an account was reset, and that the answer shows it after that.
pub fn check_reset(attempt: &Attempt, truth: &Truth<'_>, findings: &mut Findings) {
    let Some(answer) = &attempt.answer else { return };
    let account_id = attempt.user_id.clone().unwrap_or_default();
    match answer.meaning() {
        Meaning::Granted => {
            findings.checked(Subject::Resets);
            let found = &answer.body["account"];
            let sequence = found["sequence"].as_u64().unwrap_or_default();
            let reset = truth.resets.get(&(account_id.clone(), sequence));
            let expected = reset.map_or(Value::Null, |account| view::account(*account));
            findings.compare(Subject::Resets, account_id, &expected, found);
        }
        // Prices may be too old to close at, and 90 USD are not enough.
        Meaning::Refused => {
            findings.checked(Subject::Refusals);
            let told = truth.by_request.get(attempt.request_id.as_str());
            let is_granted = told.is_some_and(|told| {
                told.iter().any(|(_, verdict)| matches!(verdict, model::Verdict::Account(_)))
            });
            if is_granted {
                let code = answer.code();
                findings.add(Subject::Refusals, Kind::Wrong, account_id, "a reset", code);
            }
        }
        Meaning::NotNow | Meaning::Unclear => {}
    }
}
