//! Finding by id.

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::{BuildHasher, Hash};

/// So many tables share the ids. Each grows by itself, so that nobody waits for a million ids to
/// be laid out anew.
const SHARDS: usize = 64;

/// Values by id. It can be asked and not walked through, so nothing shows of the order in which
/// the ids lie; the hash differs from process to process, so that nobody can make up ids that
/// all lie in one place.
pub struct Index<K, V> {
    hasher: RandomState,
    shards: [HashTable<(K, V)>; SHARDS],
}

impl<K, V> Default for Index<K, V> {
    fn default() -> Self {
        let shards = [const { HashTable::new() }; SHARDS];
        Self { hasher: RandomState::default(), shards }
    }
}

impl<K: Copy + Eq + Hash, V: Copy> Index<K, V> {
    pub fn get(&self, id: K) -> Option<V> {
        let (shard, hash) = self.place(id);
        self.shards[shard].find(hash, |(known, _)| *known == id).map(|(_, value)| *value)
    }

    /// Adds an id that is not there yet.
    ///
    /// # Panics
    /// When it is.
    pub fn insert(&mut self, id: K, value: V) {
        let known = !self.try_insert(id, value);
        assert!(!known, "an id is given once");
    }

    /// Adds an id unless it is there already, and says whether it was added.
    pub fn try_insert(&mut self, id: K, value: V) -> bool {
        let (shard, hash) = self.place(id);
        let shard = &mut self.shards[shard];
        if shard.find(hash, |(known, _)| *known == id).is_some() {
            return false;
        }
        shard.insert_unique(hash, (id, value), |(known, _)| self.hasher.hash_one(known));
        true
    }

    /// Forgets an id that is there.
    ///
    /// # Panics
    /// When it is not.
    pub fn remove(&mut self, id: K) -> V {
        let (shard, hash) = self.place(id);
        let entry = self.shards[shard].find_entry(hash, |(known, _)| *known == id);
        let Ok(entry) = entry else { panic!("an id is forgotten while it is known") };
        let ((_, value), _) = entry.remove();
        value
    }

    pub fn len(&self) -> usize {
        self.shards.iter().map(HashTable::len).sum()
    }

    fn place(&self, id: K) -> (usize, u64) {
        let hash = self.hasher.hash_one(id);
        // Neither the lowest bits nor the highest, by which a table places an id itself.
        (usize::from(hash.to_be_bytes()[3]) % SHARDS, hash)
    }
}
