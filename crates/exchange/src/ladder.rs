//! Trigger prices in the order in which a moving price reaches them.

use crate::slab::Slot;

/// The number of children of a trigger. With eight, a heap of a million is seven levels deep, and
/// the children that are compared are adjacent in memory.
const CHILDREN: usize = 8;

/// The kinds of things that wait for a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    Position,
    Order,
}

/// The price for which a position or an order waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// The price, negated for triggers that falling prices reach: the lowest is reached first.
    pub along: i64,
    /// The number of the position or order.
    pub number: u64,
    /// Its slot.
    pub slot: Slot,
    pub of: Waiting,
}

impl Trigger {
    /// The sort key, lowest first: by price, and the older before the younger. A single number,
    /// because comparing two of them needs no branch.
    fn key(&self) -> i128 {
        (i128::from(self.along) << 64) | i128::from(self.number)
    }
}

/// The places of the triggers by slot, of positions and of orders: one for each ladder that one of
/// them can be in at once.
#[derive(Default)]
pub struct Places([Vec<[u32; LADDERS]>; 2]);

/// The number of ladders in which a position can be at once: that of its liquidation price, and those
/// of its exits, where another price reaches them.
const LADDERS: usize = 3;

/// The marker for a trigger that is to be dropped.
const NOWHERE: u32 = u32::MAX;

impl Places {
    /// Makes room for a position or an order.
    pub fn cover(&mut self, of: Waiting, slot: Slot) {
        let places = &mut self.0[of as usize];
        if places.len() <= slot.index() {
            places.resize(slot.index() + 1, Default::default());
        }
    }

    /// Marks the triggers of a position or an order for [`Ladder::drop_marked`].
    pub fn mark(&mut self, of: Waiting, slot: Slot) {
        self.0[of as usize][slot.index()] = [NOWHERE; LADDERS];
    }

    /// Forgets the slots from `slots` on, which are free, and gives back their memory.
    pub fn release(&mut self, of: Waiting, slots: usize) {
        let places = &mut self.0[of as usize];
        places.truncate(slots);
        places.shrink_to_fit();
    }

    fn of(&mut self, trigger: &Trigger) -> &mut [u32; LADDERS] {
        &mut self.0[trigger.of as usize][trigger.slot.index()]
    }
}

/// A heap of trigger prices. A sorted tree would do more than needed: only the next trigger is ever
/// looked up, and most positions are closed by their owners long before their turn. In a heap, a new
/// trigger usually stays at the end where it is added, and a removed one usually has no children.
pub struct Ladder {
    /// The index of this ladder among the places of a position, and among those of an order.
    columns: [usize; 2],
    triggers: Vec<Trigger>,
}

impl Ladder {
    /// Creates a ladder of one of the kinds in which a position, and an order, can be at once.
    pub const fn new(of_positions: usize, of_orders: usize) -> Self {
        Self { columns: [of_positions, of_orders], triggers: Vec::new() }
    }

    /// Counts the triggers of positions, or of orders.
    pub fn count(&self, of: Waiting) -> usize {
        self.triggers.iter().filter(|trigger| trigger.of == of).count()
    }

    /// Reports whether a price at `along` has reached any trigger.
    pub fn is_reached(&self, along: i64) -> bool {
        self.triggers.first().is_some_and(|next| next.along <= along)
    }

    /// Returns the triggers that a price at `along` has reached, in an arbitrary order.
    pub fn reached(&self, along: i64) -> Vec<Trigger> {
        let mut reached = Vec::new();
        let mut unseen = vec![0];
        while let Some(place) = unseen.pop() {
            if let Some(trigger) = self.triggers.get(place).filter(|trigger| trigger.along <= along)
            {
                reached.push(*trigger);
                unseen.extend(children(place));
            }
        }
        reached
    }

    pub fn insert(&mut self, trigger: Trigger, places: &mut Places) {
        if self.triggers.len() == self.triggers.capacity() {
            // Doubling would leave up to half of the capacity unused.
            self.triggers.reserve_exact(self.triggers.len() / 4 + CHILDREN);
        }
        let end = self.triggers.len();
        self.triggers.push(trigger);
        self.rise(end, trigger, places);
    }

    /// Removes a trigger.
    ///
    /// # Panics
    /// When the ladder does not hold it.
    pub fn remove(&mut self, trigger: Trigger, places: &mut Places) {
        let place = places.of(&trigger)[self.column(&trigger)] as usize;
        let found = self.triggers.get(place);
        assert!(found == Some(&trigger), "a trigger leaves the ladder with the price it has there");
        let last = self.triggers.pop().expect("the trigger was found");
        if place < self.triggers.len() && self.sink(place, last, places) == place {
            // The trigger came from another branch and may belong further up.
            self.rise(place, last, places);
        }
    }

    /// Gives back the memory that the triggers left do not need.
    pub fn release(&mut self) {
        self.triggers.shrink_to_fit();
    }

    /// Removes all marked triggers in one pass over the ladder.
    pub fn drop_marked(&mut self, places: &mut Places) {
        let columns = self.columns;
        self.triggers.retain(|trigger| places.of(trigger)[columns[trigger.of as usize]] != NOWHERE);
        for place in 0..self.triggers.len() {
            self.put(place, self.triggers[place], places);
        }
        for place in (0..self.triggers.len().div_ceil(CHILDREN)).rev() {
            self.sink(place, self.triggers[place], places);
        }
    }

    /// Puts a trigger at `place`, or higher up while it is reached before its parent.
    fn rise(&mut self, mut place: usize, trigger: Trigger, places: &mut Places) {
        while place > 0 {
            let parent = (place - 1) / CHILDREN;
            if self.triggers[parent].key() < trigger.key() {
                break;
            }
            self.put(place, self.triggers[parent], places);
            place = parent;
        }
        self.put(place, trigger, places);
    }

    /// Puts a trigger at `place`, or further down while a child is reached before it. Returns its
    /// place.
    fn sink(&mut self, mut place: usize, trigger: Trigger, places: &mut Places) -> usize {
        loop {
            let children = children(place);
            let children = children.start..children.end.min(self.triggers.len());
            let Some(first) = children.min_by_key(|&child| self.triggers[child].key()) else {
                break;
            };
            if trigger.key() < self.triggers[first].key() {
                break;
            }
            self.put(place, self.triggers[first], places);
            place = first;
        }
        self.put(place, trigger, places);
        place
    }

    fn put(&mut self, place: usize, trigger: Trigger, places: &mut Places) {
        self.triggers[place] = trigger;
        let place = u32::try_from(place).expect("there are no more triggers than slots");
        places.of(&trigger)[self.column(&trigger)] = place;
    }

    const fn column(&self, trigger: &Trigger) -> usize {
        self.columns[trigger.of as usize]
    }
}

/// Returns the places of a trigger's children; the ladder may end before them.
const fn children(place: usize) -> std::ops::Range<usize> {
    place * CHILDREN + 1..place * CHILDREN + 1 + CHILDREN
}
