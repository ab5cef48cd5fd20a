//! A shared connection: connecting, backing off, and noticing that it broke.

use crate::backoff::Backoff;
use crate::connection::RESPONSE_TIMEOUT;
use crate::error::{Error, reply};
use crate::metering;
use crate::server;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, PushInfo, PushKind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// The longest time for one attempt to connect: a running server answers in milliseconds.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// The delays between attempts to connect.
const RECONNECT: Backoff =
    Backoff { first: Duration::from_millis(50), limit: Duration::from_millis(500) };
/// The age below which a broken connection counts as a failed attempt, so that a server that
/// accepts and drops connections is not flooded.
const STABLE_AFTER: Duration = Duration::from_secs(1);

/// A handler of push messages. It must not block: the connection waits for it.
pub(crate) type Receive = dyn Fn(PushInfo) + Send + Sync;

/// The use of a connection's push messages.
#[derive(Clone)]
pub(crate) struct Pushes {
    /// The handler, which also gets the notice that the connection broke
    /// ([`PushKind::Disconnection`]).
    pub(crate) receive: Arc<Receive>,
    /// Whether the server reports changes of the keys that are read on the connection.
    pub(crate) tracks: bool,
}

/// A connection to one server, made again when it breaks.
pub(crate) struct Link {
    client: Client,
    purpose: &'static str,
    /// The runtime that serves the connection; its first user may run on another one.
    home: Option<Handle>,
    pushes: Option<Pushes>,
    /// The number of connections made, by this and by related links.
    numbers: Arc<AtomicU64>,
    state: Mutex<State>,
    /// Held by the caller that connects.
    connecting: tokio::sync::Mutex<()>,
    failed_attempts: AtomicU64,
}

#[derive(Default)]
struct State {
    live: Option<Live>,
    failures_in_a_row: u32,
    not_before: Option<Instant>,
    last_error: Option<Error>,
    /// An outage was logged, and its end was not yet.
    is_down: bool,
    has_connected: bool,
}

#[derive(Clone)]
pub(crate) struct Live {
    pub(crate) number: u64,
    pub(crate) wire: MultiplexedConnection,
    since: Instant,
}

impl Link {
    pub(crate) fn new(
        client: Client,
        purpose: &'static str,
        home: Option<Handle>,
        pushes: Option<Pushes>,
        numbers: Arc<AtomicU64>,
    ) -> Self {
        Self {
            client,
            purpose,
            home,
            pushes,
            numbers,
            state: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
            failed_attempts: AtomicU64::new(0),
        }
    }

    pub(crate) fn disconnect(&self) {
        self.state().live = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds this lock")
    }

    pub(crate) fn live(&self) -> Option<Live> {
        self.state().live.clone()
    }

    /// Makes one attempt to connect, on behalf of all concurrent callers.
    pub(crate) async fn connect_once(self: &Arc<Self>, patience: Duration) -> Result<Live, Error> {
        let failed_before = self.failed_attempts.load(Ordering::Acquire);
        let _connecting = self.connecting.lock().await;
        if let Some(live) = self.live() {
            return Ok(live);
        }
        let (not_before, last_error) = {
            let state = self.state();
            (state.not_before, state.last_error.clone())
        };
        if let (true, Some(error)) =
            (self.failed_attempts.load(Ordering::Acquire) > failed_before, &last_error)
        {
            return Err(error.clone());
        }
        if let Some(not_before) = not_before {
            let wait = not_before.saturating_duration_since(Instant::now());
            if let (true, Some(error)) = (wait > patience, last_error) {
                sleep(patience).await;
                return Err(error);
            }
            sleep_until(not_before).await;
        }
        self.connect().await
    }

    async fn connect(self: &Arc<Self>) -> Result<Live, Error> {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed) + 1;
        let link: Weak<Self> = Arc::downgrade(self);
        let tracks = self.pushes.as_ref().is_some_and(|pushes| pushes.tracks);
        let opened = open(self.client.clone(), tracks, move |push| {
            let Some(link) = link.upgrade() else { return Err(()) };
            if push.kind == PushKind::Disconnection {
                link.lost(number, &Error::not_sent("the server closed the connection"));
            }
            if let Some(pushes) = &link.pushes {
                (pushes.receive)(push);
            }
            Ok(())
        });
        let opened = match &self.home {
            Some(home) => home.spawn(opened).await.unwrap_or_else(|_| {
                Err(Error::not_sent("the runtime that serves this connection has stopped"))
            }),
            None => opened.await,
        };
        match opened {
            Ok(wire) => Ok(self.established(number, wire)),
            Err(error) => {
                self.failed(&error);
                Err(error)
            }
        }
    }

    fn established(&self, number: u64, wire: MultiplexedConnection) -> Live {
        let live = Live { number, wire, since: Instant::now() };
        let mut state = self.state();
        if state.has_connected {
            metering::reconnected(self.purpose);
        }
        state.has_connected = true;
        state.live = Some(live.clone());
        state.not_before = None;
        if std::mem::take(&mut state.is_down) {
            tracing::info!(
                redis.address = %self.client.get_connection_info().addr(),
                redis.connection = self.purpose,
                "Redis is available again"
            );
        }
        live
    }

    fn failed(&self, error: &Error) {
        metering::failed(self.purpose, error);
        let mut state = self.state();
        self.back_off(&mut state, error);
        self.failed_attempts.fetch_add(1, Ordering::Release);
    }

    /// Drops a broken connection; the first caller to notice logs the outage.
    pub(crate) fn lost(&self, number: u64, error: &Error) {
        let mut state = self.state();
        let Some(live) = state.live.take_if(|live| live.number == number) else { return };
        if live.since.elapsed() < STABLE_AFTER {
            self.back_off(&mut state, error);
        } else {
            state.failures_in_a_row = 0;
            self.log_outage(&mut state, error);
        }
    }

    fn back_off(&self, state: &mut State, error: &Error) {
        state.failures_in_a_row = state.failures_in_a_row.saturating_add(1);
        state.not_before = Some(Instant::now() + RECONNECT.delay(state.failures_in_a_row));
        state.last_error = Some(error.clone());
        self.log_outage(state, error);
    }

    fn log_outage(&self, state: &mut State, error: &Error) {
        if !std::mem::replace(&mut state.is_down, true) {
            tracing::warn!(
                redis.address = %self.client.get_connection_info().addr(),
                redis.connection = self.purpose,
                error = %error,
                "Redis is unavailable; reconnecting"
            );
        }
    }
}

/// Connects and checks that the server has loaded its data and is recent enough.
async fn open(
    client: Client,
    tracks: bool,
    receive: impl Fn(PushInfo) -> Result<(), ()> + Send + Sync + 'static,
) -> Result<MultiplexedConnection, Error> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(None)
        .set_response_timeout(Some(RESPONSE_TIMEOUT))
        .set_push_sender(receive);
    let attempt = async {
        let connected = client.get_multiplexed_async_connection_with_config(&config);
        let mut wire = connected.await.map_err(|error| Error::connecting(&error))?;
        let pong = wire.send_packed_command(&redis::cmd("PING")).await;
        reply(pong.map_err(|error| Error::connecting(&error))?)?;
        let words = wire.send_packed_command(&server::info("server")).await;
        server::check(words.map_err(|error| Error::connecting(&error)).and_then(reply))?;
        if tracks {
            let mut command = redis::cmd("CLIENT");
            let on = wire.send_packed_command(command.arg("TRACKING").arg("ON")).await;
            reply(on.map_err(|error| Error::connecting(&error))?)?;
        }
        Ok(wire)
    };
    let late = |_| Err(Error::not_sent(format!("no connection within {CONNECT_TIMEOUT:?}")));
    timeout(CONNECT_TIMEOUT, attempt).await.unwrap_or_else(late)
}
