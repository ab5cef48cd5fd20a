//! Finding by id.

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::fmt::Debug;
use std::hash::{BuildHasher, Hash};

/// So many tables share the ids. Each grows by itself, so that nobody waits for a million ids to
/// be laid out anew.
const SHARDS: usize = 256;

/// Where things are, by id. The ids themselves are there and not here: whoever asks says how to
/// get from a place to the id, which keeps a million of them in a few megabytes.
///
/// It can be asked and not walked through, so nothing shows of the order in which it lies; and the
/// hash differs from process to process, so that nobody can make up ids that all meet.
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

    /// Adds an id that is not there yet; that is the caller's to know.
    pub fn insert<K: Copy + Hash>(&mut self, id: K, value: V, id_of: impl Fn(V) -> K) {
        let (shard, hash) = self.shard(id);
        let hasher = &self.hasher;
        self.shards[shard].insert_unique(hash, value, |&value| hasher.hash_one(id_of(value)));
    }

    /// Forgets an id that is there.
    ///
    /// # Panics
    /// When it is not.
    pub fn remove<K: Copy + Hash>(&mut self, id: K, value: V) {
        let (shard, hash) = self.shard(id);
        let found = self.shards[shard].find_entry(hash, |&found| found == value);
        found.expect("an id is forgotten while it is known").remove();
    }

    pub fn len(&self) -> usize {
        self.shards.iter().map(HashTable::len).sum()
    }

    fn shard(&self, id: impl Hash) -> (usize, u64) {
        let hash = self.hasher.hash_one(id);
        // Neither the lowest bits nor the highest, by which a table places an id itself.
        (usize::from(hash.to_be_bytes()[3]), hash)
    }
}
