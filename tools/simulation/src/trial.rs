//! The execution of one plan: engines, clients and faults.

use crate::executor::{Executor, Process};
use crate::plan::{Fault, Plan, Step, What, register};
use crate::sabotage::Sabotage;
use crate::server::Heard;
use crate::verdict::{self, Asked, Failure};
use crate::world::{Environment, NETWORK, START_MS, SimulatedWorld};
use engine::config::Settings;
use engine::{Refusal, run_in};
use exchange::DEFAULT_RULES;
use messages::{
    Event, Fields, Instrument, QUERY_STREAM, Query, QueryEntry, REQUEST_STREAM, RESPONSE_STREAM,
    Request, RequestEntry, RequestId, Rules, Shard, StreamMessage, UserId,
};
use service::Health;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The channel of all replies.
pub const REPLY_TO: &str = "reply:clients";

/// The request that must be answered after all faults have ended.
pub const LAST_REQUEST: u128 = 99_999;

/// The longest time for the answer to [`LAST_REQUEST`].
const PATIENCE: Duration = Duration::from_mins(1);

/// The number of attempts of a client.
const ATTEMPTS: u32 = 4;

/// The delay before a snapshot is stored: twice the time whose writes Redis may lose.
const SNAPSHOT_DELAY: Duration = Duration::from_secs(2);

/// The state that the tasks of a run share.
#[derive(Clone)]
pub struct Trial {
    pub environment: Environment,
    pub settings: Settings,
    /// The list of instruments that the operator wants.
    pub wanted: watch::Sender<Vec<Instrument>>,
    /// The process of each engine, and the number of the next one.
    processes: Arc<Mutex<(Vec<Option<Process>>, u32)>>,
    entries: Arc<Mutex<u64>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    pub refusals: Arc<Mutex<Vec<Failure>>>,
    pub is_over: Arc<AtomicBool>,
}

/// Runs a plan and checks the result.
pub fn run(plan: &Plan, sabotage: Option<Sabotage>) -> Result<(), Failure> {
    let trial = Trial::new(plan, sabotage);
    let (director, plan) = (trial.clone(), plan.clone());
    trial.carry_out(async move { director.direct(plan).await })?;
    let asked = trial.asked.lock().expect("nothing panics with it");
    verdict::judge(&trial.environment, &asked)
}

impl Trial {
    pub fn new(plan: &Plan, sabotage: Option<Sabotage>) -> Self {
        let hasty = sabotage == Some(Sabotage::HastySnapshots);
        let environment = Environment {
            executor: Executor::new(plan.seed),
            server: Arc::default(),
            database: Arc::default(),
            changed: Arc::default(),
            clock_offset_ms: Arc::default(),
            unrest: Arc::new(Mutex::new(plan.unrest)),
            replica_lag: plan.replica_lag,
            read_len: 20,
            sabotage,
        };
        let settings = Settings {
            shard: Shard::ONLY,
            shards: 1,
            rules: Rules {
                max_open_positions: 20,
                order_id_retention_ms: Some(5_000),
                max_open_orders: Some(6),
                stale_mark_ms: None,
                mark_deviation_max_bps: None,
                ..DEFAULT_RULES
            },
            snapshot_interval: plan.snapshot_interval,
            snapshot_delay: if hasty { Duration::ZERO } else { SNAPSHOT_DELAY },
            snapshots_kept: plan.snapshots_kept,
            write_len: plan.write_len,
            standby: false,
        };
        let engines = vec![None; plan.engines as usize];
        Self {
            environment,
            settings,
            wanted: watch::Sender::new(markets::shipped()),
            processes: Arc::new(Mutex::new((engines, 1))),
            entries: Arc::default(),
            asked: Arc::default(),
            refusals: Arc::default(),
            is_over: Arc::default(),
        }
    }

    /// Runs everything until `direction` ends the run.
    pub fn carry_out(
        &self,
        direction: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Failure> {
        let executor = &self.environment.executor;
        executor.spawn(NETWORK, direction);
        let run = AssertUnwindSafe(|| executor.run(&self.is_over));
        let has_panicked = catch_unwind(run).is_err();
        executor.end();
        if has_panicked {
            return Err(Failure::Panicked);
        }
        self.refusals.lock().expect("nothing panics with it").pop().map_or(Ok(()), Err)
    }

    async fn direct(&self, plan: Plan) {
        let executor = self.environment.executor.clone();
        (0..plan.engines).for_each(|engine| self.start(engine));
        for Step { at, what } in plan.steps {
            executor.sleep(at.saturating_sub(executor.now())).await;
            match what {
                What::Send(n, request, copies) => {
                    (0..copies).for_each(|_| self.send(n, (*request).clone()));
                }
                What::Ask(n, user_id, query) => self.ask(n, user_id, query),
                What::Poison => self.poison(),
                What::List(instruments) => drop(self.wanted.send_replace(instruments)),
                What::Fault(fault) => self.inflict(fault),
            }
        }
        // The longest fault has ended by then; random failures end now.
        executor.sleep(Duration::from_secs(9)).await;
        self.environment.set_unrest(0);
        executor.sleep(Duration::from_secs(1)).await;
        self.send(LAST_REQUEST, register(LAST_REQUEST));
        let deadline = executor.now() + PATIENCE;
        while !self.is_last_request_done() && executor.now() < deadline {
            executor.sleep(Duration::from_millis(250)).await;
        }
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Returns whether the last request is answered, and its event written. The reply may come first.
    fn is_last_request_done(&self) -> bool {
        let server = self.environment.server();
        let id = Uuid::from_u128(LAST_REQUEST);
        let mut appended = server.entries(RESPONSE_STREAM).iter().rev();
        let is_written = appended.any(|entry| {
            let event = Event::decode(&entry.fields);
            event.is_ok_and(|event| event.request_id == Some(RequestId(id)))
        });
        let is_reply = |message: &Heard| {
            message.channel == REPLY_TO && message.message.contains(&id.to_string())
        };
        is_written && server.heard.iter().any(is_reply)
    }

    /// Starts an engine, and restarts it when it ends, as a supervisor does.
    pub fn start(&self, engine: u32) {
        let process = {
            let mut processes = self.processes.lock().expect("nothing panics with it");
            let process = Process(processes.1);
            processes.1 += 1;
            processes.0[engine as usize] = Some(process);
            process
        };
        let trial = self.clone();
        let world = SimulatedWorld::new(&self.environment, process);
        let settings = Settings { standby: engine > 0, ..self.settings };
        self.environment.executor.begin(process, async move {
            let (health, shutdown) = (Health::new(), CancellationToken::new());
            let wanted = trial.wanted.subscribe();
            if let Err(refusal) = run_in(&world, settings, wanted, health, shutdown).await {
                trial.refused(&refusal);
            }
            trial.environment.executor.sleep(Duration::from_millis(500)).await;
            trial.start(engine);
        });
    }

    /// The engine that holds the lease.
    pub fn leader(&self) -> Option<u32> {
        let now = self.environment.executor.now();
        let holder = self.environment.server().holder(now)?.to_owned();
        let processes = self.processes.lock().expect("nothing panics with it");
        let is_holder = |process: &Option<Process>| {
            process.is_some_and(|process| SimulatedWorld::name(process) == holder)
        };
        processes.0.iter().position(is_holder).and_then(|engine| u32::try_from(engine).ok())
    }

    /// The number of processes that were started.
    pub fn started(&self) -> u32 {
        self.processes.lock().expect("nothing panics with it").1 - 1
    }

    /// Records a refusal to trade as a failure, unless the stream really was emptied.
    fn refused(&self, refusal: &Refusal) {
        let was_emptied = self.environment.server().was_emptied;
        if !(was_emptied && matches!(refusal, Refusal::HistoryLost { .. })) {
            let mut refusals = self.refusals.lock().expect("nothing panics with it");
            refusals.push(Failure::Refused(refusal.to_string()));
            self.is_over.store(true, Ordering::Relaxed);
        }
    }

    fn send(&self, n: u128, request: Request) {
        let trial = self.clone();
        self.environment.executor.spawn(NETWORK, async move {
            for _ in 0..ATTEMPTS {
                let entry = RequestEntry {
                    request_id: Some(RequestId(Uuid::from_u128(n))),
                    timestamp_ms: trial.timestamp_ms(),
                    reply_to: Some(REPLY_TO.to_owned()),
                    request: request.clone(),
                };
                if trial.environment.append(REQUEST_STREAM, entry.encode()).await.is_ok() {
                    return;
                }
                trial.environment.executor.sleep(Duration::from_millis(700)).await;
            }
        });
    }

    fn ask(&self, n: u128, user_id: UserId, query: Query) {
        let trial = self.clone();
        self.environment.executor.spawn(NETWORK, async move {
            let entry = QueryEntry {
                request_id: RequestId(Uuid::from_u128(n)),
                user_id,
                timestamp_ms: trial.timestamp_ms(),
                reply_to: REPLY_TO.to_owned(),
                query: query.clone(),
            };
            let heard_before = trial.environment.server().heard.len();
            let request_id = entry.request_id;
            let asked = Asked { request_id, user_id, query, heard_before };
            trial.asked.lock().expect("nothing panics with it").push(asked);
            let _ = trial.environment.append(QUERY_STREAM, entry.encode()).await;
        });
    }

    fn poison(&self) {
        let trial = self.clone();
        self.environment.executor.spawn(NETWORK, async move {
            let mut fields = Fields::default();
            fields.push("type", b"PLACE_ORDER".to_vec());
            fields.push("payload", trial.timestamp_ms().to_string().into_bytes());
            let _ = trial.environment.append(REQUEST_STREAM, fields).await;
        });
    }

    /// Returns a unique timestamp, so that no two entries are the same.
    fn timestamp_ms(&self) -> u64 {
        let mut entries = self.entries.lock().expect("nothing panics with it");
        *entries += 1;
        START_MS + *entries
    }

    pub fn inflict(&self, fault: Fault) {
        let environment = self.environment.clone();
        let executor = environment.executor.clone();
        let process =
            |engine: u32| self.processes.lock().expect("nothing panics with it").0[engine as usize];
        let now = executor.now();
        match fault {
            Fault::Kill(engine, away) => {
                let Some(process) = process(engine) else { return };
                self.processes.lock().expect("nothing panics with it").0[engine as usize] = None;
                executor.kill(process);
                let trial = self.clone();
                self.later(away, move || trial.start(engine));
            }
            Fault::Pause(engine, pause) => {
                let Some(process) = process(engine) else { return };
                executor.pause(process);
                self.later(pause, move || executor.resume(process));
            }
            Fault::Hang(engine, hang) => {
                let Some(process) = process(engine) else { return };
                executor.hang(process);
                self.later(hang, move || executor.unhang(process));
            }
            Fault::RedisRestart { down, lost } => {
                let mut server = environment.server();
                server.is_down = true;
                server.restart(now.saturating_sub(lost));
                drop(server);
                self.later(down, move || environment.server().is_down = false);
            }
            Fault::Failover(away) => {
                let lag = environment.replica_lag.unwrap_or_default();
                let mut server = environment.server();
                server.is_down = true;
                server.restart(now.saturating_sub(lag));
                drop(server);
                self.later(away, move || environment.server().is_down = false);
            }
            Fault::RedisStall(stall) => environment.server().stalled_until = now + stall,
            Fault::RedisFull(full) => {
                environment.server().refuses_writes = true;
                self.later(full, move || environment.server().refuses_writes = false);
            }
            Fault::DatabaseAway(away) => {
                environment.database().is_down = true;
                self.later(away, move || environment.database().is_down = false);
            }
            // One sound snapshot must be left: damaging two at once would be too much.
            Fault::DamageSnapshot | Fault::LoseSnapshot => {
                let rows = &mut environment.database().rows;
                if rows.len() < 2 || rows.iter().any(|row| row.is_damaged) {
                } else if matches!(fault, Fault::LoseSnapshot) {
                    rows.pop();
                } else if let Some(newest) = rows.last_mut() {
                    newest.is_damaged = true;
                }
            }
            Fault::ClockStep(step_ms) => {
                *environment.clock_offset_ms.lock().expect("nothing panics with it") += step_ms;
            }
        }
    }

    fn later(&self, after: Duration, then: impl FnOnce() + Send + 'static) {
        let executor = self.environment.executor.clone();
        self.environment.executor.spawn(NETWORK, async move {
            executor.sleep(after).await;
            then();
        });
    }
}
