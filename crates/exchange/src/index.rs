//! Hash indexes by id.

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::{Entry, OccupiedEntry};
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

    /// Adds an id, or gives the one that is in the index another place.
    pub fn set<K: Copy + Hash + Eq>(&mut self, id: K, value: V, id_of: impl Fn(V) -> K) {
        let (shard, hash) = self.shard(id);
        let hasher = &self.hasher;
        let hash_of = |&value: &V| hasher.hash_one(id_of(value));
        match self.shards[shard].entry(hash, |&other| id_of(other) == id, hash_of) {
            Entry::Vacant(place) => drop(place.insert(value)),
            Entry::Occupied(mut place) => *place.get_mut() = value,
        }
    }

    /// Creates an index of many places. Each shard is filled on its own, so that it is in the
    /// processor's cache meanwhile. Returns `None` if two places have the same id.
    pub fn of<K: Copy + Hash + Eq>(
        places: impl Iterator<Item = (K, V)>,
        id_of: impl Fn(V) -> K,
    ) -> Option<Self> {
        let mut index = Self::default();
        let mut parts = [const { Vec::new() }; SHARDS];
        for (id, value) in places {
            let (shard, hash) = index.shard(id);
            parts[shard].push((hash, value));
        }
        for (shard, part) in index.shards.iter_mut().zip(parts) {
            let hash_of = |&value: &V| index.hasher.hash_one(id_of(value));
            shard.reserve(part.len(), hash_of);
            for (hash, value) in part {
                let id = || id_of(value);
                match shard.entry(hash, |&other| id_of(other) == id(), hash_of) {
                    Entry::Vacant(place) => place.insert(value),
                    Entry::Occupied(_) => return None,
                };
            }
        }
        Some(index)
    }

    /// Gives back the memory that the ids left do not need.
    pub fn release<K: Copy + Hash>(&mut self, id_of: impl Fn(V) -> K) {
        let hasher = &self.hasher;
        for shard in self.shards.iter_mut() {
            shard.shrink_to_fit(|&value| hasher.hash_one(id_of(value)));
        }
    }

    /// Removes an id that is in the index.
    ///
    /// # Panics
    /// When the id is not in the index.
    pub fn remove<K: Copy + Hash>(&mut self, id: K, value: V) {
        assert!(self.forget(id, value), "an id is evicted while it is known");
    }

    /// Removes an id, unless it has another place by now. Reports whether it had this one.
    pub fn forget<K: Copy + Hash>(&mut self, id: K, value: V) -> bool {
        let (shard, hash) = self.shard(id);
        let found = self.shards[shard].find_entry(hash, |&found| found == value);
        found.map(OccupiedEntry::remove).is_ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_of_many_finds_each_and_refuses_an_id_twice() {
        let ids: Vec<u64> = (0..10_000).map(|n| n * 7).collect();
        let id_of = |place: usize| ids[place];
        let places = || ids.iter().copied().zip(0..);
        let index = Index::of(places(), id_of).unwrap();
        assert_eq!(index.len(), ids.len());
        assert!(places().all(|(id, place)| index.get(id, id_of) == Some(place)));
        assert_eq!(index.get(1, id_of), None);
        assert!(Index::of(places().chain([(ids[5], 5)]), id_of).is_none());
    }
}
