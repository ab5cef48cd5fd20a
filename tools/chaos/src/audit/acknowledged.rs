//! Compares the answers that clients received with the results of their requests.

use super::accounts;
use super::{Appended, Findings, History, Kind, Subject, Truth};
use crate::journal::{Answer, Attempt, Deed, Meaning};
use model::{Id, Verdict, view};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

pub fn check(history: &History, truth: &Truth<'_>, findings: &mut Findings) {
    let users: HashMap<&str, &str> =
        history.users.iter().map(|(email, id)| (email.as_str(), id.as_str())).collect();
    for attempt in &history.journal {
        match &attempt.deed {
            Deed::SignUp { email } | Deed::SignIn { email } => {
                check_registration(attempt, users.get(email.as_str()).copied(), truth, findings);
            }
            Deed::Open { .. } => check_order(Subject::Orders, attempt, truth, findings),
            Deed::Modify { .. } => check_order(Subject::Modifications, attempt, truth, findings),
            Deed::Close { order_id } => check_close(order_id, attempt, truth, findings),
            Deed::OpenAccount { balance } => {
                accounts::check_opened(balance, attempt, truth, findings);
            }
            Deed::Reset => accounts::check_reset(attempt, truth, findings),
            Deed::Other { .. } => {}
        }
    }
    check_last_words(history, truth, findings);
}

/// Checks that every entry that Redis has acknowledged to a program is in the stream, under its id.
pub fn check_appended(history: &History, truth: &Truth<'_>, findings: &mut Findings) {
    for Appended { id, request_id } in &history.appended {
        findings.checked(Subject::Appends);
        let told = truth.by_request.get(request_id.as_str());
        if !told.is_some_and(|told| told.iter().any(|(found, _)| found == id)) {
            let told = told.map_or("nothing".to_owned(), |told| listed(told));
            findings.add(Subject::Appends, Kind::Lost, request_id, id, told);
        }
    }
}

fn check_registration(
    attempt: &Attempt,
    user_id: Option<&str>,
    truth: &Truth<'_>,
    findings: &mut Findings,
) {
    let Some(answer) = attempt.answer.as_ref().filter(|a| (200..=299).contains(&a.status)) else {
        return;
    };
    findings.checked(Subject::Registrations);
    let told = answer.body["user"]["userId"].as_str().unwrap_or_default();
    match user_id {
        Some(user_id) if user_id == told => {}
        Some(other) => findings.add(Subject::Registrations, Kind::Wrong, told, told, other),
        None => {
            return findings.add(Subject::Registrations, Kind::Lost, told, "a user", "none");
        }
    }
    let Some(balance) = answer.body.get("balance").filter(|balance| !balance.is_null()) else {
        return;
    };
    match truth.states.get(&(told.to_owned(), 1)) {
        Some(first) => {
            findings.compare(Subject::Registrations, told, &view::account(*first), balance);
        }
        None => findings.add(Subject::Registrations, Kind::Lost, told, "an account", "none"),
    }
}

/// Checks an open or a modification, whose entries carry the attempt's own request id.
fn check_order(subject: Subject, attempt: &Attempt, truth: &Truth<'_>, findings: &mut Findings) {
    let Some(answer) = &attempt.answer else { return };
    let about = &attempt.request_id;
    let none = Vec::new();
    let told = truth.by_request.get(about.as_str()).unwrap_or(&none);
    let granted: Vec<_> = told.iter().filter(|(_, v)| matches!(v, Verdict::Granted(..))).collect();
    if granted.len() > 1 {
        let ids: Vec<String> = granted.iter().map(|(id, _)| id.to_string()).collect();
        findings.add(subject, Kind::Doubled, about, "one entry that is granted", ids.join(" "));
    }
    match answer.meaning() {
        Meaning::Granted => {
            findings.checked(subject);
            let again = answer.body["repeated"] == true;
            let verdict = told.iter().rev().map(|(_, verdict)| verdict).find(|v| match v {
                Verdict::Granted(..) => !again,
                Verdict::Repeated(..) => again,
                _ => false,
            });
            match verdict {
                Some(Verdict::Granted(order, account) | Verdict::Repeated(order, account)) => {
                    let (order, account) = (view::order(order), view::account(*account));
                    findings.compare(subject, about, &order, &answer.body["order"]);
                    findings.compare(subject, about, &account, &answer.body["balance"]);
                }
                _ => findings.add(subject, Kind::Lost, about, &answer.body, listed(told)),
            }
        }
        Meaning::Refused | Meaning::NotNow => {
            findings.checked(Subject::Refusals);
            check_refused(about, answer, told, !granted.is_empty(), findings);
        }
        Meaning::Unclear => {}
    }
}

/// Checks that a refused request had no effect, and that the reason holds.
fn check_refused(
    about: &str,
    answer: &Answer,
    told: &[(Id, Verdict)],
    is_granted: bool,
    findings: &mut Findings,
) {
    let code = answer.code();
    let holds = told.iter().any(|(_, verdict)| match verdict {
        Verdict::Rejected(reasons) => reasons.contains(&code),
        _ => false,
    });
    let is_of_the_gateway = told.is_empty() && code == "VALIDATION";
    // Not sent: the engine or Redis was unreachable, or the limits on load were reached.
    let is_not_sent = answer.meaning() == Meaning::NotNow && !code.ends_with("_PRICE");
    if is_granted || !(holds || is_of_the_gateway || is_not_sent) {
        findings.add(Subject::Refusals, Kind::Wrong, about, code, listed(told));
    }
}

/// Checks a close. With an idempotency key the gateway sends it under a request id of its own, so
/// it is found by its order, which is closed once.
fn check_close(order_id: &str, attempt: &Attempt, truth: &Truth<'_>, findings: &mut Findings) {
    let Some(answer) = &attempt.answer else { return };
    let closed = truth.find_closed(order_id);
    let own = closed.filter(|closed| attempt.user_id.as_ref() == Some(&closed.position.user_id));
    match (answer.meaning(), answer.code()) {
        (Meaning::Granted, _) | (Meaning::Refused, "ORDER_ALREADY_CLOSED") => {
            findings.checked(Subject::Closes);
            let Some(closed) = own else {
                return findings.add(
                    Subject::Closes,
                    Kind::Lost,
                    order_id,
                    &answer.body,
                    "no close",
                );
            };
            findings.compare(
                Subject::Closes,
                order_id,
                &view::closed_order(closed),
                &answer.body["order"],
            );
            if answer.meaning() == Meaning::Granted {
                let manual = closed.reason == "MANUAL";
                if !manual {
                    findings.add(Subject::Closes, Kind::Wrong, order_id, closed.reason, "MANUAL");
                }
                check_balance(order_id, attempt, answer, truth, findings);
            }
        }
        (Meaning::Refused, "ORDER_NOT_FOUND") => {
            findings.checked(Subject::Refusals);
            let open = truth.find_open(order_id);
            let still_open =
                open.is_some_and(|position| attempt.user_id.as_ref() == Some(&position.user_id));
            if own.is_some() || still_open {
                findings.add(
                    Subject::Refusals,
                    Kind::Wrong,
                    order_id,
                    "an order",
                    "ORDER_NOT_FOUND",
                );
            }
        }
        (Meaning::Refused, code) => {
            findings.checked(Subject::Refusals);
            findings.add(Subject::Refusals, Kind::Wrong, order_id, "no such refusal", code);
        }
        (Meaning::NotNow | Meaning::Unclear, _) => {}
    }
}

/// Checks that the account in an answer is the one with that sequence number.
fn check_balance(
    order_id: &str,
    attempt: &Attempt,
    answer: &Answer,
    truth: &Truth<'_>,
    findings: &mut Findings,
) {
    let balance = &answer.body["balance"];
    let sequence = balance["sequence"].as_u64().unwrap_or_default();
    let state = truth.states.get(&(attempt.user_id.clone().unwrap_or_default(), sequence));
    let expected = state.map_or(Value::Null, |state| view::account(*state));
    findings.compare(Subject::Closes, order_id, &expected, balance);
}

/// Checks that an open whose last clear answer was a refusal does not exist, whatever happened to
/// earlier attempts with the same key, and that all granted attempts name the same order.
fn check_last_words(history: &History, truth: &Truth<'_>, findings: &mut Findings) {
    let mut by_key: BTreeMap<(&str, &str), Vec<&Attempt>> = BTreeMap::new();
    for attempt in &history.journal {
        if let (Deed::Open { .. }, Some(user), Some(key)) =
            (&attempt.deed, &attempt.user_id, &attempt.key)
        {
            by_key.entry((user, key)).or_default().push(attempt);
        }
    }
    for ((_, key), attempts) in by_key {
        let clear: Vec<_> = attempts
            .iter()
            .filter(|attempt| matches!(attempt.meaning(), Meaning::Granted | Meaning::Refused))
            .collect();
        let order_ids: Vec<&Value> = clear
            .iter()
            .filter(|attempt| attempt.meaning() == Meaning::Granted)
            .filter_map(|attempt| Some(&attempt.answer.as_ref()?.body["order"]["orderId"]))
            .collect();
        if let Some(other) = order_ids.iter().find(|order_id| **order_id != order_ids[0]) {
            findings.add(Subject::Orders, Kind::Doubled, key, order_ids[0], other);
        }
        let verdicts = |attempt: &&Attempt| truth.by_request.get(attempt.request_id.as_str());
        let granted = attempts
            .iter()
            .filter_map(verdicts)
            .flatten()
            .find(|(_, verdict)| matches!(verdict, Verdict::Granted(..)));
        let refused = order_ids.is_empty() && !clear.is_empty();
        if let (true, Some((id, _))) = (refused, granted) {
            let code = clear.last().and_then(|a| a.answer.as_ref()).map_or("", Answer::code);
            findings.add(Subject::Refusals, Kind::Wrong, key, code, format!("entry {id}, granted"));
        }
        if clear.is_empty() && granted.is_some() {
            findings.note("orders that exist although no clear answer arrived");
        }
    }
}

fn listed(told: &[(Id, Verdict)]) -> String {
    let entries: Vec<String> =
        told.iter().map(|(id, verdict)| format!("{id}: {verdict:?}")).collect();
    if entries.is_empty() { "no entry with this request id".to_owned() } else { entries.join("; ") }
}
