//! The book: every open position and every resting order with its indexes by id, by owner and by
//! trigger price, which change together or not at all.

use crate::by_owner::{ByOwner, OwnerList};
use crate::due::Due;
use crate::index::Index;
use crate::instruments::InstrumentIndex;
use crate::order::PackedOrder;
use crate::position::PackedPosition;
use crate::slab::{Frozen, Slab, Slot};
use crate::triggers::Triggers;
use crate::valuation::Quote;
use messages::{OrderId, OrderKind};
use price::{OutOfRange, Price};

/// The open positions and the resting orders.
#[derive(Default)]
pub struct Book {
    positions: Slab<PackedPosition>,
    by_id: Index<Slot>,
    by_owner: ByOwner,
    orders: Slab<PackedOrder>,
    orders_by_id: Index<Slot>,
    orders_by_owner: ByOwner,
    /// The number of resting orders of each kind.
    kinds: [usize; OrderKind::ALL.len()],
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
        let slot = self.restore(position, list);
        self.by_id.insert(order_id, slot, |slot| self.positions.get(slot).order_id);
        slot
    }

    /// Adds a position of a snapshot. It is found after [`Self::index_all`].
    pub fn restore(&mut self, position: PackedPosition, list: &mut OwnerList) -> Slot {
        let slot = self.positions.insert(position);
        self.triggers.insert(self.positions.get(slot), slot);
        self.by_owner.add(list, slot);
        slot
    }

    /// Indexes all positions of a snapshot by id. Reports false if two have the same.
    pub fn index_all(&mut self) -> bool {
        let ids = self.positions.entries().map(|(slot, position)| (position.order_id, slot));
        let index = Index::of(ids, |slot| self.positions.get(slot).order_id);
        index.map(|index| self.by_id = index).is_some()
    }

    /// Indexes all orders of a snapshot by id. Reports false if two have the same.
    pub fn index_all_orders(&mut self) -> bool {
        let ids = self.orders.entries().map(|(slot, order)| (order.order_id, slot));
        let index = Index::of(ids, |slot| self.orders.get(slot).order_id);
        index.map(|index| self.orders_by_id = index).is_some()
    }

    pub fn find(&self, order_id: OrderId) -> Option<Slot> {
        self.by_id.get(order_id, |slot| self.positions.get(slot).order_id)
    }

    #[inline]
    pub fn get(&self, slot: Slot) -> &PackedPosition {
        self.positions.get(slot)
    }

    /// All positions with their slots, in the order of the slots.
    pub fn entries(&self) -> impl Iterator<Item = (Slot, &PackedPosition)> {
        self.positions.entries()
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
        self.replace(slot, changed);
        Ok(())
    }

    /// Returns a position for changes of amounts for which it does not wait.
    pub fn position_mut(&mut self, slot: Slot) -> &mut PackedPosition {
        self.positions.get_mut(slot)
    }

    /// Replaces a position by one of the same id, owner and number.
    pub fn replace(&mut self, slot: Slot, changed: PackedPosition) {
        self.triggers.remove(self.positions.get(slot), slot);
        self.triggers.insert(&changed, slot);
        *self.positions.get_mut(slot) = changed;
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

    /// Moves the peaks of trailing stops to a new price, and reports whether it reaches a position
    /// or an order.
    #[inline]
    pub fn follow(&mut self, instrument: InstrumentIndex, quote: Quote, now_ms: u64) -> bool {
        self.triggers.follow(instrument, quote, now_ms)
    }

    /// Reports whether a tick reaches a position or an order.
    pub fn is_reached(&self, instrument: InstrumentIndex, quote: Quote, now_ms: u64) -> bool {
        self.triggers.is_reached(instrument, quote, now_ms)
    }

    /// Returns the positions and orders that a tick reaches, in their order. They no longer wait
    /// for prices, and stay in the book until they are removed.
    pub fn take_due(&mut self, instrument: InstrumentIndex, quote: Quote, now_ms: u64) -> Vec<Due> {
        let due = self.triggers.take((instrument, quote, now_ms), &self.positions, &self.orders);
        for order in due.iter().filter(|due| !due.is_position()) {
            self.orders.get_mut(order.slot).is_due = true;
        }
        due
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

    /// Adds an order. `list` is its owner's. A trailing stop that is active has this peak.
    pub fn insert_order(&mut self, order: PackedOrder, list: &mut OwnerList, peak: i64) -> Slot {
        let order_id = order.order_id;
        let slot = self.restore_order(order, list, peak);
        self.orders_by_id.insert(order_id, slot, |slot| self.orders.get(slot).order_id);
        slot
    }

    /// Adds an order of a snapshot like [`Self::insert_order`]. It is found after
    /// [`Self::index_all_orders`].
    pub fn restore_order(
        &mut self,
        mut order: PackedOrder,
        list: &mut OwnerList,
        peak: i64,
    ) -> Slot {
        self.kinds[order.kind as usize] += 1;
        let slot = self.orders.next_slot();
        self.triggers.insert_order(&mut order, slot, peak);
        self.orders.insert(order);
        self.orders_by_owner.add(list, slot);
        slot
    }

    #[inline]
    pub fn find_order(&self, order_id: OrderId) -> Option<Slot> {
        if self.orders.len() == 0 {
            return None;
        }
        self.orders_by_id.get(order_id, |slot| self.orders.get(slot).order_id)
    }

    #[inline]
    pub fn order(&self, slot: Slot) -> &PackedOrder {
        self.orders.get(slot)
    }

    /// All orders with their slots, in the order of the slots.
    pub fn order_entries(&self) -> impl Iterator<Item = (Slot, &PackedOrder)> {
        self.orders.entries()
    }

    /// Returns the order in a slot if it has this number. A slot may have been freed since.
    pub fn order_at(&self, slot: Slot, number: u64) -> Option<&PackedOrder> {
        self.orders.find(slot).filter(|order| order.number == number)
    }

    /// An owner's orders, by the time at which they were added, newest first.
    pub fn orders_of(&self, list: OwnerList) -> impl Iterator<Item = Slot> {
        self.orders_by_owner.iter(list)
    }

    /// Replaces an order by one of the same id and owner.
    pub fn replace_order(&mut self, slot: Slot, mut changed: PackedOrder, peak: i64) {
        let before = self.orders.get(slot);
        changed.is_due = false;
        if !before.is_due && before.trailing().is_some() {
            self.triggers.replace_trailing(before, &mut changed, slot);
            *self.orders.get_mut(slot) = changed;
            return;
        }
        if !before.is_due {
            self.triggers.remove_order(before, slot);
        }
        *self.orders.get_mut(slot) = changed;
        self.triggers.insert_order(self.orders.get_mut(slot), slot, peak);
    }

    /// Replaces an order by one that waits for the same prices.
    pub fn update_order(&mut self, slot: Slot, changed: PackedOrder) {
        *self.orders.get_mut(slot) = changed;
    }

    /// Removes an order. `list` is its owner's.
    pub fn remove_order(&mut self, slot: Slot, list: &mut OwnerList) -> PackedOrder {
        let order = self.orders.get(slot);
        if !order.is_due {
            self.triggers.remove_order(order, slot);
        }
        let order = self.orders.remove(slot);
        self.kinds[order.kind as usize] -= 1;
        self.orders_by_id.remove(order.order_id, slot);
        self.orders_by_owner.remove(list, slot);
        order
    }

    /// The peak of an active trailing stop, and the price at which it trades.
    pub fn peak_and_stop(&self, order: &PackedOrder) -> Option<(i64, Price)> {
        self.triggers.peak_and_stop(order)
    }

    /// The number of resting orders of a kind.
    pub const fn count_of(&self, kind: OrderKind) -> usize {
        self.kinds[kind as usize]
    }

    /// The number of resting orders.
    pub const fn orders_len(&self) -> usize {
        self.orders.len()
    }

    /// The number of positions.
    pub const fn len(&self) -> usize {
        self.positions.len()
    }

    /// The numbers of positions and orders in the indexes by id, and in the triggers.
    pub fn indexed(&self) -> [(usize, usize); 2] {
        [(self.by_id.len(), self.orders_by_id.len()), self.triggers.len()]
    }

    pub fn freeze(&self) -> (Frozen<PackedPosition>, FrozenOrders) {
        let orders = FrozenOrders { orders: self.orders.freeze(), peaks: self.triggers.peaks() };
        (self.positions.freeze(), orders)
    }
}

/// The resting orders at the moment of a freeze.
pub struct FrozenOrders {
    orders: Frozen<PackedOrder>,
    peaks: Vec<[Vec<(u64, i64)>; 2]>,
}

impl FrozenOrders {
    pub fn iter(&self) -> impl Iterator<Item = &PackedOrder> {
        self.orders.iter()
    }

    /// The peak of an order, if it is an active trailing stop.
    pub fn peak(&self, order: &PackedOrder) -> Option<i64> {
        let (_, activation) = order.trailing()?;
        let side = order.side.opens().opposite();
        let groups = &self.peaks[order.instrument.get()][side as usize];
        let above = groups.partition_point(|(first, _)| *first <= activation);
        Some(groups[above.checked_sub(1)?].1)
    }
}
