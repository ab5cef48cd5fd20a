use crate::desk::{Desk, eventually, within_patience};
use messages::ServiceStatus;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use streams::announce;
use tokio_util::sync::CancellationToken;

type Readiness = (bool, Option<String>);

impl Desk {
    async fn heard(&self) -> Option<ServiceStatus> {
        let keys = self.redis.keys("service:streams:*", Some("string")).await.ok()?;
        let text = self.redis.get(keys.first()?).await.ok()??;
        Some(serde_json::from_str(&text).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_is_heard_of_until_it_stops() {
    let mut desk = Desk::open();
    let (says, shutdown) = (Arc::new(Mutex::new((false, None))), CancellationToken::new());
    let readiness = Arc::clone(&says);
    let say = |readiness: Readiness| *says.lock().unwrap() = readiness;
    say((false, Some("starting".to_owned())));
    let address = "127.0.0.1:9".parse().unwrap();
    let readiness = move || readiness.lock().unwrap().clone();
    announce(&desk.redis, streams::process!(address), readiness, &shutdown);

    eventually(async || desk.heard().await.is_some()).await;
    let status = desk.heard().await.unwrap();
    assert_eq!((status.ready, status.reason.as_deref()), (false, Some("starting")));
    assert_eq!(status.version, env!("CARGO_PKG_VERSION"));
    assert_eq!(status.pid, std::process::id());
    assert_eq!(status.metrics_address, "127.0.0.1:9");
    let key = messages::service_key(&status.name, &status.instance);
    let left = desk.redis.expires_in(&key).await.unwrap().unwrap();
    assert!(left > Duration::from_secs(5) && left <= Duration::from_secs(15), "{left:?}");

    // A change is written before the next renewal, and the key returns after an outage.
    say((true, None));
    eventually(async || desk.heard().await.is_some_and(|status| status.ready)).await;
    desk.lose_the_data();
    eventually(async || desk.heard().await.is_some_and(|status| status.ready)).await;

    shutdown.cancel();
    within_patience(eventually(async || desk.heard().await.is_none())).await;
}
