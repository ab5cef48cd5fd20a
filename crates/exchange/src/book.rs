//! The book: every open position and every resting order with its indexes by id, by owner and by
//! trigger price, which change together or not at all.

use crate::by_age::ByAge;
use crate::by_owner::{ByOwner, OwnerList};
use crate::due::Due;
use crate::frozen_orders::FrozenOrders;
use crate::index::Index;
use crate::instruments::InstrumentIndex;
use crate::of_instrument::Prices;
use crate::order::PackedOrder;
use crate::position::PackedPosition;
use crate::slab::{Frozen, Slab, Slot};
use crate::triggers::Triggers;
use crate::valuation::Quote;
use crate::watch::Sources;
use messages::{Instrument, LiquidationModel, OrderId, OrderKind};
use price::{OutOfRange, Price};

/// The open positions and the resting orders.
#[derive(Default)]
pub struct Book {
    positions: Slab<PackedPosition>,
    by_id: Index<Slot>,
    by_owner: ByOwner,
    by_age: ByAge,
    orders: Slab<PackedOrder>,
    orders_by_id: Index<Slot>,
    orders_by_owner: ByOwner,
    /// The number of resting orders of each kind.
    kinds: [usize; OrderKind::ALL.len()],
    triggers: Triggers,
}

impl Book {
    /// Makes room for an instrument, or changes what is kept about its positions and orders.
    pub fn cover(&mut self, instrument: InstrumentIndex, terms: &Instrument) {
        let is_new = !self.triggers.is_covered(instrument);
        let sources = Sources::of(terms);
        let has_list =
            terms.funding.is_some() || terms.liquidation_model == LiquidationModel::Maintenance;
        if is_new {
            self.triggers.cover(instrument, sources);
            self.by_age.cover(instrument, has_list);
            return;
        }
        if sources != self.triggers.sources(instrument) {
            self.rehome(instrument, sources);
        }
        // A list stays: the entry that ends the need for it may still change all positions.
        if has_list && !self.by_age.has_list(instrument) {
            self.by_age.cover(instrument, has_list);
            for slot in self.positions_in(instrument) {
                self.by_age.add(instrument, slot);
            }
        }
    }

    /// Lets everything in an instrument wait for other prices. Takes time in proportion to all
    /// positions and orders.
    fn rehome(&mut self, instrument: InstrumentIndex, sources: Sources) {
        let positions = self.positions_in(instrument);
        for slot in &positions {
            self.triggers.remove(self.positions.get(*slot), *slot);
        }
        let orders = self.orders.entries().filter(|(_, order)| order.instrument == instrument);
        let mut orders: Vec<(Slot, i64)> = orders
            .map(|(slot, order)| {
                let peak = self.triggers.peak_and_stop(order).map_or(0, |(peak, _)| peak);
                (slot, peak)
            })
            .collect();
        for (slot, _) in &orders {
            self.triggers.remove_order(self.orders.get(*slot), *slot);
        }
        self.triggers.cover(instrument, sources);
        for slot in &positions {
            self.triggers.insert(self.positions.get(*slot), *slot);
        }
        // Trails take those with better peaks first.
        orders.sort_by_key(|(slot, peak)| (*peak, self.orders.get(*slot).number));
        for (slot, peak) in orders {
            self.triggers.insert_order(self.orders.get_mut(slot), slot, peak);
        }
    }

    /// The positions of an instrument, oldest first, by a look at all positions.
    pub fn positions_in(&self, instrument: InstrumentIndex) -> Vec<Slot> {
        let entries = self.positions.entries();
        let of = entries.filter(|(_, position)| position.instrument == instrument);
        let mut slots: Vec<(u64, Slot)> =
            of.map(|(slot, position)| (position.number, slot)).collect();
        slots.sort_unstable_by_key(|(number, _)| *number);
        slots.into_iter().map(|(_, slot)| slot).collect()
    }

    /// The oldest position of an instrument that keeps its positions by age.
    pub fn oldest(&self, instrument: InstrumentIndex) -> Option<Slot> {
        self.by_age.oldest(instrument)
    }

    /// The next younger position of the same instrument.
    pub fn younger(&self, slot: Slot) -> Option<Slot> {
        self.by_age.younger(slot)
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
        let position = self.positions.get(slot);
        self.triggers.insert(position, slot);
        self.by_age.add(position.instrument, slot);
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
        self.by_age.remove(position.instrument, slot);
        self.by_owner.remove(list, slot);
        position
    }

    /// Moves the peaks of trailing stops to new prices, and reports whether these reach a position
    /// or an order.
    #[inline]
    pub fn follow(&mut self, instrument: InstrumentIndex, prices: Prices) -> bool {
        self.triggers.follow(instrument, prices)
    }

    /// Moves the peaks of trailing stops that follow the quote, and reports whether it reaches a
    /// position or an order.
    #[inline]
    pub fn follow_quote(&mut self, instrument: InstrumentIndex, quote: Quote, now_ms: u64) -> bool {
        self.triggers.follow_quote(instrument, quote, now_ms)
    }

    /// Reports whether prices reach a position or an order.
    pub fn is_reached(&self, instrument: InstrumentIndex, prices: Prices) -> bool {
        self.triggers.is_reached(instrument, prices)
    }

    /// Returns the positions and orders that prices reach, in their order. They no longer wait for
    /// prices, and stay in the book until they are removed.
    pub fn take_due(&mut self, instrument: InstrumentIndex, prices: Prices) -> Vec<Due> {
        let due = self.triggers.take(instrument, prices, &self.positions, &self.orders);
        for order in due.iter().filter(|due| !due.is_position()) {
            self.orders.get_mut(order.slot).is_due = true;
        }
        due
    }

    /// Returns the orders that wait for the next quote and are meant, like [`Self::take_due`].
    pub fn take_waiting(
        &mut self,
        instrument: InstrumentIndex,
        is_meant: impl Fn(&PackedOrder) -> bool,
    ) -> Vec<Due> {
        let due = self.triggers.take_waiting(instrument, &self.orders, is_meant);
        for due in &due {
            self.orders.get_mut(due.slot).is_due = true;
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

    /// Gives back the memory that the positions and orders left do not need.
    pub fn release(&mut self) {
        let slots = [self.positions.release(), self.orders.release()];
        self.by_id.release(|slot| self.positions.get(slot).order_id);
        self.orders_by_id.release(|slot| self.orders.get(slot).order_id);
        self.by_owner.release(slots[0]);
        self.by_age.release(slots[0]);
        self.orders_by_owner.release(slots[1]);
        self.triggers.release(slots);
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
        let orders = FrozenOrders::new(self.orders.freeze(), self.triggers.peaks());
        (self.positions.freeze(), orders)
    }
}
