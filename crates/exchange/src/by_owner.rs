//! Which positions an account holds: a list for each account, newest first, threaded through the
//! positions' slots, so that opening and closing take the same time however many there are.

use crate::slab::Slot;

/// Where an account's list begins.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnerList {
    newest: Option<Slot>,
    count: u32,
}

impl OwnerList {
    pub const fn count(self) -> usize {
        self.count as usize
    }
}

/// A position's neighbours in its owner's list.
#[derive(Clone, Copy, Default)]
struct Link {
    newer: Option<Slot>,
    older: Option<Slot>,
}

/// All lists. They are not part of a snapshot, which knows the owner of each position.
#[derive(Default)]
pub struct ByOwner {
    links: Vec<Link>,
}

impl ByOwner {
    /// Puts a position before all that are held.
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

    /// Takes a position out of the list that it is in.
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

    /// Whether a position's neighbours know it.
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
