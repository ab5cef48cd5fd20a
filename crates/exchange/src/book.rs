//! The book: every open position with its indexes by id, by owner and by trigger price, which change
//! together or not at all.

use crate::by_owner::{ByOwner, OwnerList};
use crate::index::Index;
use crate::instruments::InstrumentIndex;
use crate::position::PackedPosition;
use crate::slab::{Frozen, Slab, Slot};
use crate::triggers::{Due, Triggers};
use crate::valuation::Quote;
use messages::OrderId;
use price::{OutOfRange, Price};

/// The open positions.
#[derive(Default)]
pub struct Book {
    positions: Slab<PackedPosition>,
    by_id: Index<Slot>,
    by_owner: ByOwner,
    triggers: Triggers,
}

impl Book {
    /// Makes room for the triggers of an instrument.
    pub fn cover(&mut self, instrument: InstrumentIndex) {
        self.triggers.cover(instrument);
    }

    /// Adds a position. `list` is its owner's.
    pub fn insert(&mut self, position: PackedPosition, list: &mut OwnerList) -> Slot {
        let order_id = position.order_id;
        let slot = self.positions.insert(position);
        self.triggers.insert(self.positions.get(slot), slot);
        self.by_id.insert(order_id, slot, |slot| self.positions.get(slot).order_id);
        self.by_owner.add(list, slot);
        slot
    }

    pub fn find(&self, order_id: OrderId) -> Option<Slot> {
        self.by_id.get(order_id, |slot| self.positions.get(slot).order_id)
    }

    pub fn get(&self, slot: Slot) -> &PackedPosition {
        self.positions.get(slot)
    }

    /// The slots of an owner's positions, newest first.
    pub fn slots_of(&self, list: OwnerList) -> impl Iterator<Item = Slot> {
        self.by_owner.iter(list)
    }

    /// An owner's positions, newest first.
    pub fn of(&self, list: OwnerList) -> impl Iterator<Item = &PackedPosition> {
        self.by_owner.iter(list).map(|slot| self.positions.get(slot))
    }

    /// Replaces the stop-loss and the take-profit of a position.
    ///
    /// # Errors
    /// When a price does not fit; nothing is changed then.
    pub fn amend_exits(
        &mut self,
        slot: Slot,
        stop_loss: Option<Price>,
        take_profit: Option<Price>,
    ) -> Result<(), OutOfRange> {
        let mut changed = self.positions.get(slot).clone();
        changed.set_exits(stop_loss, take_profit)?;
        self.triggers.remove(self.positions.get(slot), slot);
        self.triggers.insert(&changed, slot);
        *self.positions.get_mut(slot) = changed;
        Ok(())
    }

    /// Removes a position from the triggers, as [`Self::take_due`] does, before it is removed.
    pub fn unwatch(&mut self, slot: Slot) {
        self.triggers.remove(self.positions.get(slot), slot);
    }

    /// Removes a position that no longer waits for prices. `list` is its owner's.
    pub fn remove(&mut self, slot: Slot, list: &mut OwnerList) -> PackedPosition {
        let position = self.positions.remove(slot);
        self.by_id.remove(position.order_id, slot);
        self.by_owner.remove(list, slot);
        position
    }

    /// Reports whether a price closes any position.
    pub fn reaches(&self, instrument: InstrumentIndex, quote: Quote) -> bool {
        self.triggers.reaches(instrument, quote)
    }

    /// Returns the positions that a price closes, in their order. They no longer wait for prices, and
    /// stay in the book until [`Self::remove`].
    pub fn take_due(&mut self, instrument: InstrumentIndex, quote: Quote) -> Vec<Due> {
        self.triggers.take(instrument, quote, &self.positions)
    }

    /// Checks that the index by id holds a position.
    ///
    /// # Panics
    /// When it does not.
    pub fn check_id(&self, slot: Slot) {
        let found = self.find(self.positions.get(slot).order_id);
        assert_eq!(found, Some(slot), "an open position has its id");
    }

    /// Checks that an owner's list holds a position.
    ///
    /// # Panics
    /// When it does not.
    pub fn check_owner(&self, slot: Slot, list: OwnerList) {
        assert!(self.by_owner.is_linked(list, slot), "an open position has an owner");
    }

    /// The number of positions.
    pub const fn len(&self) -> usize {
        self.positions.len()
    }

    /// The numbers of positions in the index by id and in the triggers.
    pub fn indexed(&self) -> (usize, usize) {
        (self.by_id.len(), self.triggers.len())
    }

    pub fn freeze(&self) -> Frozen<PackedPosition> {
        self.positions.freeze()
    }
}
