//! Storage by slot number that can be frozen instantly and read on another thread while it changes.

use std::cmp::Reverse;
use std::num::NonZeroU32;
use std::sync::Arc;

/// The number of values that are copied together when one of them changes after a freeze: large
/// enough that a million positions freeze in about ten thousand reference counts, small enough that
/// a copy takes less than a microsecond.
const CHUNK_LEN: usize = 64;

/// The place of a value. Freed slots are reused, so nothing that outlives the value and no output
/// may depend on the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(NonZeroU32);

impl Slot {
    fn at(index: usize) -> Self {
        let number = u32::try_from(index + 1).ok().and_then(NonZeroU32::new);
        Self(number.expect("four billion values do not fit in memory"))
    }

    /// The index for tables beside a slab: from 0, and below the largest number of values the slab
    /// ever held at once.
    pub const fn index(self) -> usize {
        self.0.get() as usize - 1
    }

    const fn parts(self) -> (usize, usize) {
        (self.index() / CHUNK_LEN, self.index() % CHUNK_LEN)
    }
}

/// Values that are shared after a freeze. An array, because a place in one needs no comparison with
/// its length.
type Chunk<T> = Arc<[Option<T>; CHUNK_LEN]>;

/// Makes a chunk. Its values are collected as a slice, because an array would be made on the stack
/// and copied.
fn chunk<T>(values: impl Iterator<Item = Option<T>>) -> Chunk<T> {
    let values: Arc<[Option<T>]> = values.collect();
    values.try_into().unwrap_or_else(|_| unreachable!("a chunk has {CHUNK_LEN} places"))
}

/// A growing table that reuses freed slots.
pub struct Slab<T> {
    chunks: Vec<Chunk<T>>,
    free: Vec<Slot>,
    len: usize,
}

/// The values of a [`Slab`] at the moment of a freeze.
pub struct Frozen<T> {
    chunks: Vec<Chunk<T>>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), free: Vec::new(), len: 0 }
    }
}

impl<T: Clone> Slab<T> {
    /// The number of values.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Inserts a value into the first free slot.
    #[inline]
    pub fn insert(&mut self, value: T) -> Slot {
        let slot = self.free.pop().unwrap_or_else(|| self.grow());
        let place = self.place(slot);
        assert!(place.is_none(), "a free slot has no value");
        *place = Some(value);
        self.len += 1;
        slot
    }

    /// The slot into which the next value will be inserted.
    pub fn next_slot(&mut self) -> Slot {
        if let Some(slot) = self.free.last() {
            return *slot;
        }
        let slot = self.grow();
        self.free.push(slot);
        slot
    }

    #[cold]
    fn grow(&mut self) -> Slot {
        let start = self.chunks.len() * CHUNK_LEN;
        self.chunks.push(chunk((0..CHUNK_LEN).map(|_| None)));
        self.free.extend((1..CHUNK_LEN).rev().map(|offset| Slot::at(start + offset)));
        Slot::at(start)
    }

    /// Returns the value in an occupied slot.
    #[inline]
    pub fn get(&self, slot: Slot) -> &T {
        let (chunk, offset) = slot.parts();
        self.chunks[chunk][offset].as_ref().expect("a slot is held only while its value is there")
    }

    /// Returns the value in a slot, if it is occupied.
    pub fn find(&self, slot: Slot) -> Option<&T> {
        let (chunk, offset) = slot.parts();
        self.chunks[chunk][offset].as_ref()
    }

    /// Returns the value in an occupied slot for changes.
    #[inline]
    pub fn get_mut(&mut self, slot: Slot) -> &mut T {
        self.place(slot).as_mut().expect("a slot is held only while its value is there")
    }

    /// Removes a value and frees its slot.
    pub fn remove(&mut self, slot: Slot) -> T {
        let value = self.place(slot).take();
        self.free.push(slot);
        self.len -= 1;
        value.expect("a slot is held only while its value is there")
    }

    /// Returns the place of a slot for changes. A chunk that is shared with a freeze is copied.
    #[inline]
    fn place(&mut self, slot: Slot) -> &mut Option<T> {
        let (chunk, offset) = slot.parts();
        let chunk = &mut self.chunks[chunk];
        // `Arc::make_mut` would ask the same, but in twice the instructions: it is made for values
        // of any kind, and for weak references, of which there are none.
        if Arc::strong_count(chunk) > 1 {
            copy(chunk);
        }
        let values = Arc::get_mut(chunk).expect("only this slab has the chunk");
        &mut values[offset]
    }

    /// Gives back the memory of chunks without values. Returns the number of slots that are left: those
    /// from there on are free and not known any more.
    pub fn release(&mut self) -> usize {
        let is_empty = |values: &Chunk<T>| values.iter().all(Option::is_none);
        let used =
            self.chunks.iter().rposition(|values| !is_empty(values)).map_or(0, |last| last + 1);
        self.chunks.truncate(used);
        self.chunks.shrink_to_fit();
        // Shared like those of a freeze: the first insertion makes a copy.
        let mut empty = None;
        for values in self.chunks.iter_mut().filter(|values| is_empty(values)) {
            let empty = empty.get_or_insert_with(|| chunk((0..CHUNK_LEN).map(|_| None)));
            *values = Arc::clone(empty);
        }
        let slots = used * CHUNK_LEN;
        self.free.retain(|slot| slot.index() < slots);
        self.free.shrink_to_fit();
        // The lowest are used first, so that the last chunks become empty.
        self.free.sort_unstable_by_key(|slot| Reverse(*slot));
        slots
    }

    /// Iterates over all values with their slots, in the order of the slots.
    pub fn entries(&self) -> impl Iterator<Item = (Slot, &T)> {
        entries(&self.chunks)
    }

    /// Shares the values as they are now; later changes copy the chunk that they touch.
    pub fn freeze(&self) -> Frozen<T> {
        Frozen { chunks: self.chunks.clone() }
    }
}

fn entries<T>(chunks: &[Chunk<T>]) -> impl Iterator<Item = (Slot, &T)> {
    let values = chunks.iter().flat_map(|chunk| chunk.iter());
    values.enumerate().filter_map(|(index, value)| Some((Slot::at(index), value.as_ref()?)))
}

#[cold]
fn copy<T: Clone>(shared: &mut Chunk<T>) {
    *shared = chunk(shared.iter().cloned());
}

impl<T> Frozen<T> {
    /// Returns the value in a slot that was occupied.
    pub fn get(&self, slot: Slot) -> &T {
        let (chunk, offset) = slot.parts();
        self.chunks[chunk][offset].as_ref().expect("a frozen slot refers to a frozen value")
    }

    /// Iterates over all values in an arbitrary order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.iter().flatten())
    }

    /// Iterates over all values with their slots, in the order of the slots.
    pub fn entries(&self) -> impl Iterator<Item = (Slot, &T)> {
        entries(&self.chunks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_slab_does_not_see_later_changes() {
        let mut slab = Slab::default();
        let slots: Vec<Slot> = (0..1_000).map(|n| slab.insert(n)).collect();
        let frozen = slab.freeze();
        for &slot in &slots[..500] {
            slab.remove(slot);
        }
        *slab.get_mut(slots[900]) = 7;
        for n in 0..600 {
            slab.insert(10_000 + n);
        }
        assert_eq!(frozen.iter().copied().collect::<Vec<_>>(), (0..1_000).collect::<Vec<_>>());
        assert_eq!((slab.len(), slab.entries().count()), (1_100, 1_100));
        assert_eq!(*slab.get(slots[900]), 7);
    }

    #[test]
    fn freed_places_are_used_again() {
        let mut slab = Slab::default();
        for n in 0..100_000 {
            let slot = slab.insert(n);
            slab.remove(slot);
        }
        assert_eq!(slab.chunks.len(), 1);
    }
    #[test]
    fn chunks_without_values_are_given_back() {
        let mut slab = Slab::default();
        let slots: Vec<Slot> = (0..1_000).map(|n| slab.insert(n)).collect();
        for (n, &slot) in slots.iter().enumerate() {
            if n != 3 && n != 500 {
                slab.remove(slot);
            }
        }
        assert_eq!(slab.release(), 512);
        let kept: Vec<_> = slab.entries().map(|(slot, n)| (slot.index(), *n)).collect();
        assert_eq!(kept, [(3, 3), (500, 500)]);
        assert_eq!(Arc::strong_count(&slab.chunks[1]), 6);
        assert_eq!(slab.insert(7).index(), 0);
        let filled: Vec<usize> = (0..600).map(|n| slab.insert(n).index()).collect();
        assert_eq!(filled[..3], [1, 2, 4]);
        assert_eq!((slab.len(), slab.entries().count(), slab.chunks.len()), (603, 603, 10));
        assert_eq!((*slab.get(slots[3]), *slab.get(slots[500])), (3, 500));
    }
}
