//! Hash indexes by id.

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::fmt::Debug;
use std::hash::{BuildHasher, Hash};

/// The number of tables that share the ids. Each grows separately, so that no insertion waits for a
/// million ids to be rehashed.
const SHARDS: usize = 256;

/// An index from ids to places. It stores no ids: the caller passes a function from a place to its
/// id, which keeps a million entries in a few megabytes.
///
/// It has no iteration, so its internal order has no visible effect. The hash is seeded per
/// process, so that crafted ids cannot collide.
pub struct Index<V> {
    hasher: RandomState,
    shards: Box<[HashTable<V>; SHARDS]>,
}

impl<V> Default for Index<V> {
    fn default() -> Self {
        let shards = Box::new([const { HashTable::new() }; SHARDS]);
        Self { hasher: RandomState::default(), shards }
    }
}

impl<V: Copy + Debug + Eq> Index<V> {
    pub fn get<K: Copy + Hash + Eq>(&self, id: K, id_of: impl Fn(V) -> K) -> Option<V> {
        let (shard, hash) = self.shard(id);
        self.shards[shard].find(hash, |&value| id_of(value) == id).copied()
    }

    /// Adds an id. The caller makes sure that it is not in the index yet.
    pub fn insert<K: Copy + Hash>(&mut self, id: K, value: V, id_of: impl Fn(V) -> K) {
        let (shard, hash) = self.shard(id);
        let hasher = &self.hasher;
        self.shards[shard].insert_unique(hash, value, |&value| hasher.hash_one(id_of(value)));
    }

    /// Removes an id that is in the index.
    ///
    /// # Panics
    /// When the id is not in the index.
    pub fn remove<K: Copy + Hash>(&mut self, id: K, value: V) {
        let (shard, hash) = self.shard(id);
        let found = self.shards[shard].find_entry(hash, |&found| found == value);
        found.expect("an id is evicted while it is known").remove();
    }

    pub fn len(&self) -> usize {
        self.shards.iter().map(HashTable::len).sum()
    }

    fn shard(&self, id: impl Hash) -> (usize, u64) {
        let hash = self.hasher.hash_one(id);
        // The table itself uses the lowest and the highest bits, so the shard must not.
        (usize::from(hash.to_be_bytes()[3]), hash)
    }
}
