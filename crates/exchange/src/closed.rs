//! The closed orders in memory, kept long enough to answer a query or a repeated request, and never
//! growing with history. The orders are limited by age and number, their ids by age alone: a
//! repeated id must not open a second order.

use crate::index::Index;
use crate::position::PackedPosition;
use crate::slab::{Frozen, Slab, Slot};
use messages::{CloseReason, ClosedPosition, EntryId, OrderId, RequestId, Rules, Symbol, UserId};
use price::{Price, Usd};
use std::collections::VecDeque;

/// A closed position, packed like the open ones, and the request that closed it if one did.
#[derive(Clone, Debug)]
pub struct PackedClosedPosition {
    pub position: PackedPosition,
    pub close_reason: CloseReason,
    pub close_price: Price,
    pub final_pnl: Usd,
    pub shortfall: Usd,
    pub tick_id: EntryId,
    pub closed_at_ms: u64,
    /// The request that closed it, so that the same close sent again gets the same response and not
    /// "already closed".
    pub closed_by: Option<RequestId>,
}

impl PackedClosedPosition {
    const fn id(&self) -> ClosedId {
        let PackedPosition { order_id, account, .. } = self.position;
        ClosedId { order_id, account, closed_at_ms: self.closed_at_ms }
    }

    /// The position as other services see it.
    pub fn order(&self, user_id: UserId, symbol: Symbol) -> ClosedPosition {
        ClosedPosition {
            order: self.position.order(user_id, symbol),
            close_reason: self.close_reason,
            close_price: self.close_price,
            final_pnl: self.final_pnl,
            shortfall: self.shortfall,
            tick_id: self.tick_id,
            closed_at_ms: self.closed_at_ms,
        }
    }
}

/// The id of an order that is no longer in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosedId {
    pub order_id: OrderId,
    pub account: Slot,
    pub closed_at_ms: u64,
}

/// Closed orders, and the ids of earlier ones.
#[derive(Default)]
pub struct ClosedPositions {
    orders: Memory<PackedClosedPosition>,
    /// Evicted in order of insertion. A tick that closes more orders than are kept inserts its ids
    /// before those of earlier orders that are still in memory, so an id may outlive its time by
    /// the retention of closed orders. It is never evicted early.
    ids: Memory<ClosedId>,
}

impl ClosedPositions {
    /// Stores a closed position and evicts what exceeds the limit at once: a tick that closes a
    /// million must not store a million first.
    pub fn push(&mut self, closed: PackedClosedPosition, rules: &Rules) {
        self.orders.push(closed);
        if self.orders.len() > rules.closed_retention_max as usize {
            self.evict_oldest(rules);
        }
    }

    /// Stores a position of a snapshot without a limit; the next entry evicts the excess.
    pub fn restore(&mut self, closed: PackedClosedPosition) {
        self.orders.push(closed);
    }

    /// Stores the id of a closed position without the position.
    pub fn push_id(&mut self, closed: &PackedClosedPosition, rules: &Rules) {
        if rules.order_id_retention_ms.is_some() {
            self.ids.push(closed.id());
        }
    }

    /// Stores an id of a snapshot.
    pub fn restore_id(&mut self, id: ClosedId) {
        self.ids.push(id);
    }

    /// Reports whether an order with this id was closed, as far back as ids are kept.
    pub fn knows(&self, order_id: OrderId) -> bool {
        self.get(order_id).is_some() || self.ids.get(order_id).is_some()
    }

    /// Returns the owner of an order of which only the id is kept.
    pub fn id_owner(&self, order_id: OrderId) -> Option<Slot> {
        self.ids.get(order_id).map(|id| id.account)
    }

    pub fn get(&self, order_id: OrderId) -> Option<&PackedClosedPosition> {
        self.orders.get(order_id)
    }

    /// Evicts entries beyond the age and number that the rules allow. Takes constant time if there
    /// are none.
    pub fn evict(&mut self, now_ms: u64, rules: &Rules) {
        let is_older = |closed_at_ms, than_ms| now_ms.saturating_sub(closed_at_ms) > than_ms;
        let id_retention_ms = rules.order_id_retention_ms.unwrap_or(0);
        while self.ids.oldest().is_some_and(|id| is_older(id.closed_at_ms, id_retention_ms)) {
            self.ids.pop_oldest();
        }
        while let Some(oldest) = self.orders.oldest() {
            let too_many = self.orders.len() > rules.closed_retention_max as usize;
            if !is_older(oldest.closed_at_ms, rules.closed_retention_ms) && !too_many {
                return;
            }
            self.evict_oldest(rules);
        }
    }

    fn evict_oldest(&mut self, rules: &Rules) {
        if let Some(closed) = self.orders.pop_oldest() {
            self.push_id(&closed, rules);
        }
    }

    /// Shares the current entries.
    pub fn freeze(&self) -> FrozenClosed {
        FrozenClosed { orders: self.orders.freeze(), ids: self.ids.freeze() }
    }
}

/// Closed orders and the ids of earlier ones at the moment of a freeze.
pub struct FrozenClosed {
    orders: FrozenMemory<PackedClosedPosition>,
    ids: FrozenMemory<ClosedId>,
}

impl FrozenClosed {
    /// The closed positions, in the order in which they were closed.
    pub fn sorted(&self) -> Vec<&PackedClosedPosition> {
        self.orders.sorted()
    }

    /// The ids, in the order of eviction.
    pub fn sorted_ids(&self) -> Vec<&ClosedId> {
        self.ids.sorted()
    }
}

/// A value that is found by the id of an order.
trait Remembered: Clone {
    fn order_id(&self) -> OrderId;
}

impl Remembered for PackedClosedPosition {
    fn order_id(&self) -> OrderId {
        self.position.order_id
    }
}

impl Remembered for ClosedId {
    fn order_id(&self) -> OrderId {
        self.order_id
    }
}

/// Values that are evicted in order of insertion and found by order id.
struct Memory<T> {
    /// Each value with the number of values inserted before it.
    entries: Slab<(u64, T)>,
    /// The slots, oldest first.
    queue: VecDeque<Slot>,
    index: Index<Slot>,
    /// The number of values ever inserted.
    count: u64,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        let (entries, queue, index) = (Slab::default(), VecDeque::new(), Index::default());
        Self { entries, queue, index, count: 0 }
    }
}

impl<T: Remembered> Memory<T> {
    fn push(&mut self, value: T) {
        let order_id = value.order_id();
        let slot = self.entries.insert((self.count, value));
        self.index.insert(order_id, slot, |slot| self.entries.get(slot).1.order_id());
        self.queue.push_back(slot);
        self.count += 1;
    }

    fn get(&self, order_id: OrderId) -> Option<&T> {
        let slot = self.index.get(order_id, |slot| self.entries.get(slot).1.order_id())?;
        Some(&self.entries.get(slot).1)
    }

    fn oldest(&self) -> Option<&T> {
        self.queue.front().map(|&slot| &self.entries.get(slot).1)
    }

    fn pop_oldest(&mut self) -> Option<T> {
        let oldest = self.queue.pop_front()?;
        let (_, value) = self.entries.remove(oldest);
        self.index.remove(value.order_id(), oldest);
        Some(value)
    }

    fn len(&self) -> usize {
        self.queue.len()
    }

    fn freeze(&self) -> FrozenMemory<T> {
        FrozenMemory(self.entries.freeze())
    }
}

struct FrozenMemory<T>(Frozen<(u64, T)>);

impl<T> FrozenMemory<T> {
    /// The values, oldest first.
    fn sorted(&self) -> Vec<&T> {
        let mut entries: Vec<&(u64, T)> = self.0.iter().collect();
        entries.sort_unstable_by_key(|(number, _)| *number);
        entries.into_iter().map(|(_, value)| value).collect()
    }
}
