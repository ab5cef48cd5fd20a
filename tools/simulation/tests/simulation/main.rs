//! Runs a fixed set of seeds, and proves that the checks can fail.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod week;

use exchange::Exchange;
use messages::{EntryId, Event, OrderKind, Request, RequestEntry};
use simulation::{Plan, Sabotage, What, run, shrink};
use std::collections::BTreeSet;
use std::thread;

/// The number of seeds within which every sabotage must be noticed: several times the most that any
/// has needed.
const NOTICED_WITHIN: u64 = 1_500;

#[test]
fn whatever_goes_wrong_every_output_is_there_once_and_no_reply_is_wrong() {
    let threads: Vec<_> = (0..2)
        .map(|first| {
            thread::spawn(move || {
                for seed in (first..300).step_by(2) {
                    let plan = Plan::draw(seed);
                    if let Err(failure) = run(&plan, None) {
                        let (shortest, failure) = shrink(&plan, failure, None);
                        panic!("seed {seed}: {failure}\n{shortest}");
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn an_engine_or_a_world_that_is_broken_is_noticed() {
    for sabotage in Sabotage::ALL {
        let noticed =
            (0..NOTICED_WITHIN).any(|seed| run(&Plan::draw(seed), Some(sabotage)).is_err());
        assert!(noticed, "{sabotage} goes unnoticed");
    }
}

#[test]
fn a_run_is_the_same_every_time_and_a_failure_is_shown_by_few_steps() {
    let sabotage = Some(Sabotage::TrimTooFar);
    let (plan, failure) =
        (0..).map(Plan::draw).find_map(|p| run(&p, sabotage).err().map(|f| (p, f))).unwrap();
    assert_eq!(run(&plan, sabotage).unwrap_err(), failure);
    let (shortest, failure) = shrink(&plan, failure, sabotage);
    assert_eq!(run(&shortest, sabotage).unwrap_err(), failure);
    assert!(shortest.steps.len() < 12, "{shortest}");
}

/// The requests that only the engine writes.
const OF_THE_ENGINE: [&str; 2] = ["SET_RULES", "SET_INSTRUMENT"];

const EVENTS: [&str; 15] = [
    "ACCOUNT_RESET",
    "BALANCE_ADJUSTED",
    "FUNDING_SETTLED",
    "LEVERAGE_CHANGED",
    "ORDER_ACCEPTED",
    "ORDER_ACTIVATED",
    "ORDER_AMENDED",
    "ORDER_CANCELED",
    "ORDER_CLOSED",
    "ORDER_EXPIRED",
    "ORDER_MODIFIED",
    "ORDER_OPENED",
    "POSITION_CHANGED",
    "POSITION_MODE_CHANGED",
    "USER_REGISTERED",
];

const KINDS: [OrderKind; 7] = [
    OrderKind::Market,
    OrderKind::Limit,
    OrderKind::StopMarket,
    OrderKind::Stop,
    OrderKind::TakeProfitMarket,
    OrderKind::TakeProfit,
    OrderKind::TrailingStopMarket,
];

#[test]
fn plans_have_requests_events_and_fills_of_every_kind() {
    let (mut granted, mut events) = (BTreeSet::new(), BTreeSet::new());
    let mut filled = BTreeSet::new();
    for seed in 0..100 {
        for (kind, happened) in undisturbed(&Plan::draw(seed)) {
            granted.insert(kind);
            events.extend(happened.iter().map(|event| event.kind.type_name()));
            let executions = happened.iter().filter_map(|event| event.execution.as_ref());
            let orders = executions.filter_map(|execution| execution.order.as_ref());
            filled.extend(orders.map(|order| order.kind.as_str()));
        }
    }
    let of_clients = Request::KINDS.into_iter().filter(|kind| !OF_THE_ENGINE.contains(kind));
    assert_eq!(granted, of_clients.collect());
    assert_eq!(events, EVENTS.into());
    assert_eq!(filled, KINDS.map(OrderKind::as_str).into());
}

/// The kinds of the requests of a plan that are granted, with their events, without any fault.
fn undisturbed(plan: &Plan) -> Vec<(&'static str, Vec<Event>)> {
    let mut exchange = Exchange::default();
    let mut granted = Vec::new();
    let requests = plan.steps.iter().flat_map(|step| {
        let requests = match &step.what {
            What::Send(_, request, _) => vec![Request::clone(request)],
            // The engine writes them.
            What::List(list) => {
                list.iter().map(|listed| Request::SetInstrument(Box::new(listed.clone()))).collect()
            }
            _ => Vec::new(),
        };
        requests.into_iter().map(|request| (step.at, request))
    });
    for (n, (at, request)) in (1..).zip(requests) {
        let now_ms = 1_700_000_000_000 + u64::try_from(at.as_millis()).unwrap();
        let kind = request.kind();
        let entry =
            RequestEntry { request_id: None, timestamp_ms: now_ms, reply_to: None, request };
        let outcome = exchange.apply(EntryId::new(now_ms, n), &entry);
        if outcome.response.is_ok() && !OF_THE_ENGINE.contains(&kind) {
            granted.push((kind, outcome.events));
        }
    }
    granted
}
