//! Trigger prices in the order in which a moving price reaches them.

use crate::slab::Slot;

/// The number of children of a rung. With eight, a heap of a million is seven levels deep, and the
/// children that are compared are adjacent in memory.
const CHILDREN: usize = 8;

/// One position's trigger price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// The price, negated for triggers that falling prices reach: the lowest is reached first.
    pub along: i64,
    /// The position's number.
    pub number: u64,
    /// The position's slot.
    pub slot: Slot,
}

impl Trigger {
    /// The sort key, lowest first: by price, and the older position before the younger. A single
    /// number, because comparing two of them needs no branch.
    fn key(&self) -> i128 {
        (i128::from(self.along) << 64) | i128::from(self.number)
    }
}

/// The places of the positions' rungs by slot: one for each ladder that a position can be in.
#[derive(Default)]
pub struct Places(Vec<[u32; 2]>);

/// The marker for a rung that is to be dropped.
const NOWHERE: u32 = u32::MAX;

impl Places {
    /// Makes room for a position.
    pub fn cover(&mut self, slot: Slot) {
        if self.0.len() <= slot.index() {
            self.0.resize(slot.index() + 1, Default::default());
        }
    }

    /// Marks the rungs of a position for [`Ladder::drop_marked`].
    pub fn mark(&mut self, slot: Slot) {
        self.0[slot.index()] = [NOWHERE; 2];
    }
}

/// A heap of trigger prices. A sorted tree would do more than needed: only the next rung is ever
/// looked up, and most positions are closed by their owners long before their turn. In a heap, a
/// new rung usually stays at the end where it is added, and a removed one usually has no children.
pub struct Ladder {
    /// The index of this ladder among a position's places.
    column: usize,
    rungs: Vec<Trigger>,
}

impl Ladder {
    pub const fn new(column: usize) -> Self {
        Self { column, rungs: Vec::new() }
    }

    pub const fn len(&self) -> usize {
        self.rungs.len()
    }

    /// Reports whether a price at `along` has reached any rung.
    pub fn is_reached(&self, along: i64) -> bool {
        self.rungs.first().is_some_and(|next| next.along <= along)
    }

    /// Returns the rungs that a price at `along` has reached, in an arbitrary order.
    pub fn reached(&self, along: i64) -> Vec<Trigger> {
        let mut reached = Vec::new();
        let mut unseen = vec![0];
        while let Some(place) = unseen.pop() {
            if let Some(rung) = self.rungs.get(place).filter(|rung| rung.along <= along) {
                reached.push(*rung);
                unseen.extend(children(place));
            }
        }
        reached
    }

    pub fn insert(&mut self, rung: Trigger, places: &mut Places) {
        if self.rungs.len() == self.rungs.capacity() {
            // Doubling would leave up to half of the capacity unused.
            self.rungs.reserve_exact(self.rungs.len() / 4 + CHILDREN);
        }
        let end = self.rungs.len();
        self.rungs.push(rung);
        self.rise(end, rung, places);
    }

    /// Removes the rung of a position.
    ///
    /// # Panics
    /// When the ladder holds a different rung for the position.
    pub fn remove(&mut self, rung: Trigger, places: &mut Places) {
        let place = places.0[rung.slot.index()][self.column] as usize;
        let found = self.rungs.get(place);
        assert!(found == Some(&rung), "a position leaves the ladder with the price it has there");
        let last = self.rungs.pop().expect("the rung was found");
        if place < self.rungs.len() && self.sink(place, last, places) == place {
            // The rung came from another branch and may belong further up.
            self.rise(place, last, places);
        }
    }

    /// Removes all marked rungs in one pass over the ladder.
    pub fn drop_marked(&mut self, places: &mut Places) {
        let column = self.column;
        self.rungs.retain(|rung| places.0[rung.slot.index()][column] != NOWHERE);
        for place in 0..self.rungs.len() {
            self.put(place, self.rungs[place], places);
        }
        for place in (0..self.rungs.len().div_ceil(CHILDREN)).rev() {
            self.sink(place, self.rungs[place], places);
        }
    }

    /// Puts a rung at `place`, or higher up while it is reached before its parent.
    fn rise(&mut self, mut place: usize, rung: Trigger, places: &mut Places) {
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

    /// Puts a rung at `place`, or further down while a child is reached before it. Returns its
    /// place.
    fn sink(&mut self, mut place: usize, rung: Trigger, places: &mut Places) -> usize {
        loop {
            let children = children(place);
            let children = children.start..children.end.min(self.rungs.len());
            let Some(first) = children.min_by_key(|&child| self.rungs[child].key()) else { break };
            if rung.key() < self.rungs[first].key() {
                break;
            }
            self.put(place, self.rungs[first], places);
            place = first;
        }
        self.put(place, rung, places);
        place
    }

    fn put(&mut self, place: usize, rung: Trigger, places: &mut Places) {
        self.rungs[place] = rung;
        let place = u32::try_from(place).expect("there are no more rungs than slots");
        places.0[rung.slot.index()][self.column] = place;
    }
}

/// Returns the places of a rung's children; the ladder may end before them.
const fn children(place: usize) -> std::ops::Range<usize> {
    place * CHILDREN + 1..place * CHILDREN + 1 + CHILDREN
}
