//! The streams of a stack: one of each kind, or one in each shard.

use super::Stack;
use devstack::servers::RedisServers;
use messages::{
    EntryId, QUERY_STREAM, REQUEST_STREAM, RESPONSE_STREAM, Request, RequestEntry, StreamMessage,
    dead_letter_stream,
};

/// The number of servers of a cluster.
pub(super) const SERVERS: usize = 3;

/// The number of shards of every stack of this run, on a cluster; `None` for one on a single server.
pub(super) fn count() -> Option<u16> {
    let set = std::env::var("VELOX_TEST_SHARDS").ok().filter(|text| !text.is_empty())?;
    Some(set.parse().expect("VELOX_TEST_SHARDS is a number"))
}

/// The number of shards on these servers, unless a test has its own.
pub(super) fn of(redis: &RedisServers) -> u16 {
    if redis.is_cluster() { count().unwrap_or(1) } else { 1 }
}

impl Stack {
    /// Appends a request to the stream of every shard, as the price feed does. Returns the ids.
    pub async fn send_to_all(&self, request: Request) -> Vec<EntryId> {
        let entry = RequestEntry { request_id: None, timestamp_ms: 1, reply_to: None, request };
        let (mut ids, fields) = (Vec::new(), entry.encode());
        for stream in self.of_all_shards(REQUEST_STREAM) {
            ids.push(self.streams.append(&stream, &fields).await.expect("Redis answers"));
        }
        ids
    }

    /// The number of shards.
    pub fn shards(&self) -> usize {
        self.streams.shards().count().into()
    }

    /// All entries of a stream, of all shards in the order of their ids.
    pub async fn entries<T: StreamMessage>(&self, stream: &str) -> Vec<(EntryId, T)> {
        let mut all = Vec::new();
        for stream in self.of_all_shards(stream) {
            all.extend(self.entries_in(&stream).await);
        }
        all.sort_by_key(|(id, _)| *id);
        all
    }

    /// All entries of the stream of the first shard: it has what is the same in all.
    pub async fn entries_of_first<T: StreamMessage>(&self, stream: &str) -> Vec<(EntryId, T)> {
        self.entries_in(&self.streams.shards().first().key(stream)).await
    }

    async fn entries_in<T: StreamMessage>(&self, stream: &str) -> Vec<(EntryId, T)> {
        let (mut all, mut after) = (Vec::new(), EntryId::MIN);
        loop {
            let page = self.streams.read_range(stream, after, 1_000).await.expect("Redis answers");
            let Some(last) = page.last() else { return all };
            after = last.id;
            all.extend(page.into_iter().map(|entry| {
                (entry.id, T::decode(&entry.fields).expect("the entry can be decoded"))
            }));
        }
    }

    /// The number of entries that a group has not acknowledged, of all shards together.
    pub async fn pending(&self, stream: &str, group: &str) -> u64 {
        let mut pending = 0;
        for stream in self.of_all_shards(stream) {
            pending += self.streams.pending(&stream, group).await.expect("Redis answers");
        }
        pending
    }

    /// The number of entries in a stream, of all shards together.
    pub async fn stream_len(&self, stream: &str) -> u64 {
        let mut len = 0;
        for stream in self.of_all_shards(stream) {
            let info = self.streams.stream_info(&stream).await.expect("Redis answers");
            len += info.map_or(0, |info| info.length);
        }
        len
    }

    /// The names of a stream in all shards.
    fn of_all_shards(&self, stream: &str) -> Vec<String> {
        let is_sharded = [REQUEST_STREAM, QUERY_STREAM, RESPONSE_STREAM]
            .iter()
            .any(|name| stream == *name || stream == dead_letter_stream(name));
        if is_sharded {
            self.streams.shards().all().map(|shard| shard.key(stream)).collect()
        } else {
            vec![stream.to_owned()]
        }
    }
}
