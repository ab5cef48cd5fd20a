//! A week of trading at speed: prices, fundings and requests of twenty instruments go through
//! engines that are killed, paused and replaced, and through copies that are restored from snapshots.
//! All of them end in the state of an undisturbed run.

mod audit;
mod copies;
mod history;
mod market;
mod report;
mod statement;

pub use report::Report;

use crate::plan::{Fault, Plan};
use crate::sabotage::Sabotage;
use crate::server::{File, Write};
use crate::trial::Trial;
use crate::verdict::Failure;
use audit::Audit;
use exchange::DEFAULT_RULES;
use history::{History, Sent};
use messages::{MARKETS, REQUEST_STREAM, RESPONSE_STREAM, RequestId, Rules};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The list of instruments.
const LIST: &str = include_str!("../../../markets.binance.toml");

/// The most steps that are sent at once.
const STEPS_AT_ONCE: u64 = 60;

/// One fault in this many times that steps are sent, and in this many of those with fundings.
const FAULTS: (u64, u64) = (25, 3);

/// The time between two changes of the list of instruments.
const CHANGES_INTERVAL: Duration = Duration::from_hours(2);

/// The time within which a fault begins after entries are sent.
const FAULT_DELAY_US: u64 = 15_000;

/// The longest fault (ms), and the shortest that costs an engine its lease.
const FAULT_MS: (u64, u64) = (700, 2_500);

/// The time that the engines get after each step (ms), for snapshots.
const PAUSE_MS: u64 = 60;

/// The longest time for the outputs of what was sent.
const PATIENCE: Duration = Duration::from_mins(1);

/// The interval at which outputs are awaited.
const POLL: Duration = Duration::from_micros(200);

/// A week, or a part of one.
#[derive(Clone, Debug)]
pub struct Week {
    /// The seed of everything that is drawn.
    pub seed: u64,
    /// The time that is simulated.
    pub span: Duration,
    /// The time between two quotes, and between two mark prices, of an instrument.
    pub step: Duration,
    /// The requests of traders and operators in this time.
    pub requests_a_step: u32,
    /// What is broken, to prove that the checks notice.
    pub sabotage: Option<Sabotage>,
}

struct Director {
    trial: Trial,
    history: History,
    audit: Audit,
    span: Duration,
}

impl Week {
    /// Runs the week and returns its figures.
    ///
    /// # Errors
    /// When any check fails.
    ///
    /// # Panics
    /// Never: the list of instruments is a part of the program.
    pub fn run(&self) -> Result<Report, Failure> {
        let listed = markets::parse(LIST).expect("the list that ships is valid");
        let trial = self.trial();
        trial.wanted.send_replace(listed.clone());
        let mut director = Director {
            history: History::new(self, listed),
            audit: Audit::new(self.seed),
            span: self.span,
            trial: trial.clone(),
        };
        let result = Arc::new(Mutex::new(Err(Failure::Unanswered)));
        let (ended, is_over) = (Arc::clone(&result), Arc::clone(&trial.is_over));
        trial.carry_out(async move {
            let outcome = director.direct().await;
            *ended.lock().expect("nothing panics with it") =
                outcome.map(|()| director.audit.report);
            is_over.store(true, Ordering::Relaxed);
        })?;
        let result = result.lock().expect("nothing panics with it");
        result.clone()
    }

    fn trial(&self) -> Trial {
        let plan = Plan {
            seed: self.seed,
            engines: 2,
            snapshot_interval: Duration::from_millis(500),
            snapshots_kept: 3,
            write_len: 20,
            replica_lag: None,
            unrest: 2_000,
            steps: Vec::new(),
        };
        let mut trial = Trial::new(&plan, self.sabotage);
        // A price is as old as a step before the next one comes.
        let stale_ms = 10_000 + u64::try_from(self.step.as_millis()).expect("a step is short");
        trial.settings.rules = Rules {
            closed_retention_max: 3_000,
            stale_price_ms: stale_ms,
            stale_mark_ms: Some(stale_ms),
            ..DEFAULT_RULES
        };
        trial.settings.snapshot_delay = Duration::from_millis(200);
        trial.environment.read_len = 1_000;
        trial.environment.server().file = File::Absent;
        trial
    }
}

impl Director {
    async fn direct(&mut self) -> Result<(), Failure> {
        (0..2).for_each(|engine| self.trial.start(engine));
        self.set_clock();
        while !self.trial.environment.server().keys.contains_key(MARKETS) {
            self.sleep(POLL).await;
        }
        let begin = self.history.begin();
        self.go_through(begin, None).await?;
        let (mut next_change, mut next_check) = (CHANGES_INTERVAL, Duration::ZERO);
        while self.history.now < self.span {
            self.set_clock();
            let (mut sent, mut has_fundings) = (Vec::new(), false);
            for _ in 0..=self.draw(STEPS_AT_ONCE) {
                has_fundings |= self.history.step(&mut sent);
            }
            if self.history.now >= next_change {
                next_change += CHANGES_INTERVAL;
                self.trial.wanted.send_replace(self.history.change_list());
            }
            let one_in = if has_fundings { FAULTS.1 } else { FAULTS.0 };
            let fault = (self.draw(one_in) == 0).then_some(has_fundings);
            self.go_through(sent, fault).await?;
            if self.history.now >= next_check {
                next_check += Duration::from_hours(24);
                self.audit.check()?;
            }
            self.sleep(Duration::from_millis(self.draw(PAUSE_MS))).await;
        }
        self.end().await
    }

    /// Lets all faults end; then each of the engines, one after the other, takes a snapshot of the
    /// last state.
    async fn end(&mut self) -> Result<(), Failure> {
        self.trial.environment.set_unrest(0);
        self.sleep(Duration::from_secs(9)).await;
        for _ in 0..2 {
            self.go_through(Vec::new(), None).await?;
            self.wait_for_snapshot().await?;
            // The leader trims the stream after that.
            self.sleep(Duration::from_secs(1)).await;
            let (server, database) =
                (self.trial.environment.server(), self.trial.environment.database());
            self.audit.check_end(&server, &database.rows)?;
            drop((server, database));
            let leader = self.trial.leader().ok_or(Failure::Unanswered)?;
            self.trial.inflict(Fault::Kill(leader, Duration::from_hours(1)));
        }
        let report = &mut self.audit.report;
        report.started = self.trial.started().into();
        let epoch = self.trial.environment.server().epoch().map(ToOwned::to_owned);
        let number = epoch.and_then(|epoch| epoch.split(' ').next()?.parse().ok());
        report.leads = number.unwrap_or_default();
        Ok(())
    }

    async fn wait_for_snapshot(&self) -> Result<(), Failure> {
        let environment = &self.trial.environment;
        let deadline = environment.executor.now() + PATIENCE;
        loop {
            let last_id = environment.server().last_id(REQUEST_STREAM);
            if environment.database().rows.last().is_some_and(|row| row.last_id == last_id) {
                return Ok(());
            }
            if environment.executor.now() > deadline {
                return Err(Failure::Unanswered);
            }
            self.sleep(Duration::from_millis(10)).await;
        }
    }

    /// Sends entries, waits for their outputs, and compares them. A fault may begin meanwhile.
    async fn go_through(&mut self, sent: Vec<Sent>, fault: Option<bool>) -> Result<(), Failure> {
        let (last, last_request) = self.history.last_asked();
        self.send(sent.into_iter().chain([last]));
        self.audit.read(&self.trial.environment.server())?;
        if let Some(within) = fault {
            self.disturb(within).await;
        }
        self.wait_for_outputs(last_request).await?;
        let mut server = self.trial.environment.server();
        self.audit.compare(&mut server)?;
        self.audit.check_snapshot(&server, &self.trial.environment.database().rows)
    }

    /// Appends entries at their times, above whatever the engines have appended.
    fn send(&self, sent: impl Iterator<Item = Sent>) {
        let environment = &self.trial.environment;
        let (mut server, now) = (environment.server(), environment.executor.now());
        for (at_ms, fields) in sent {
            let append = Write::Append { stream: REQUEST_STREAM.to_owned(), id: None, fields };
            server.transact(vec![append], now, at_ms);
        }
        drop(server);
        environment.changed.notify_waiters();
    }

    async fn wait_for_outputs(&self, last_request: RequestId) -> Result<(), Failure> {
        let environment = &self.trial.environment;
        let (deadline, id) = (environment.executor.now() + PATIENCE, last_request.to_string());
        while !self.is_done(&id) {
            if environment.executor.now() > deadline {
                return Err(Failure::Unanswered);
            }
            self.sleep(POLL).await;
        }
        Ok(())
    }

    /// Reports whether all expected outputs are written, and the last request is answered: the reply
    /// may come before the last outputs, or after them.
    fn is_done(&self, last_request: &str) -> bool {
        let server = self.trial.environment.server();
        server.last_id(RESPONSE_STREAM) >= self.audit.last_output()
            && server.heard.iter().rev().any(|heard| heard.message.contains(last_request))
    }

    /// Waits a moment, or until the outputs of an entry are written in part, and begins a fault.
    async fn disturb(&mut self, within: bool) {
        let environment = self.trial.environment.clone();
        let last_id = || environment.server().last_id(RESPONSE_STREAM);
        if within {
            let deadline = environment.executor.now() + PATIENCE;
            while !self.audit.is_within(last_id())
                && last_id() < self.audit.last_output()
                && environment.executor.now() < deadline
            {
                self.sleep(POLL / 4).await;
            }
        } else {
            self.sleep(Duration::from_micros(self.draw(FAULT_DELAY_US))).await;
        }
        self.audit.report.faults_within += u64::from(self.audit.is_within(last_id()));
        let leader = self.trial.leader().unwrap_or(0);
        let (least, most) = FAULT_MS;
        let time = Duration::from_millis(least + self.draw(most - least));
        let soon = Duration::from_millis(self.draw(most));
        let (name, faults) = match self.draw(12) {
            0..4 => ("leader killed", vec![Fault::Kill(leader, soon)]),
            4 => ("both killed", vec![Fault::Kill(0, soon), Fault::Kill(1, time)]),
            5 | 6 => ("leader paused", vec![Fault::Pause(leader, time)]),
            7 => ("leader hangs", vec![Fault::Hang(leader, time)]),
            8 => ("standby killed", vec![Fault::Kill(1 - leader, soon)]),
            9 => ("PostgreSQL away", vec![Fault::DatabaseAway(time)]),
            10 => ("Redis stalls", vec![Fault::RedisStall(soon)]),
            _ => {
                let kill = Fault::Kill(leader, soon);
                ("snapshot damaged", vec![Fault::DamageSnapshot, kill])
            }
        };
        for fault in faults {
            self.trial.inflict(fault);
        }
        *self.audit.report.faults.entry(name).or_default() += 1;
    }

    /// Sets the engines' clock to the time of the history, before it goes on: what has just been sent
    /// is from the future, so its replies are not too old. Their own time passes much more slowly.
    fn set_clock(&self) {
        let environment = &self.trial.environment;
        *environment.clock_offset_ms.lock().expect("nothing panics with it") = 0;
        let behind_ms = self.history.now_ms().saturating_sub(environment.now_ms());
        let behind_ms = i64::try_from(behind_ms).expect("a week fits");
        *environment.clock_offset_ms.lock().expect("nothing panics with it") = behind_ms;
    }

    fn draw(&self, end: u64) -> u64 {
        self.trial.environment.executor.draw(end)
    }

    async fn sleep(&self, time: Duration) {
        self.trial.environment.executor.sleep(time).await;
    }
}
