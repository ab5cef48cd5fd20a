//! The engine's environment in memory, in which every operation may fail.

use crate::database::{Database, Row, encode};
use crate::executor::{Executor, Process};
use crate::sabotage::Sabotage;
use crate::server::{Server, Write, misconf};
use engine::world::{Clock, Newest, Remembered, SnapshotStore, StoreError, Stored, World};
use exchange::snapshot::FrozenExchange;
use messages::Fields;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use streams::Error;
use tokio::sync::{Notify, oneshot};
use uuid::Uuid;

/// The Unix time at the start (ms).
pub const START_MS: u64 = 1_700_000_000_000;

/// The process of messages in transit: they arrive even after their sender has died.
pub const NETWORK: Process = Process(0);

/// The longest time for a command, as in `streams`.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(3);

/// Everything outside the engines. Clones share it.
#[derive(Clone)]
pub struct Environment {
    pub executor: Executor,
    pub server: Arc<Mutex<Server>>,
    pub database: Arc<Mutex<Database>>,
    /// Notified after every write.
    pub changed: Arc<Notify>,
    /// The error of the wall clock, in ms.
    pub clock_offset_ms: Arc<Mutex<i64>>,
    /// One in this many operations fails randomly; zero means none.
    pub unrest: Arc<Mutex<u64>>,
    /// The lag of the replica for which answers wait, if there is one.
    pub replica_lag: Option<Duration>,
    /// The most entries that a read returns.
    pub read_len: u64,
    pub sabotage: Option<Sabotage>,
}

/// The environment as one process sees it.
#[derive(Clone)]
pub struct SimulatedWorld {
    pub environment: Environment,
    /// The name of this process as a holder of the lease.
    pub holder: String,
    process: Process,
}

impl Environment {
    pub fn server(&self) -> MutexGuard<'_, Server> {
        self.server.lock().expect("nothing panics with it")
    }

    pub fn database(&self) -> MutexGuard<'_, Database> {
        self.database.lock().expect("nothing panics with it")
    }

    pub fn now_ms(&self) -> u64 {
        let offset = *self.clock_offset_ms.lock().expect("nothing panics with it");
        let now = START_MS + u64::try_from(self.executor.now().as_millis()).unwrap_or(u64::MAX);
        now.saturating_add_signed(offset)
    }

    /// Sets the rate of random failures, also for operations in progress.
    pub fn set_unrest(&self, one_in: u64) {
        *self.unrest.lock().expect("nothing panics with it") = one_in;
    }

    /// Draws whether an operation fails randomly.
    pub fn mishap(&self) -> bool {
        let one_in = *self.unrest.lock().expect("nothing panics with it");
        self.executor.once_in(one_in)
    }

    /// Draws the latency of a message: mostly short, occasionally long.
    pub fn way(&self) -> Duration {
        let long = if self.mishap() { self.executor.draw(400_000) } else { 0 };
        Duration::from_micros(self.executor.draw(300) + long)
    }

    /// Sends a command and waits for the reply. Either may be lost; the command may arrive after
    /// its sender has given up.
    pub async fn call<R: Send + 'static>(
        &self,
        connection: Option<u64>,
        command: impl FnOnce(&mut Server, &Self) -> Result<R, Error> + Send + 'static,
    ) -> Result<R, Error> {
        let (answer, answered) = oneshot::channel();
        let environment = self.clone();
        self.executor.spawn(NETWORK, async move {
            environment.executor.sleep(environment.way()).await;
            if environment.mishap() {
                return;
            }
            let stalled =
                environment.server().stalled_until.saturating_sub(environment.executor.now());
            environment.executor.sleep(stalled).await;
            let outcome = environment.carry_out(connection, command);
            environment.executor.sleep(environment.way()).await;
            if !environment.mishap() {
                let _ = answer.send(outcome);
            }
        });
        tokio::select! {
            biased;
            answer = answered => answer.unwrap_or_else(|_| Err(Error::unanswered())),
            () = self.executor.sleep(RESPONSE_TIMEOUT) => Err(Error::unanswered()),
        }
    }

    fn carry_out<R>(
        &self,
        connection: Option<u64>,
        command: impl FnOnce(&mut Server, &Self) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let mut server = self.server();
        if server.is_down || connection.is_some_and(|start| start != server.start) {
            return Err(Error::not_sent("the connection is broken"));
        }
        command(&mut server, self)
    }

    /// Executes one transaction, unless the server's disk is full.
    pub fn write(&self, server: &mut Server, writes: Vec<Write>) -> Result<u32, Error> {
        if server.refuses_writes {
            return Err(misconf());
        }
        let already_there = server.transact(writes, self.executor.now(), self.now_ms());
        self.changed.notify_waiters();
        Ok(already_there)
    }

    /// Appends under the server's next id, as gateways and pollers do.
    pub async fn append(&self, stream: &str, fields: Fields) -> Result<(), Error> {
        let stream = stream.to_owned();
        let writes = vec![Write::Append { stream, id: None, fields }];
        self.call(None, move |server, environment| environment.write(server, writes).map(drop))
            .await
    }
}

impl SimulatedWorld {
    pub fn new(environment: &Environment, process: Process) -> Self {
        Self { environment: environment.clone(), holder: Self::name(process), process }
    }

    /// The name of a process as a holder of the lease.
    pub fn name(process: Process) -> String {
        format!("engine-{}", process.0)
    }
}

impl World for SimulatedWorld {
    type Log = Self;
    type Store = Self;
    type Clock = Self;

    fn log(&self) -> &Self {
        self
    }

    fn store(&self) -> &Self {
        self
    }

    fn clock(&self) -> &Self {
        self
    }
}

impl Clock for SimulatedWorld {
    fn now_ms(&self) -> u64 {
        self.environment.now_ms()
    }

    fn elapsed(&self) -> Duration {
        self.environment.executor.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.environment.executor.sleep(duration).await;
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.environment.executor.spawn(self.process, task);
    }

    fn unique_id(&self) -> Uuid {
        Uuid::from_u64_pair(self.environment.executor.draw(u64::MAX), self.process.0.into())
    }
}

impl SnapshotStore for SimulatedWorld {
    type Encoded = Row;

    async fn encode(&self, frozen: FrozenExchange) -> Result<Row, StoreError> {
        let row = encode(&frozen);
        self.environment.executor.sleep(self.environment.way()).await;
        Ok(row)
    }

    async fn store(&self, row: &Row, epoch: u64, kept: u32) -> Result<Stored, StoreError> {
        let row = row.clone();
        self.query(move |database| database.store(row, epoch, kept)).await
    }

    async fn newest(&self) -> Result<Newest, StoreError> {
        self.query(|database| database.newest()).await
    }

    async fn remembered(&self, _first: Option<u64>) -> Result<Remembered, StoreError> {
        // The simulation has no accounts.
        self.query(|_| Ok(Remembered::default())).await
    }
}

impl SimulatedWorld {
    async fn query<R>(
        &self,
        statement: impl FnOnce(&mut Database) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        let away = || StoreError::Away("no connection".to_owned());
        self.environment.executor.sleep(self.environment.way()).await;
        if self.environment.database().is_down || self.environment.mishap() {
            return Err(away());
        }
        let answer = statement(&mut self.environment.database());
        self.environment.executor.sleep(self.environment.way()).await;
        // A mishap here means committed, with the reply lost.
        if self.environment.mishap() { Err(away()) } else { answer }
    }
}
