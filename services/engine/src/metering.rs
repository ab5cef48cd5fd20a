//! The engine's metrics.
//!
//! The loop runs for every tick, so the meters that it uses are looked up once.

use crate::shard_metrics::{self, counter, gauge, histogram};
use exchange::{Exchange, Ledger};
use messages::{
    CloseReason, EntryId, Event, EventKind, ExpiryReason, FillRole, OrderKind, Rejection, Request,
    RequestId, Response, Symbol, UntrustedMark,
};
use metrics::{Counter, Gauge, Histogram};
use price::Usd;
use service::Metric;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::Duration;

const REASONS: [CloseReason; 4] =
    [CloseReason::Liquidation, CloseReason::StopLoss, CloseReason::TakeProfit, CloseReason::Manual];

/// The engine's metrics, for `/metrics`.
pub const METRICS: &[Metric] = &[
    Metric::counter("velox_engine_entries_total", "Entries of request:stream applied.")
        .by("type", &Request::KINDS),
    Metric::counter("velox_engine_rejections_total", "Requests rejected by the rules, by code.")
        .by("code", &[]),
    Metric::counter(
        "velox_engine_orders_closed_total",
        "Positions closed: by a trigger, or MANUAL when the trader asked for it.",
    )
    .by("reason", &["MARGIN_CALL", "STOP_LOSS", "TAKE_PROFIT", "MANUAL"]),
    Metric::counter("velox_engine_fills_total", "Fills, by the role of the order.")
        .by("role", &["MAKER", "TAKER"]),
    Metric::counter(
        "velox_engine_orders_expired_total",
        "Orders that ended without a fill and were not canceled, by reason.",
    )
    .by("reason", &[]),
    Metric::counter("velox_engine_ticks_total", "Prices applied.").by("symbol", &[]),
    Metric::gauge(
        "velox_engine_last_tick_timestamp_seconds",
        "The time at which Redis received the last applied price (Unix time).",
    )
    .by("symbol", &[]),
    Metric::counter(
        "velox_engine_dead_letters_total",
        "Entries of request:stream dead-lettered because they were unreadable or invalid.",
    ),
    Metric::histogram("velox_engine_batch_seconds", "Time to apply a batch and write its outputs."),
    Metric::counter("velox_engine_batched_entries_total", "Entries in all batches."),
    Metric::counter(
        "velox_engine_outputs_already_there_total",
        "Outputs that Redis refused because an earlier leader had written them.",
    ),
    Metric::gauge("velox_engine_shards", "Number of shards of the deployment."),
    Metric::gauge("velox_engine_open_positions", "Number of open positions."),
    Metric::gauge("velox_engine_open_orders", "Number of resting orders, by kind.").by("kind", &[]),
    Metric::gauge("velox_engine_accounts", "Number of accounts."),
    Metric::histogram(
        "velox_engine_snapshot_pause_seconds",
        "Time for which a snapshot paused the order flow.",
    ),
    Metric::histogram(
        "velox_engine_snapshot_write_seconds",
        "Time to encode and store a snapshot, beside the order flow.",
    ),
    Metric::gauge("velox_engine_snapshot_bytes", "Size of the last snapshot, compressed."),
    Metric::gauge(
        "velox_engine_snapshot_timestamp_seconds",
        "The time of the last stored snapshot (Unix time); 0 until this process has stored one.",
    ),
    Metric::gauge("velox_engine_leads", "Whether this engine leads (1) or follows (0)."),
    Metric::gauge("velox_engine_epoch", "The epoch in which this engine leads or last led."),
    Metric::gauge(
        "velox_engine_replayed_entries",
        "Entries replayed from the snapshot that this engine started from until it was up to date.",
    ),
    Metric::gauge(
        "velox_engine_replay_position_timestamp_seconds",
        "The time of the last entry that a starting engine has replayed (Unix time).",
    ),
    Metric::gauge(
        "velox_engine_replay_end_timestamp_seconds",
        "The time of the last entry that a starting engine has to replay (Unix time).",
    ),
    Metric::gauge("velox_ledger_deposits_usd", "Deposits less the money that operators took out."),
    Metric::gauge("velox_ledger_balances_usd", "Sum of the balances that are free to trade with."),
    Metric::gauge("velox_ledger_locked_margin_usd", "Sum of the margins of open positions."),
    Metric::gauge("velox_ledger_reserved_usd", "Sum of the money reserved for resting orders."),
    Metric::gauge("velox_ledger_house_usd", "The house's gain from traders (negative for a loss)."),
    Metric::gauge("velox_ledger_fees_usd", "Sum of the fees of fills."),
    Metric::gauge(
        "velox_ledger_insurance_usd",
        "The insurance fund: liquidation fees, less the shortfalls that it has borne.",
    ),
    Metric::gauge(
        "velox_ledger_shortfall_usd",
        "Losses beyond margins after price gaps, which no trader paid. The insurance fund bears \
         them, and the house what exceeds the fund.",
    ),
    Metric::gauge(
        "velox_engine_mark_trusted",
        "Whether the mark price may close positions (1), or is missing, too old or too far from the \
         last price (0). Only the leader sets it, for instruments that go by a mark price.",
    )
    .by("symbol", &[]),
    Metric::gauge(
        "velox_ledger_difference_usd",
        "Difference between the ledger and the deposits, computed in integers; not 0 is a bug.",
    ),
    Metric::order_stages(&["stream", "engine"]),
];

struct Meters {
    entries: [Counter; Request::KINDS.len()],
    closed: [Counter; REASONS.len()],
    fills: [Counter; FillRole::ALL.len()],
    expired: [Counter; ExpiryReason::ALL.len()],
    orders: [Gauge; OrderKind::ALL.len()],
    batch: Histogram,
    batched: Counter,
    already_there: Counter,
    positions: Gauge,
    accounts: Gauge,
    deposits: Gauge,
    balances: Gauge,
    locked: Gauge,
    reserved: Gauge,
    house: Gauge,
    fees: Gauge,
    insurance: Gauge,
    shortfall: Gauge,
    difference: Gauge,
    in_stream: Histogram,
    in_engine: Histogram,
    /// True while this engine leads. A follower applies the same entries, but no order waits for it.
    leads: Cell<bool>,
    /// The number of applied requests with an id: those that a client may wait for, thus no prices.
    awaited: Cell<u64>,
}

impl Meters {
    fn new() -> Self {
        Self {
            entries: Request::KINDS
                .map(|kind| counter("velox_engine_entries_total", Some(("type", kind.into())))),
            closed: REASONS.map(|reason| {
                counter(
                    "velox_engine_orders_closed_total",
                    Some(("reason", reason.as_str().into())),
                )
            }),
            fills: std::array::from_fn(|role| {
                let role = FillRole::ALL[role].as_str();
                counter("velox_engine_fills_total", Some(("role", role.into())))
            }),
            expired: std::array::from_fn(|reason| {
                let reason = ExpiryReason::ALL[reason].as_str();
                counter("velox_engine_orders_expired_total", Some(("reason", reason.into())))
            }),
            orders: std::array::from_fn(|kind| {
                let kind = OrderKind::ALL[kind].as_str();
                gauge("velox_engine_open_orders", Some(("kind", kind.into())))
            }),
            batch: histogram("velox_engine_batch_seconds", None),
            batched: counter("velox_engine_batched_entries_total", None),
            already_there: counter("velox_engine_outputs_already_there_total", None),
            positions: gauge("velox_engine_open_positions", None),
            accounts: gauge("velox_engine_accounts", None),
            deposits: gauge("velox_ledger_deposits_usd", None),
            balances: gauge("velox_ledger_balances_usd", None),
            locked: gauge("velox_ledger_locked_margin_usd", None),
            reserved: gauge("velox_ledger_reserved_usd", None),
            house: gauge("velox_ledger_house_usd", None),
            fees: gauge("velox_ledger_fees_usd", None),
            insurance: gauge("velox_ledger_insurance_usd", None),
            shortfall: gauge("velox_ledger_shortfall_usd", None),
            difference: gauge("velox_ledger_difference_usd", None),
            in_stream: histogram("velox_order_stage_seconds", Some(("stage", "stream".into()))),
            in_engine: histogram("velox_order_stage_seconds", Some(("stage", "engine".into()))),
            leads: Cell::new(false),
            awaited: Cell::new(0),
        }
    }
}

thread_local! {
    static METERS: Meters = Meters::new();
}

/// Counts an applied entry.
pub fn applied(
    id: EntryId,
    request_id: Option<RequestId>,
    request: &Request,
    answer: &Result<Response, Rejection>,
) {
    METERS.with(|meters| meters.entries[request.kind_index()].increment(1));
    match request {
        Request::PriceUpdate(update) if answer.is_ok() => {
            with_tick_meters(update.symbol, |(ticks, last_tick)| {
                ticks.increment(1);
                last_tick.set(seconds(id.ms));
            });
        }
        Request::SetInstrument(instrument) => listed(instrument.symbol),
        _ => {}
    }
    if request_id.is_some() {
        METERS.with(|meters| meters.awaited.update(|count| count + 1));
    }
    if let Err(rejection) = answer {
        counter("velox_engine_rejections_total", Some(("code", rejection.code().into())))
            .increment(1);
    }
}

/// Starts the series of an instrument.
pub fn listed(symbol: Symbol) {
    if !shard_metrics::is_tagged() {
        service::begin(METRICS, "symbol", symbol.as_str());
    }
}

/// Calls `record` with the meters of an instrument's prices.
fn with_tick_meters(symbol: Symbol, record: impl FnOnce(&(Counter, Gauge))) {
    thread_local! {
        static TICKS: RefCell<HashMap<Symbol, (Counter, Gauge)>> = RefCell::default();
    }
    let meters = || {
        let name = symbol.to_string();
        let ticks = counter("velox_engine_ticks_total", Some(("symbol", name.clone().into())));
        (ticks, gauge("velox_engine_last_tick_timestamp_seconds", Some(("symbol", name.into()))))
    };
    TICKS.with_borrow_mut(|known| record(known.entry(symbol).or_insert_with(meters)));
}

/// Counts what an entry, or a slice of it, did to positions and orders.
pub fn happened(events: &[Event]) {
    METERS.with(|meters| {
        for event in events {
            let role = event.execution.as_ref().map(|execution| execution.fill.role);
            let role = match &event.kind {
                EventKind::PositionClosed(closed) => {
                    let reason = REASONS.iter().position(|reason| *reason == closed.close_reason);
                    let reason = reason.expect("all reasons are in the list");
                    meters.closed[reason].increment(1);
                    Some(role.unwrap_or(FillRole::Taker))
                }
                EventKind::PositionOpened(_) => Some(role.unwrap_or(FillRole::Taker)),
                EventKind::OrderExpired(order) => {
                    if let Some(reason) = order.reason {
                        meters.expired[reason as usize].increment(1);
                    }
                    None
                }
                _ => role,
            };
            if let Some(role) = role {
                meters.fills[role as usize].increment(1);
            }
        }
    });
}

/// Records the time between the arrival of an order in Redis and its reading. The clocks may be of
/// two machines, and ids have a resolution of milliseconds.
pub fn waited_in_stream(wait_ms: u64) {
    METERS.with(|meters| {
        if meters.leads.get() {
            meters.in_stream.record(seconds(wait_ms));
        }
    });
}

/// Counts a dead-lettered entry.
pub fn dead_lettered() {
    counter("velox_engine_dead_letters_total", None).increment(1);
}

/// Records a batch that was applied and whose outputs were written.
pub fn batch_done(exchange: &Exchange, entries: usize, already_there: u32, took: Duration) {
    METERS.with(|meters| {
        meters.batch.record(took);
        meters.batched.increment(entries as u64);
        meters.already_there.increment(already_there.into());
        meters.positions.set(service::count(exchange.open_positions() as u64));
        for (kind, gauge) in OrderKind::ALL.iter().zip(&meters.orders) {
            gauge.set(service::count(exchange.open_orders_of(*kind) as u64));
        }
        meters.accounts.set(service::count(exchange.account_count() as u64));
        let awaited = meters.awaited.take();
        if awaited > 0 {
            meters.in_engine.record_many(took, usize::try_from(awaited).unwrap_or(usize::MAX));
        }
        meters.ledger(&exchange.ledger());
    });
}

impl Meters {
    fn ledger(&self, ledger: &Ledger) {
        self.deposits.set(usd(ledger.deposits));
        self.balances.set(usd(ledger.balances));
        self.locked.set(usd(ledger.locked));
        self.reserved.set(usd(ledger.reserved));
        self.house.set(usd(ledger.house));
        self.fees.set(usd(ledger.fees));
        self.insurance.set(usd(ledger.insurance));
        self.shortfall.set(usd(ledger.shortfall));
        self.difference.set(usd(ledger.difference()));
    }
}

/// Records whether each mark price may close positions, and returns those that may not.
pub fn marks(exchange: &Exchange, now_ms: u64) -> Vec<UntrustedMark> {
    let mut untrusted = Vec::new();
    for (symbol, problem) in exchange.mark_problems(now_ms) {
        let trusted =
            gauge("velox_engine_mark_trusted", Some(("symbol", symbol.to_string().into())));
        trusted.set(u32::from(problem.is_none()));
        untrusted.extend(problem.map(|reason| UntrustedMark { symbol, reason }));
    }
    untrusted
}

/// Records a stored snapshot: the pause of the order flow, and the time that the work took.
pub fn snapshot_done(pause: Duration, took: Duration, bytes: usize, now_ms: u64) {
    histogram("velox_engine_snapshot_pause_seconds", None).record(pause);
    histogram("velox_engine_snapshot_write_seconds", None).record(took);
    gauge("velox_engine_snapshot_bytes", None).set(service::count(bytes as u64));
    gauge("velox_engine_snapshot_timestamp_seconds", None).set(seconds(now_ms));
}

/// Records that the engine leads in this epoch.
pub fn leads(epoch: u64) {
    METERS.with(|meters| {
        meters.leads.set(true);
        meters.awaited.set(0);
    });
    gauge("velox_engine_leads", None).set(1);
    gauge("velox_engine_epoch", None).set(u32::try_from(epoch).unwrap_or(u32::MAX));
}

/// Records that the engine follows another one or waits for the lease.
pub fn follows() {
    METERS.with(|meters| meters.leads.set(false));
    gauge("velox_engine_leads", None).set(0);
}

/// Records the progress of a replay: the number of entries, the last one read, and the last one to
/// read.
pub fn replayed(entries: usize, read: EntryId, end: EntryId) {
    gauge("velox_engine_replayed_entries", None).set(service::count(entries as u64));
    gauge("velox_engine_replay_position_timestamp_seconds", None).set(seconds(read.ms));
    gauge("velox_engine_replay_end_timestamp_seconds", None).set(seconds(end.ms));
}

fn seconds(ms: u64) -> f64 {
    Duration::from_millis(ms).as_secs_f64()
}

/// Converts an amount to a float for Prometheus. For charts only.
#[expect(clippy::cast_precision_loss, reason = "nothing is computed from it here")]
fn usd(amount: Usd) -> f64 {
    amount.scaled() as f64 / 1e8
}
