//! `/readyz` reports everything that is missing.

use devstack::servers::RedisServer;
use testkit::stack::{Service, Stack, eventually};

async fn says(stack: &Stack, service: Service, what: &[&str]) {
    let name = format!("{service:?} says {what:?}");
    eventually(&name, async || {
        let text = stack.tell(service, "/readyz").await;
        what.iter().all(|what| text.contains(what))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_service_says_what_it_waits_for_and_all_of_it() {
    let redis = RedisServer::private_durable().unwrap();
    let mut stack = Stack::on(redis, &[("PRICE_FEED", "sim")]).await;
    for service in Service::ALL {
        stack.start(service).await;
    }
    // Nothing is missing.
    for service in Service::ALL {
        eventually(&format!("{service:?} is content"), async || {
            let text = stack.tell(service, "/readyz").await;
            text.starts_with("ready") && text.lines().count() == 1
        })
        .await;
    }

    // No engine and no prices: users can still sign in, and the gateway says what is missing.
    assert!(stack.stop(Service::PricePoller));
    assert!(stack.stop(Service::Engine));
    says(&stack, Service::HttpGateway, &["ready\n", "engine: stopped on request", "feed: "]).await;
    says(&stack, Service::Realtime, &["ready\n", "feed: the price feed is not running"]).await;

    // No database: services that store can't work, and those that don't need it say so.
    stack.postgres.kill_hard().unwrap();
    for worker in [Service::DbWorker, Service::BatchUploader] {
        says(&stack, worker, &["PostgreSQL: "]).await;
        assert!(stack.readiness(worker).await.is_err(), "{worker:?}");
    }
    says(&stack, Service::HttpGateway, &["ready\n", "engine: ", "PostgreSQL: "]).await;
    stack.spawn(Service::Engine);
    says(&stack, Service::Engine, &["waiting for snapshots: PostgreSQL: "]).await;

    // No Redis either: no service is ready, and the workers wait for both.
    stack.redis.stop().unwrap();
    for service in Service::ALL.into_iter().filter(|service| stack.has(*service)) {
        says(&stack, service, &["Redis"]).await;
        assert!(stack.readiness(service).await.is_err(), "{service:?}");
    }
    for service in [Service::DbWorker, Service::BatchUploader, Service::Engine] {
        says(&stack, service, &["Redis", "PostgreSQL: "]).await;
    }

    stack.redis.start().unwrap();
    stack.postgres.restart().unwrap();
    stack.spawn(Service::PricePoller);
    for service in Service::ALL {
        eventually(&format!("{service:?} is content again"), async || {
            let text = stack.tell(service, "/readyz").await;
            text.starts_with("ready") && text.lines().count() == 1
        })
        .await;
    }
}
