//! Compares `response:stream` with what it must contain.

use super::{Findings, History, Kind, Subject, Truth};
use model::{Entry, Id};
use std::collections::{BTreeMap, HashSet};

pub fn check(history: &History, truth: &Truth<'_>, findings: &mut Findings) {
    let mut found: BTreeMap<Id, &Entry> = BTreeMap::new();
    let mut seen: HashSet<String> = HashSet::new();
    for entry in history.responses() {
        found.insert(entry.id, entry);
        // A position is opened once and closed once, an order accepted once and ended once,
        // whatever the ids of the entries.
        if let Some(happening) = once(entry)
            && !seen.insert(happening.clone())
        {
            findings.add(Subject::Events, Kind::Doubled, entry.id, "once", happening);
        }
    }
    for (id, event) in &truth.events {
        findings.checked(Subject::Events);
        let expected = event.clone().shown(*id);
        if let Some(entry) = found.remove(id) {
            findings.compare(Subject::Events, id, &expected, &entry.shown());
        } else {
            findings.add(Subject::Events, Kind::Lost, id, expected, "nothing");
        }
    }
    for entry in found.into_values() {
        findings.add(Subject::Events, Kind::Wrong, entry.id, "nothing", entry.shown());
    }
}

/// The kind and order or user of an event that may happen only once.
fn once(entry: &Entry) -> Option<String> {
    let (kind, payload) = (entry.field("type"), entry.payload().unwrap_or_default());
    let (kind, order) = match kind {
        "ORDER_OPENED" | "ORDER_ACCEPTED" => (kind, &payload["order"]),
        "ORDER_CANCELED" | "ORDER_EXPIRED" => ("end of", &payload["order"]),
        "ORDER_CLOSED" => (kind, &payload["order"]["order"]),
        "USER_REGISTERED" => return Some(format!("{kind} {}", entry.field("userId"))),
        _ => return None,
    };
    Some(format!("{kind} {}", order["orderId"].as_str()?))
}
