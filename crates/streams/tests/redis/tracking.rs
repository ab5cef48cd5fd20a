use crate::desk::{Desk, eventually, within_patience};
use devstack::servers::RedisServers;
use std::time::{Duration, Instant};
use streams::{Address, HashCache, Redis};

/// The longest time for which a change may not be seen.
const SEEN_WITHIN: Duration = Duration::from_millis(50);

type Fields = Vec<(String, String)>;

fn cache(redis: &Redis) -> HashCache<Fields> {
    HashCache::new(redis, Duration::MAX, <[_]>::to_vec)
}

async fn set(redis: &Redis, key: &str, value: &str) {
    let mut batch = redis.batch();
    batch.hash_set(key, "field", value).send().await.unwrap();
}

async fn field(cache: &HashCache<Fields>, key: &str) -> Option<String> {
    let fields = cache.get(key).await.unwrap();
    fields.first().map(|(_, value)| value.clone())
}

/// The number of times that the server has read a hash.
fn reads(desk: &Desk) -> u64 {
    let info = desk.command(&["INFO", "commandstats"]);
    let text: String = redis::from_redis_value(info).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("cmdstat_hgetall:calls="));
    line.map_or(0, |rest| rest.split(',').next().unwrap().parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_is_read_once_and_again_after_each_change() {
    let desk = Desk::open();
    let cache = cache(&desk.redis);
    // What does not exist is cached, too.
    for _ in 0..100 {
        assert_eq!(field(&cache, "k").await, None);
    }
    assert!(reads(&desk) <= 10, "{} reads", reads(&desk));
    for n in 0..200 {
        let value = n.to_string();
        set(&desk.redis, "k", &value).await;
        let changed = Instant::now();
        while field(&cache, "k").await.as_deref() != Some(&value) {
            assert!(changed.elapsed() < SEEN_WITHIN, "change {n}");
        }
    }
    desk.command(&["FLUSHALL"]);
    let changed = Instant::now();
    while field(&cache, "k").await.is_some() {
        assert!(changed.elapsed() < SEEN_WITHIN);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_changes_a_hash_sees_the_change_at_once() {
    let desk = Desk::open();
    let cache = cache(&desk.redis);
    for n in 0..500 {
        let value = n.to_string();
        field(&cache, "k").await;
        set(&desk.redis, "k", &value).await;
        cache.evict("k");
        assert_eq!(field(&cache, "k").await, Some(value));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_overlaps_a_change_is_not_kept() {
    let desk = Desk::open();
    let cache = cache(&desk.redis);
    for n in 0..500 {
        let value = n.to_string();
        let readers = (0..4).map(|_| {
            let cache = cache.clone();
            tokio::spawn(async move { cache.read("k").await.map(drop) })
        });
        let readers: Vec<_> = readers.collect();
        set(&desk.redis, "k", &value).await;
        let changed = Instant::now();
        for reader in readers {
            reader.await.unwrap().unwrap();
        }
        while field(&cache, "k").await.as_deref() != Some(&value) {
            assert!(changed.elapsed() < SEEN_WITHIN, "change {n}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_is_not_believed() {
    let desk = Desk::open();
    let cache = cache(&desk.redis);
    assert_eq!(field(&cache, "k").await, None);
    desk.server.pause();
    let silent = Instant::now();
    // The first lookup that has to wait for the server was not answered from the cache.
    while let Ok(found) = tokio::time::timeout(Duration::from_millis(20), cache.get("k")).await {
        found.unwrap();
        assert!(silent.elapsed() < SEEN_WITHIN);
    }
    desk.server.resume();
    set(&desk.redis, "k", "1").await;
    assert_eq!(within_patience(field(&cache, "k")).await.as_deref(), Some("1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_cached_across_a_restart() {
    let mut desk = Desk::open();
    let cache = cache(&desk.redis);
    set(&desk.redis, "k", "1").await;
    assert_eq!(field(&cache, "k").await.as_deref(), Some("1"));
    desk.lose_the_data();
    eventually(async || desk.redis.ping().await.is_ok()).await;
    assert_eq!(within_patience(field(&cache, "k")).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_on_all_servers_of_a_cluster_are_seen() {
    let servers = RedisServers::cluster(3, 0).unwrap();
    let url = servers.url();
    let address =
        Address { url: &url, ca_file: None, is_cluster: true, shards: 1, replication: None };
    let redis = Redis::open(address).unwrap();
    let cache = cache(&redis);
    let keys: Vec<String> = (0..20).map(|n| format!("k{n}")).collect();
    for value in ["1", "2", "3"] {
        for key in &keys {
            field(&cache, key).await;
            set(&redis, key, value).await;
            let changed = Instant::now();
            while field(&cache, key).await.as_deref() != Some(value) {
                assert!(changed.elapsed() < SEEN_WITHIN, "{key}");
            }
        }
    }
}
