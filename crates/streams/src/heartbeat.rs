//! The heartbeat of a process: a key in Redis, so that operators find all processes.

use crate::connection::Redis;
use messages::{SERVICE_KEYS, ServiceStatus, service_key};
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// The interval between renewals of the key.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(5);

/// The interval at which readiness is polled; a change is written at once.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// The expiry of the key: two renewals may fail, and a dead process disappears soon.
const EXPIRY: Duration = Duration::from_secs(15);

/// The facts about a process that are known at its start.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The name of the service, that of its binary.
    pub name: &'static str,
    /// The version of the service.
    pub version: &'static str,
    /// The address on which it serves metrics and health.
    pub metrics: SocketAddr,
}

/// Builds the [`About`] of the package that calls this macro.
#[macro_export]
macro_rules! process {
    ($metrics:expr) => {
        $crate::About {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            metrics: $metrics,
        }
    };
}

/// The process as it names itself to others. In containers all processes may have the same pid, and even
/// hosts may share a name.
static INSTANCE: LazyLock<String> =
    LazyLock::new(|| format!("{}-{}-{:x}", host(), std::process::id(), unix_ms() & 0xfff));

/// Returns the unique id of this process, by which its heartbeat names it.
pub fn instance() -> &'static str {
    &INSTANCE
}

/// Keeps the key `service:{name}:{instance}` written until `shutdown`, and then removes it.
///
/// `readiness` is called each time; it returns whether the service is ready, with a reason. While
/// Redis is unavailable nothing is written and nothing blocks: the task has its own connection. A
/// process that ends by its own decision cancels `shutdown` and waits for the task.
pub fn announce(
    redis: &Redis,
    about: About,
    readiness: impl Fn() -> (bool, Option<String>) + Send + 'static,
    shutdown: &CancellationToken,
) -> JoinHandle<()> {
    let (redis, shutdown) = (redis.dedicated(SERVICE_KEYS, "heartbeat"), shutdown.clone());
    tokio::spawn(async move {
        let mut status = begin(about);
        let key = service_key(&status.name, &status.instance);
        let mut written: Option<Instant> = None;
        let mut looks = tokio::time::interval(LOOK_INTERVAL);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while shutdown.run_until_cancelled(looks.tick()).await.is_some() {
            let (ready, reason) = readiness();
            let is_new = (ready, &reason) != (status.ready, &status.reason);
            if !is_new && written.is_some_and(|at| at.elapsed() < RENEWAL_INTERVAL) {
                continue;
            }
            (status.ready, status.reason, status.timestamp_ms) = (ready, reason, unix_ms());
            let json = serde_json::to_string(&status).expect("a status is plain JSON");
            // The connection logs the outage.
            let sent = redis.set_expiring(&key, &json, EXPIRY).await;
            written = sent.is_ok().then(Instant::now);
        }
        // If this fails, the key expires.
        let _ = redis.batch().remove(&key).send().await;
    })
}

fn begin(About { name, version, metrics }: About) -> ServiceStatus {
    let started_at_ms = unix_ms();
    ServiceStatus {
        name: name.to_owned(),
        instance: instance().to_owned(),
        version: version.to_owned(),
        started_at_ms,
        pid: std::process::id(),
        host: host(),
        metrics_address: metrics.to_string(),
        ready: false,
        reason: None,
        timestamp_ms: started_at_ms,
    }
}

fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn unix_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or_default()
}
