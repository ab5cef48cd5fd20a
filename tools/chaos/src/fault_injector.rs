//! Injects the planned faults into the stack, and restarts what has ended.

use crate::faults::{Fault, FaultKind, Target};
use crate::slow_clients::{Crowd, drain, full_pipe};
use anyhow::{Context as _, Result};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::PipeReader;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use testkit::stack::{Service, Stack};
use tokio::task::block_in_place;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// The time that the whole stack may take to become ready on a busy machine.
const START_PATIENCE: Duration = Duration::from_mins(5);

/// The polling interval.
const POLL: Duration = Duration::from_millis(100);

/// The stack and the faults in effect.
pub struct FaultInjector {
    /// The stack under test.
    pub stack: Stack,
    /// The number of faults injected, by target and kind.
    pub counts: BTreeMap<(Target, FaultKind), usize>,
    /// The services that ended without being killed.
    pub ended: Vec<String>,
    folder: PathBuf,
    crowds: BTreeMap<Target, Crowd>,
    unread: BTreeMap<Target, PipeReader>,
}

impl FaultInjector {
    /// Starts all services, with logs in files in the folder.
    ///
    /// # Errors
    /// When a log can't be written, or a service does not come up.
    pub async fn start(stack: Stack, folder: &Path) -> Result<Self> {
        let mut fault_injector = Self {
            stack,
            counts: BTreeMap::new(),
            ended: Vec::new(),
            folder: folder.to_owned(),
            crowds: BTreeMap::new(),
            unread: BTreeMap::new(),
        };
        fault_injector.bring_everything_up().await?;
        Ok(fault_injector)
    }

    /// Injects the faults of a plan at their times.
    ///
    /// # Errors
    /// When a server or a service can't be started again.
    pub async fn carry_out(&mut self, plan: &[Fault]) -> Result<()> {
        let beginning = Instant::now();
        let mut steps: Vec<(u64, bool, Fault)> = Vec::new();
        for fault in plan {
            steps.push((fault.begins_ms, false, *fault));
            steps.push((fault.ends_ms, true, *fault));
        }
        steps.sort_by_key(|(at_ms, ends, _)| (*at_ms, *ends));
        for (at_ms, ends, Fault { target, kind, .. }) in steps {
            sleep_until(beginning + Duration::from_millis(at_ms)).await;
            self.revive()?;
            if ends {
                self.end(target, kind)?;
            } else {
                *self.counts.entry((target, kind)).or_default() += 1;
                self.begin(target, kind).await?;
            }
        }
        Ok(())
    }

    async fn begin(&mut self, target: Target, kind: FaultKind) -> Result<()> {
        match (target, kind) {
            (Target::Redis, FaultKind::Kill) => block_in_place(|| self.stack.redis.kill_hard())?,
            (Target::Redis, _) => self.stack.redis.pause(),
            (Target::Postgres, FaultKind::Kill) => {
                block_in_place(|| self.stack.postgres.kill_hard())?;
            }
            (Target::Postgres, _) => self.stack.postgres.pause(),
            (Target::Service(service), FaultKind::Kill) => self.kill(service),
            (Target::Service(service), FaultKind::Pause | FaultKind::Hang) => {
                if self.stack.has(service) {
                    self.stack.pause(service);
                }
            }
            (Target::Service(service), FaultKind::FullOutput) => {
                self.kill(service);
                let (reader, writer) = full_pipe().context("no pipe")?;
                self.unread.insert(target, reader);
                // At this level every service writes something at once.
                self.stack.set("RUST_LOG", "debug");
                self.stack.spawn_writing_to(service, writer.into(), self.log(service)?.into());
                self.stack.set("RUST_LOG", "info");
            }
            (Target::Service(service), FaultKind::SlowClients) => {
                let crowd = match service {
                    Service::Realtime => Crowd::of_listeners(address(&self.stack.ws_url())?).await,
                    _ => Crowd::of_callers(address(&self.stack.api_url())?).await,
                };
                self.crowds.insert(target, crowd);
            }
        }
        Ok(())
    }

    fn end(&mut self, target: Target, kind: FaultKind) -> Result<()> {
        match (target, kind) {
            (Target::Redis, FaultKind::Kill) => block_in_place(|| self.stack.redis.start())?,
            (Target::Redis, _) => self.stack.redis.resume(),
            (Target::Postgres, FaultKind::Kill) => block_in_place(|| self.stack.postgres.start())?,
            (Target::Postgres, _) => self.stack.postgres.resume(),
            (Target::Service(service), FaultKind::Kill) => self.spawn(service)?,
            (Target::Service(service), FaultKind::Pause) => {
                if self.stack.has(service) {
                    self.stack.resume(service);
                }
            }
            (Target::Service(service), FaultKind::Hang) => {
                self.kill(service);
                self.spawn(service)?;
            }
            (Target::Service(_), FaultKind::FullOutput) => {
                if let Some(reader) = self.unread.remove(&target) {
                    drain(reader);
                }
            }
            (Target::Service(_), FaultKind::SlowClients) => _ = self.crowds.remove(&target),
        }
        Ok(())
    }

    /// Waits until every service is ready.
    ///
    /// # Errors
    /// When a service is not ready within [`START_PATIENCE`], with the reason that it gives.
    pub async fn bring_everything_up(&mut self) -> Result<()> {
        let started = Instant::now();
        for service in Service::ALL {
            loop {
                if !self.stack.has(service) {
                    self.spawn(service)?;
                }
                let late = |_| Err("no answer".to_owned());
                let readiness = timeout(Duration::from_secs(2), self.stack.readiness(service));
                let Err(reason) = readiness.await.unwrap_or_else(late) else { break };
                if started.elapsed() > START_PATIENCE {
                    anyhow::bail!("{} is not ready: {reason}", service.binary());
                }
                sleep(POLL).await;
                self.revive()?;
            }
        }
        Ok(())
    }

    /// Restarts services that have ended by themselves, as a supervisor would.
    fn revive(&mut self) -> Result<()> {
        for service in Service::ALL {
            if let Some(status) = self.stack.take_ended(service) {
                self.ended.push(format!("{}, {status}", service.binary()));
                self.spawn(service)?;
            }
        }
        Ok(())
    }

    fn kill(&mut self, service: Service) {
        if self.stack.has(service) {
            self.stack.kill(service);
        }
    }

    fn spawn(&mut self, service: Service) -> Result<()> {
        if !self.stack.has(service) {
            let (stdout, stderr) = (self.log(service)?, self.log(service)?);
            self.stack.spawn_writing_to(service, Stdio::from(stdout), Stdio::from(stderr));
        }
        Ok(())
    }

    fn log(&self, service: Service) -> Result<File> {
        let path = self.folder.join(format!("{}.log", service.binary()));
        let file = File::options().create(true).append(true).open(&path);
        file.with_context(|| format!("{} can't be written", path.display()))
    }
}

fn address(url: &str) -> Result<SocketAddr> {
    let (_, address) = url.split_once("://").context("a URL has a scheme")?;
    address.parse().with_context(|| format!("{address} is no address"))
}
