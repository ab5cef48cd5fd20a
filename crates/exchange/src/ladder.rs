//! Trigger prices in the order in which a moving price reaches them.

use crate::slab::Slot;

/// Children of a rung. With eight, a heap of a million is seven deep, and the children that are
/// compared lie side by side in memory.
const CHILDREN: usize = 8;

/// One position's trigger price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// The price, or its opposite where prices fall to it: the lower is reached first.
    pub along: i64,
    /// The position's number.
    pub number: u64,
    /// Where the position is.
    pub slot: Slot,
}

impl Trigger {
    /// What is reached first is lowest: by price, and the older position before the younger. One
    /// number, because comparing two of them does not make the processor guess.
    fn key(&self) -> i128 {
        (i128::from(self.along) << 64) | i128::from(self.number)
    }
}

/// Where the positions' rungs are, by slot: one place for each ladder that a position can be in.
#[derive(Default)]
pub struct Places(Vec<[u32; 2]>);

/// The place of a rung that is to be dropped.
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

/// A heap. A tree that keeps everything in order does more than is asked: only the next rung is
/// ever looked for, and most positions are closed by their owners long before it is theirs. Here
/// a new rung mostly stays at the end, where it is put, and one that goes mostly has no children.
pub struct Ladder {
    /// Which of a position's places is in this ladder.
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

    /// Whether a price that has come so far has reached any rung.
    pub fn is_reached(&self, along: i64) -> bool {
        self.rungs.first().is_some_and(|next| next.along <= along)
    }

    /// The rungs that such a price has reached, in no order that means anything.
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
            // Doubling would leave up to half of it unused.
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
    pub fn remove(&mut self, rung: Trigger, places: &mut Places) {
        let place = places.0[rung.slot.index()][self.column] as usize;
        let found = self.rungs.get(place);
        assert!(found == Some(&rung), "a position leaves the ladder with the price it has there");
        let last = self.rungs.pop().expect("the rung was found");
        if place < self.rungs.len() && self.sink(place, last, places) == place {
            // It came from another branch, and may belong above.
            self.rise(place, last, places);
        }
    }

    /// Takes out all rungs that are marked, in one go through the ladder.
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

    /// Puts a rung at `place` or, as long as it is reached before its parent, higher up.
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

    /// Puts a rung at `place` or, as long as a child is reached before it, further down. Gives
    /// where it is then.
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

/// Where the children of a rung are, as far as the ladder reaches.
const fn children(place: usize) -> std::ops::Range<usize> {
    place * CHILDREN + 1..place * CHILDREN + 1 + CHILDREN
}
