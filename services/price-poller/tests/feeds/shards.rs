//! Tests with several shards on a Redis Cluster.

use clap::Parser as _;
use devstack::servers::RedisServers;
use messages::{MARKETS, REQUEST_STREAM, Shard};
use price_poller::config::Config;
use service::Health;
use std::time::Duration;
use streams::{Address, Redis};
use testkit::stack::eventually;
use testkit::symbols::publish_shipped;
use tokio_util::sync::CancellationToken;

async fn length(redis: &Redis, shard: Shard) -> u64 {
    let info = redis.stream_info(&shard.key(REQUEST_STREAM)).await.unwrap();
    info.map_or(0, |info| info.length)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_holds_up_no_prices_of_other_shards() {
    let cluster = RedisServers::cluster(3, 0).unwrap();
    let url = cluster.url();
    let address =
        Address { url: &url, ca_file: None, is_cluster: true, shards: 4, replication: None };
    let redis = Redis::open(address).unwrap();
    publish_shipped(&redis).await;
    let settings = ["price-poller", "--price-feed", "sim", "--history", "false"];
    let (config, shutdown) = (Config::parse_from(settings), CancellationToken::new());
    let (health, stop) = (Health::new(), shutdown.clone());
    let poller = price_poller::run(config, redis.clone(), health.clone(), stop);
    let poller = tokio::spawn(Box::pin(poller));
    let shards: Vec<Shard> = redis.shards().all().collect();
    for shard in &shards {
        eventually("each shard gets prices", async || length(&redis, *shard).await > 5).await;
    }

    // One that has a shard, and not the list of instruments of another.
    let owner = |key: &str| cluster.owner_of(key).unwrap();
    let hung = owner(&shards[0].key(MARKETS));
    let other = shards.iter().find(|shard| owner(&shard.key(REQUEST_STREAM)) != hung).unwrap();
    let before = length(&redis, shards[0]).await;
    cluster.all[hung].pause();
    let began = std::time::Instant::now();
    for _ in 0..5 {
        let seen = length(&redis, *other).await;
        eventually("prices go on", async || length(&redis, *other).await > seen + 5).await;
    }
    assert!(began.elapsed() < Duration::from_secs(20));
    eventually("it is said who waits", async || {
        health.not_ready_reason().is_some_and(|reason| reason.contains("shard 0: "))
    })
    .await;
    cluster.all[hung].resume();
    eventually("the prices arrive", async || {
        redis.stream_info(&shards[0].key(REQUEST_STREAM)).await.is_ok()
            && length(&redis, shards[0]).await > before + 5
    })
    .await;
    eventually("nothing waits", async || health.not_ready_reason().is_none()).await;
    shutdown.cancel();
    poller.await.unwrap().unwrap();
}
