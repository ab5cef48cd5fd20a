//! The memory per open position and resting order: ladders, indexes, the share of the owner's account
//! and the reserve of the tables.
//!
//! `MIMALLOC_PURGE_DELAY=0 cargo bench -p exchange --bench memory`: as the engine starts itself.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::cast_precision_loss, reason = "counts are shown, not computed with")]

#[allow(dead_code, reason = "other benchmarks need the rest of it")]
mod floor;
#[allow(dead_code, reason = "other benchmarks need the rest of it")]
use cap::Cap;
use floor::{Floor, crash, entry};
use mimalloc::MiMalloc;
use testkit::report::Limit::AtMost;
use testkit::report::Report;

/// An allocator that counts the requests to the engine's.
#[global_allocator]
static ALLOCATOR: Cap<MiMalloc> = Cap::new(MiMalloc, usize::MAX);

const SLICE: usize = 1_000;

fn main() {
    let report = Report::start("memory");
    for positions in [10_000, 1_000_000, 1_100_000] {
        let (asked, resident) = (ALLOCATOR.allocated(), resident());
        let mut floor = Floor::with_positions(positions);
        let per_position = |bytes: usize| bytes as f64 / positions as f64;
        let what = format!("bytes a position, as asked for, {positions} open");
        report.row(&what, per_position(ALLOCATOR.allocated() - asked), "bytes", &AtMost(256.0));
        // Later floors reuse memory that the process already has.
        if positions == 1_000_000 {
            let what = format!("bytes a position, as the system sees it, {positions} open");
            report.row(&what, per_position(self::resident() - resident), "bytes", &AtMost(256.0));
            burst(&report, &mut floor, positions);
            let kept = ALLOCATOR.allocated() - asked;
            let kept_resident = self::resident() - resident;
            for (kept, how) in [(kept, "as asked for"), (kept_resident, "as the system sees it")] {
                let what = format!("megabytes left after a tick has closed {positions}, {how}");
                report.row(&what, kept as f64 / 1e6, "MB", &AtMost(64.0));
            }
        }
    }
    for orders in [10_000, 1_000_000] {
        // The owners' accounts are not part of an order.
        let mut floor = Floor::with_positions(1_000_000);
        let asked = ALLOCATOR.allocated();
        floor.rest_orders(orders);
        let per_order = (ALLOCATOR.allocated() - asked) as f64 / orders as f64;
        let what = format!("bytes a resting order, as asked for, {orders} resting");
        report.row(&what, per_order, "bytes", &AtMost(160.0));
    }
}

/// Reports the extra memory of a tick that closes everything, while its events are taken in slices.
fn burst(report: &Report, floor: &mut Floor, positions: u64) {
    let before = ALLOCATOR.allocated();
    let id = floor.next_id();
    let mut most = 0;
    drop(floor.exchange.apply_slice(id, &entry(crash()), SLICE));
    while floor.exchange.is_closing() {
        let events = floor.exchange.close_more(SLICE);
        most = most.max(ALLOCATOR.allocated().saturating_sub(before));
        drop(events);
    }
    let what = format!("megabytes more while a tick closes {positions}");
    report.row(&what, most as f64 / 1e6, "MB", &AtMost(128.0));
}

/// The resident memory of the process, without pages that were allocated but never touched.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = status.split(' ').nth(1).unwrap().parse().unwrap();
    pages * rustix::param::page_size()
}
