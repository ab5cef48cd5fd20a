//! Tests on a Redis Cluster: keys on several servers, moved slots, and failovers.

use crate::desk::{PATIENCE, eventually, fields, id, within_patience};
use devstack::servers::RedisServers;
use messages::{
    EntryId, QueryEntry, Reply, RequestId, Response, Shard, StreamMessage as _, UserId,
};
use std::time::{Duration, Instant};
use streams::{
    Address, Group, GroupConfig, Lease, LogReader, Message, Redis, Replication, RequestClient,
    StreamCursor, Subscription,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const SHARDS: u16 = 3;

struct Scene {
    cluster: RedisServers,
    redis: Redis,
}

impl Scene {
    fn open(replicas: usize) -> Self {
        let cluster = tokio::task::block_in_place(|| RedisServers::cluster(3, replicas).unwrap());
        // One node is enough to find the others.
        let url = cluster.all[1].url();
        let address = Address {
            url: &url,
            ca_file: None,
            is_cluster: true,
            shards: SHARDS,
            replication: None,
        };
        Self { redis: Redis::open(address).unwrap(), cluster }
    }

    fn shards(&self) -> Vec<Shard> {
        self.redis.shards().all().collect()
    }

    /// Runs a command on one server, without following the cluster.
    fn on(&self, server: usize, words: &[&str]) -> redis::RedisResult<redis::Value> {
        let client = redis::Client::open(self.cluster.all[server].url()).unwrap();
        let mut connection = client.get_connection().unwrap();
        redis::cmd(words[0]).arg(&words[1..]).query(&mut connection)
    }

    /// The primary that has a key.
    fn owner(&self, key: &str) -> usize {
        self.cluster.owner_of(key).expect("some server has the key")
    }

    /// Moves all slots of a primary's key to another primary, key by key, with the slot left between
    /// them until `finish`.
    fn begin_to_move(&self, key: &str, to: usize) -> impl FnOnce() {
        let from = self.owner(key);
        let text = |server, words: &[&str]| -> String {
            redis::from_redis_value(self.on(server, words).unwrap()).unwrap()
        };
        let redis::Value::Int(slot) = self.on(0, &["CLUSTER", "KEYSLOT", key]).unwrap() else {
            panic!("no slot");
        };
        let slot = slot.to_string();
        let (from_id, to_id) = (text(from, &["CLUSTER", "MYID"]), text(to, &["CLUSTER", "MYID"]));
        self.on(to, &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &from_id]).unwrap();
        self.on(from, &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to_id]).unwrap();
        let port = self.cluster.all[to].port().to_string();
        self.on(from, &["MIGRATE", "127.0.0.1", &port, key, "0", "1000"]).unwrap();
        move || {
            for server in [to, from, 0, 1, 2] {
                let _ = self.on(server, &["CLUSTER", "SETSLOT", &slot, "NODE", &to_id]);
            }
        }
    }
}

fn cursor(stream: &str) -> StreamCursor {
    StreamCursor { stream: stream.to_owned(), after: EntryId::MIN, continuous: true, last: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_shard_has_its_server_and_a_batch_reaches_all() {
    let scene = Scene::open(0);
    let shards = scene.shards();
    let streams: Vec<String> = shards.iter().map(|shard| shard.key("s")).collect();
    let mut batch = scene.redis.batch();
    for stream in &streams {
        batch.append_at(stream, id(1), &fields(1)).append_at(stream, id(2), &fields(2));
    }
    batch.publish("everywhere", "m");
    assert_eq!(batch.send().await.unwrap().already_there, 0);
    assert!(batch.is_empty());
    for stream in &streams {
        assert_eq!(scene.redis.last_id(stream).await.unwrap(), id(2));
    }
    let owners: std::collections::BTreeSet<_> = streams.iter().map(|s| scene.owner(s)).collect();
    assert!(owners.len() > 1);
    assert_eq!(scene.redis.keys("s:*", Some("stream")).await.unwrap(), streams);
    assert_eq!(scene.redis.key_count().await.unwrap(), 3);
    scene.redis.remove_everything().await.unwrap();
    assert_eq!(scene.redis.key_count().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_keeps_what_a_server_did_not_execute() {
    let mut scene = Scene::open(0);
    let (up, down) = (scene.shards()[0].key("s"), scene.shards()[1].key("s"));
    let mut batch = scene.redis.batch();
    batch
        .append_at(&up, id(1), &fields(1))
        .append_at(&down, id(1), &fields(1))
        .send()
        .await
        .unwrap();
    let server = scene.owner(&down);
    tokio::task::block_in_place(|| scene.cluster.all[server].kill_hard().unwrap());
    batch.append_at(&up, id(2), &fields(2)).append_at(&down, id(2), &fields(2));
    batch.send().await.unwrap_err();
    tokio::task::block_in_place(|| scene.cluster.all[server].start().unwrap());
    within_patience(async { while batch.send().await.is_err() {} }).await;
    for stream in [&up, &down] {
        assert_eq!(scene.redis.stream_info(stream).await.unwrap().unwrap().entries_added, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_and_messages_of_a_shard_stay_on_its_server() {
    let scene = Scene::open(0);
    let shard = scene.shards()[2];
    let client = RequestClient::start(scene.redis.clone(), CancellationToken::new()).await;
    assert!(scene.shards().into_iter().all(|shard| client.is_listening(shard)));
    let (request_id, user_id) = (RequestId(Uuid::new_v4()), UserId(Uuid::nil()));
    let encode = |reply_to| {
        let query = messages::Query::GetBalance;
        QueryEntry { request_id, user_id, timestamp_ms: 0, reply_to, query }.encode()
    };
    let answer = async {
        let mut log = LogReader::new(&scene.redis, vec![cursor(&shard.key("q"))]);
        let entries = log.next(1, PATIENCE).await.unwrap();
        let query = QueryEntry::decode(&entries[0].1.fields).unwrap();
        let reply = Reply { request_id, outcome: Ok(Response::Done) }.to_json();
        scene.redis.batch().reply(&query.reply_to, &reply).send().await.unwrap();
    };
    let (reply, ()) = tokio::join!(client.call(shard, "q", PATIENCE, encode), answer);
    assert_eq!(reply.unwrap().request_id, request_id);

    let channel = shard.key("users");
    let mut heard = Subscription::open(&scene.redis, &[&channel]).await.unwrap();
    scene.redis.batch().publish(&channel, "m").send().await.unwrap();
    assert_eq!(heard.next().await, Message::Text { channel, payload: "m".to_owned() });
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_and_reads_follow_a_slot_to_another_server() {
    let scene = Scene::open(0);
    let stream = scene.shards()[0].key("s");
    scene.redis.batch().append_at(&stream, id(1), &fields(1)).send().await.unwrap();
    let mut log = LogReader::new(&scene.redis, vec![cursor(&stream)]);
    assert_eq!(log.next(10, PATIENCE).await.unwrap().len(), 1);
    let from = scene.owner(&stream);
    let finish = scene.begin_to_move(&stream, (from + 1) % 3);
    // While the slot is between the servers, single commands are asked where the key is.
    assert_eq!(scene.redis.last_id(&stream).await.unwrap(), id(1));
    finish();
    within_patience(async {
        let mut batch = scene.redis.batch();
        batch.append_at(&stream, id(2), &fields(2));
        while batch.send().await.is_err() {}
    })
    .await;
    assert_eq!(log.next(10, PATIENCE).await.unwrap()[0].1.id, id(2));
    assert_ne!(scene.owner(&stream), from);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_follows_its_slot_to_another_server() {
    let scene = Scene::open(0);
    let shard = scene.shards()[0];
    let (stream, channel) = (shard.key("s"), shard.key("users"));
    scene.redis.batch().append_at(&stream, id(1), &fields(1)).send().await.unwrap();
    let mut heard = Subscription::open(&scene.redis, &[&channel]).await.unwrap();
    let from = scene.owner(&stream);
    scene.begin_to_move(&stream, (from + 1) % 3)();
    // The connection stays open, so only the end of the subscription tells.
    let began = std::time::Instant::now();
    assert_eq!(within_patience(heard.next()).await, Message::Interrupted);
    assert_eq!(within_patience(heard.next()).await, Message::Reconnected);
    assert!(began.elapsed() < Duration::from_secs(5), "without a ping, which finds out after 10 s");
    within_patience(async {
        let mut batch = scene.redis.batch();
        batch.append_at(&stream, id(2), &fields(2)).publish(&channel, "m");
        while batch.send().await.is_err() {}
    })
    .await;
    let expected = Message::Text { channel, payload: "m".to_owned() };
    assert_eq!(within_patience(heard.next()).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_replica_has_confirmed_is_sent_again() {
    let scene = Scene::open(1);
    let url = scene.cluster.url();
    let replication = Some(Replication { replicas: 1, on_disk: false });
    let address =
        Address { url: &url, ca_file: None, is_cluster: true, shards: SHARDS, replication };
    let redis = Redis::open(address).unwrap();
    let shard = scene.shards()[0];
    let stream = shard.key("s");
    let lease = Lease::new(&redis, shard, "test", "holder", Duration::from_mins(5));
    let epoch = lease.acquire(0).await.unwrap().unwrap();
    let mut batch = redis.batch();
    batch.append_at(&stream, id(1), &fields(1));
    let mut writer = lease.writer(&epoch).await.unwrap();
    assert_eq!(writer.send_confirmed(&batch).await.unwrap().already_there, 0);
    // Sent again, it is confirmed again: the entry is there, and another write is waited for.
    assert_eq!(writer.send_confirmed(&batch).await.unwrap().already_there, 1);
    let (group, consumer) = ("g".to_owned(), "c".to_owned());
    let claim_idle = Duration::from_mins(1);
    let config = GroupConfig { group, consumer, claim_idle, confirmed: true };
    let mut group = Group::join(&redis, &stream, config).await.unwrap();

    let replica = &scene.cluster.all[3 + scene.owner(&stream)];
    replica.pause();
    batch.clear();
    batch.append_at(&stream, id(2), &fields(2));
    let unconfirmed = writer.send_confirmed(&batch).await.unwrap_err().to_string();
    assert!(unconfirmed.contains("0 of 1 replicas"), "{unconfirmed}");
    assert!(group.next(10, Duration::ZERO).await.is_err(), "a failover may take it back");
    replica.resume();
    within_patience(async { while writer.send_confirmed(&batch).await.is_err() {} }).await;
    within_patience(async {
        let mut taken = 0;
        while taken < 2 {
            taken += group.next(10, Duration::ZERO).await.map_or(0, |taken| taken.len());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_groups_and_writers_follow_a_failover() {
    let mut scene = Scene::open(1);
    let shard = scene.shards()[1];
    let stream = shard.key("s");
    let lease = Lease::new(&scene.redis, shard, "test", "holder", Duration::from_mins(5));
    let epoch = lease.acquire(0).await.unwrap().unwrap();
    let mut batch = scene.redis.batch();
    batch.append_at(&stream, id(1), &fields(1));
    lease.writer(&epoch).await.unwrap().send(&mut batch).await.unwrap();
    let mut log = LogReader::new(&scene.redis, vec![cursor(&stream)]);
    assert_eq!(log.next(10, PATIENCE).await.unwrap().len(), 1);
    let (group, consumer) = ("g".to_owned(), "c".to_owned());
    let config =
        GroupConfig { confirmed: false, group, consumer, claim_idle: Duration::from_mins(1) };
    let mut group = Group::join(&scene.redis, &stream, config).await.unwrap();
    let taken = group.next(10, PATIENCE).await.unwrap();
    group.acknowledge(&[taken[0].entry.id]).await.unwrap();
    let mut heard = Subscription::open(&scene.redis, &[&shard.key("users")]).await.unwrap();

    let owner = scene.owner(&stream);
    // What a replica has received survives.
    scene.on(owner, &["WAIT", "1", "10000"]).unwrap();
    tokio::task::block_in_place(|| scene.cluster.all[owner].kill_hard().unwrap());
    within_patience(async {
        loop {
            if let Ok(mut writer) = lease.writer(&epoch).await {
                batch.append_at(&stream, id(2), &fields(2));
                batch.publish(&shard.key("users"), "m");
                if writer.send(&mut batch).await.is_ok() {
                    return;
                }
                batch.clear();
            }
        }
    })
    .await;
    assert_eq!(log.next(10, PATIENCE).await.unwrap()[0].1.id, id(2));
    within_patience(async {
        loop {
            if let Ok(taken) = group.next(10, Duration::from_millis(100)).await
                && let [delivery] = &taken[..]
            {
                return assert_eq!(delivery.entry.id, id(2));
            }
        }
    })
    .await;
    assert_eq!(within_patience(heard.next()).await, Message::Interrupted);
    assert_eq!(within_patience(heard.next()).await, Message::Reconnected);
    eventually(async || scene.redis.get("any key").await.is_ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_holds_up_no_commands_to_the_others() {
    let scene = Scene::open(0);
    let (well, silent) = (scene.shards()[0].key("s"), scene.shards()[1].key("s"));
    assert_ne!(scene.owner(&well), scene.owner(&silent));
    for stream in [&well, &silent] {
        scene.redis.append(stream, &fields(0)).await.unwrap();
    }
    let paused = &scene.cluster.all[scene.owner(&silent)];
    paused.pause();
    let (other, stream) = (scene.redis.clone(), silent.clone());
    let waiting = tokio::spawn(async move {
        // Until the server is known to be silent, and then again and again.
        while other.append(&stream, &fields(1)).await.is_err() {}
    });
    // Long enough for the timeouts of several such attempts.
    let (started, mut longest) = (Instant::now(), Duration::ZERO);
    while started.elapsed() < Duration::from_secs(6) {
        let sent = Instant::now();
        scene.redis.append(&well, &fields(1)).await.unwrap();
        longest = longest.max(sent.elapsed());
    }
    // One that waited for the silent server's answer would take half a second.
    assert!(longest < Duration::from_millis(400), "{longest:?}");
    paused.resume();
    within_patience(waiting).await.unwrap();
}
