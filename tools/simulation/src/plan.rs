//! The plan of one run, drawn by a seed: requests, queries and faults.

use crate::draw::Draw;
use messages::{Instrument, Query, RegisterUser, Request, UserId};
use price::Usd;
use rand::RngExt;
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// The plan of one run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed of the order of concurrent events.
    pub seed: u64,
    /// The number of engines.
    pub engines: u32,
    /// The interval between snapshots.
    pub snapshot_interval: Duration,
    /// The number of snapshots kept.
    pub snapshots_kept: u32,
    /// The number of outputs that an engine writes at once.
    pub write_len: usize,
    /// The lag of the replica for which answers wait, if there is one.
    pub replica_lag: Option<Duration>,
    /// One in this many operations fails randomly; zero means none.
    pub unrest: u64,
    /// The steps, in the order of their times.
    pub steps: Vec<Step>,
}

/// One step of a plan.
#[derive(Clone, Debug)]
pub struct Step {
    /// The time of the step.
    pub at: Duration,
    /// The event.
    pub what: What,
}

/// An event of a plan.
#[derive(Clone, Debug)]
pub enum What {
    /// A client sends a request this many times.
    Send(u128, Box<Request>, u32),
    /// A client sends a query.
    Ask(u128, UserId, Query),
    /// An unreadable entry is appended.
    Poison,
    /// An operator changes the list of instruments.
    List(Vec<Instrument>),
    /// A fault occurs.
    Fault(Fault),
}

/// A fault, with its duration.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// An engine gets SIGKILL and is restarted after a while.
    Kill(u32, Duration),
    /// An engine gets SIGSTOP, and SIGCONT after a while.
    Pause(u32, Duration),
    /// The loop of an engine hangs while the rest of its process runs.
    Hang(u32, Duration),
    /// Redis' machine loses power, and Redis its latest writes.
    RedisRestart {
        /// The downtime.
        down: Duration,
        /// The time before the crash whose writes are lost.
        lost: Duration,
    },
    /// Redis dies, and a replica that lacks its newest writes takes over after a while.
    Failover(Duration),
    /// Redis stops answering.
    RedisStall(Duration),
    /// Redis' disk is full.
    RedisFull(Duration),
    /// PostgreSQL is unavailable.
    DatabaseAway(Duration),
    /// A bit of the newest snapshot flips.
    DamageSnapshot,
    /// The newest snapshot is lost.
    LoseSnapshot,
    /// The wall clock steps by this many ms.
    ClockStep(i64),
}

impl Plan {
    /// Draws a plan.
    pub fn draw(seed: u64) -> Self {
        let mut draw = Draw::new(seed);
        let engines = 1 + u32::from(draw.random.random_bool(0.6));
        let mut steps = draw.requests();
        let faults = draw.random.random_range(0..9);
        steps.extend((0..faults).map(|_| draw.fault(engines)));
        steps.sort_by_key(|step| step.at);
        let snapshot_interval = draw.duration(200, 3_000);
        let snapshots_kept = draw.random.random_range(2..5);
        let unrest = *draw.pick(&[0, 1_000, 200, 60]);
        let write_len = *draw.pick(&[1, 3, 2_000]);
        // An engine that writes little at once would not keep up with a slow replica.
        let lag_max_ms = if write_len > 3 { 300 } else { 20 };
        let replica_lag = draw.random.random_bool(0.4).then(|| draw.duration(0, lag_max_ms));
        if replica_lag.is_some() {
            // A server that comes back without its newest writes would not be the primary any more.
            for Step { what, .. } in &mut steps {
                if let What::Fault(Fault::RedisRestart { down, .. }) = *what {
                    *what = What::Fault(Fault::Failover(down));
                }
            }
        }
        Self {
            seed,
            engines,
            snapshot_interval,
            snapshots_kept,
            write_len,
            replica_lag,
            unrest,
            steps,
        }
    }
}

/// A request to register a user, who may be registered already.
pub fn register(n: u128) -> Request {
    let deposit = Usd::from_scaled(100_000_000_000);
    Request::RegisterUser(UserId(Uuid::from_u128(n)), RegisterUser { deposit })
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, engines, snapshot_interval, snapshots_kept, .. } = self;
        let Self { write_len, unrest, replica_lag, steps, .. } = self;
        writeln!(
            f,
            "schedule {seed}, {engines} engine(s), a snapshot every {snapshot_interval:?},"
        )?;
        writeln!(
            f,
            "{snapshots_kept} kept, {write_len} outputs written at once, one in {unrest} operations fails randomly"
        )?;
        if let Some(lag) = replica_lag {
            writeln!(f, "a replica {lag:?} behind, for which answers wait")?;
        }
        for Step { at, what } in steps {
            let at_s = at.as_secs_f64();
            match what {
                What::Send(n, request, copies) => {
                    writeln!(f, "{at_s:>8.3} s  request {n} (x{copies}): {request:?}")?;
                }
                What::Ask(n, user_id, query) => {
                    writeln!(f, "{at_s:>8.3} s  query {n} of {user_id}: {query:?}")?;
                }
                What::Poison => writeln!(f, "{at_s:>8.3} s  an entry that can't be read")?,
                What::List(list) => {
                    writeln!(f, "{at_s:>8.3} s  list of {}: {:?}", list.len(), list[0])?;
                }
                What::Fault(fault) => writeln!(f, "{at_s:>8.3} s  {fault:?}")?,
            }
        }
        Ok(())
    }
}
