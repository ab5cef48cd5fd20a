//! The positions of an instrument from the oldest to the youngest, threaded through their slots, for
//! what concerns all of them. Only instruments that need it keep the list.

use crate::instruments::InstrumentIndex;
use crate::slab::Slot;

/// The ends of an instrument's list.
#[derive(Clone, Copy, Default)]
struct Ends {
    oldest: Option<Slot>,
    youngest: Option<Slot>,
}

/// A position's neighbours in its list.
#[derive(Clone, Copy, Default)]
struct Link {
    older: Option<Slot>,
    younger: Option<Slot>,
}

/// The lists of all instruments. They are not part of a snapshot: positions are restored in their
/// order.
#[derive(Default)]
pub struct ByAge {
    links: Vec<Link>,
    /// The ends of the lists by instrument; none for an instrument without a list.
    ends: Vec<Option<Ends>>,
}

impl ByAge {
    /// Makes room for an instrument, whose list is empty if it keeps one.
    pub fn cover(&mut self, instrument: InstrumentIndex, has_list: bool) {
        if self.ends.len() <= instrument.get() {
            self.ends.resize(instrument.get() + 1, None);
        }
        self.ends[instrument.get()] = has_list.then(Ends::default);
    }

    pub fn has_list(&self, instrument: InstrumentIndex) -> bool {
        self.ends.get(instrument.get()).is_some_and(Option::is_some)
    }

    /// Adds the youngest position of an instrument, if it keeps a list.
    #[inline]
    pub fn add(&mut self, instrument: InstrumentIndex, slot: Slot) {
        if let Some(ends) = &mut self.ends[instrument.get()] {
            if self.links.len() <= slot.index() {
                self.links.resize(slot.index() + 1, Link::default());
            }
            self.links[slot.index()] = Link { older: ends.youngest, younger: None };
            match ends.youngest.replace(slot) {
                Some(older) => self.links[older.index()].younger = Some(slot),
                None => ends.oldest = Some(slot),
            }
        }
    }

    /// Removes a position of an instrument, if it keeps a list.
    #[inline]
    pub fn remove(&mut self, instrument: InstrumentIndex, slot: Slot) {
        if let Some(ends) = &mut self.ends[instrument.get()] {
            let Link { older, younger } = std::mem::take(&mut self.links[slot.index()]);
            match older {
                Some(older) => self.links[older.index()].younger = younger,
                None => ends.oldest = younger,
            }
            match younger {
                Some(younger) => self.links[younger.index()].older = older,
                None => ends.youngest = older,
            }
        }
    }

    /// Forgets the slots from `slots` on, which are free, and gives back their memory.
    pub fn release(&mut self, slots: usize) {
        self.links.truncate(slots);
        self.links.shrink_to_fit();
    }

    pub fn oldest(&self, instrument: InstrumentIndex) -> Option<Slot> {
        self.ends[instrument.get()]?.oldest
    }

    /// The next younger position.
    pub fn younger(&self, slot: Slot) -> Option<Slot> {
        self.links[slot.index()].younger
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slab::Slab;

    #[test]
    fn a_list_has_its_positions_by_age_whatever_is_removed() {
        let instrument = InstrumentIndex(1);
        let mut slab = Slab::default();
        let slots: Vec<Slot> = (0..5).map(|n| slab.insert(n)).collect();
        let mut lists = ByAge::default();
        lists.cover(InstrumentIndex(0), false);
        lists.cover(instrument, true);
        lists.add(InstrumentIndex(0), slots[0]);
        let listed = |lists: &ByAge| {
            let first = lists.oldest(instrument);
            std::iter::successors(first, |slot| lists.younger(*slot)).collect::<Vec<_>>()
        };
        for slot in &slots {
            lists.add(instrument, *slot);
        }
        assert_eq!(listed(&lists), slots);
        for (removed, left) in [(2, vec![0, 1, 3, 4]), (0, vec![1, 3, 4]), (4, vec![1, 3])] {
            lists.remove(instrument, slots[removed]);
            assert_eq!(listed(&lists), left.iter().map(|n| slots[*n]).collect::<Vec<_>>());
        }
        lists.add(instrument, slots[2]);
        assert_eq!(listed(&lists), [slots[1], slots[3], slots[2]]);
        assert!(lists.oldest(InstrumentIndex(0)).is_none());
    }
}
