//! Lists of positions or orders, such as those of one account: newest first, threaded through their
//! slots, so that adding and removing take constant time.

use crate::slab::Slot;

/// The head of an account's list.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnerList {
    newest: Option<Slot>,
    count: u32,
}

impl OwnerList {
    pub const fn count(self) -> usize {
        self.count as usize
    }

    pub const fn newest(self) -> Option<Slot> {
        self.newest
    }
}

/// A position's neighbours in its owner's list.
#[derive(Clone, Copy, Default)]
struct Link {
    newer: Option<Slot>,
    older: Option<Slot>,
}

/// The lists of all accounts. They are not part of a snapshot, which stores the owner of each
/// position.
#[derive(Default)]
pub struct ByOwner {
    links: Vec<Link>,
}

impl ByOwner {
    /// Adds a position at the head of a list.
    pub fn add(&mut self, held: &mut OwnerList, slot: Slot) {
        if self.links.len() <= slot.index() {
            self.links.resize(slot.index() + 1, Link::default());
        }
        self.links[slot.index()] = Link { newer: None, older: held.newest };
        if let Some(next) = held.newest {
            self.links[next.index()].newer = Some(slot);
        }
        held.newest = Some(slot);
        held.count += 1;
    }

    /// Removes a position from its list.
    pub fn remove(&mut self, held: &mut OwnerList, slot: Slot) {
        let Link { newer, older } = std::mem::take(&mut self.links[slot.index()]);
        if let Some(newer) = newer {
            self.links[newer.index()].older = older;
        } else {
            assert_eq!(held.newest, Some(slot), "a position is in its owner's list");
            held.newest = older;
        }
        if let Some(older) = older {
            self.links[older.index()].newer = newer;
        }
        held.count -= 1;
    }

    /// Forgets the slots from `slots` on, which are free, and gives back their memory.
    pub fn release(&mut self, slots: usize) {
        self.links.truncate(slots);
        self.links.shrink_to_fit();
    }

    /// Reports whether a position's neighbours link to it.
    pub fn is_linked(&self, held: OwnerList, slot: Slot) -> bool {
        let Link { newer, older } = self.links[slot.index()];
        let before = newer.map_or(held.newest, |newer| self.links[newer.index()].older);
        before == Some(slot)
            && older.is_none_or(|older| self.links[older.index()].newer == Some(slot))
    }

    /// The positions of one account, newest first.
    pub fn iter(&self, held: OwnerList) -> impl Iterator<Item = Slot> {
        std::iter::successors(held.newest, |slot| self.links[slot.index()].older)
    }
}
