//! Trigger prices of one kind, the next to be reached on top.

use crate::slab::Slot;
use messages::CloseReason;

/// Children of a rung. With eight, a heap of a million is seven deep, and the children that are
/// compared lie side by side in memory.
const CHILDREN: usize = 8;

/// One position's trigger price.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Rung {
    /// The price, or its opposite where prices fall to it: the lower is reached first.
    pub along: i64,
    /// The position's number.
    pub number: u64,
    /// Where the position is.
    pub slot: Slot,
}

impl Rung {
    /// What is reached first is lowest: by price, and the older position before the younger. One
    /// number, because comparing two of them does not make the processor guess.
    const fn key(&self) -> i128 {
        (self.along as i128) << 64 | self.number as i128
    }
}

/// Where the positions' rungs are, by slot: one place for each reason for which a price closes a
/// position.
#[derive(Default)]
pub struct Places(Vec<[u32; 3]>);

impl Places {
    /// Makes room for a position.
    pub fn cover(&mut self, slot: Slot) {
        if self.0.len() <= slot.index() {
            self.0.resize(slot.index() + 1, Default::default());
        }
    }
}

/// A heap. A tree that keeps everything in order does more than is asked: only the next rung is
/// ever looked for, and most positions are closed by their owners long before it is theirs. Here
/// a new rung mostly stays at the end, where it is put, and one that goes mostly has no children.
pub struct Ladder {
    /// Which of a position's places is in this ladder.
    column: usize,
    rungs: Vec<Rung>,
}

impl Ladder {
    pub const fn new(reason: CloseReason) -> Self {
        Self { column: reason as usize, rungs: Vec::new() }
    }

    pub const fn len(&self) -> usize {
        self.rungs.len()
    }

    /// The rung that is reached first.
    pub fn next(&self) -> Option<&Rung> {
        self.rungs.first()
    }

    pub fn insert(&mut self, rung: Rung, places: &mut Places) {
        if self.rungs.len() == self.rungs.capacity() {
            // Doubling would leave half of it unused: there are as many rungs as positions.
            self.rungs.reserve_exact(self.rungs.len() / 4 + CHILDREN);
        }
        let end = self.rungs.len();
        self.rungs.push(rung);
        self.rise(end, rung, places);
    }

    /// Takes out the rung of a position.
    ///
    /// # Panics
    /// When it is not what the position's rung is said to be.
    pub fn remove(&mut self, rung: Rung, places: &mut Places) {
        let place = places.0[rung.slot.index()][self.column] as usize;
        let found = self.rungs.get(place);
        assert!(found == Some(&rung), "a position leaves the ladder with the price it has there");
        let last = self.rungs.pop().expect("the rung was found");
        if place < self.rungs.len() {
            self.sink(place, last, places);
        }
    }

    /// Puts a rung at `place` or, as long as it is reached before its parent, higher up.
    fn rise(&mut self, mut place: usize, rung: Rung, places: &mut Places) {
        while place > 0 {
            let parent = (place - 1) / CHILDREN;
            if self.rungs[parent].key() < rung.key() {
                break;
            }
            self.put(place, self.rungs[parent], places);
            place = parent;
        }
        self.put(place, rung, places);
    }

    /// Puts a rung at `place` or, as long as a child is reached before it, further down.
    fn sink(&mut self, mut place: usize, rung: Rung, places: &mut Places) {
        let hole = place;
        loop {
            let start = place * CHILDREN + 1;
            let end = (start + CHILDREN).min(self.rungs.len());
            let Some(first) = (start..end).min_by_key(|&child| self.rungs[child].key()) else {
                break;
            };
            if rung.key() < self.rungs[first].key() {
                break;
            }
            self.put(place, self.rungs[first], places);
            place = first;
        }
        if place == hole {
            // It came from another branch, and may belong above.
            self.rise(place, rung, places);
        } else {
            self.put(place, rung, places);
        }
    }

    fn put(&mut self, place: usize, rung: Rung, places: &mut Places) {
        self.rungs[place] = rung;
        let place = u32::try_from(place).expect("there are no more rungs than slots");
        places.0[rung.slot.index()][self.column] = place;
    }
}
