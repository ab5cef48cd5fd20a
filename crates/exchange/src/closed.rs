//! The memory of closed orders: long enough to answer a question or a repeated request, never
//! growing with history. The orders themselves are limited by age and number, their ids by age
//! alone: an id that is given out again must not become a second order.

use crate::index::Index;
use crate::position::PackedPosition;
use crate::slab::{Frozen, Slab, Slot};
use messages::{CloseReason, ClosedPosition, EntryId, OrderId, RequestId, Rules, UserId};
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
    /// So that the same close sent again gives the same answer and not "closed before".
    pub closed_by: Option<RequestId>,
}

impl PackedClosedPosition {
    const fn id(&self) -> ClosedId {
        let PackedPosition { order_id, account, .. } = self.position;
        ClosedId { order_id, account, closed_at_ms: self.closed_at_ms }
    }

    /// As everyone else sees it.
    pub fn order(&self, user_id: UserId) -> ClosedPosition {
        ClosedPosition {
            order: self.position.order(user_id),
            close_reason: self.close_reason,
            close_price: self.close_price,
            final_pnl: self.final_pnl,
            shortfall: self.shortfall,
            tick_id: self.tick_id,
            closed_at_ms: self.closed_at_ms,
        }
    }
}

/// The id of an order that is not in memory any more.
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
    /// Forgotten in the order in which they came: those of a tick that closes more than are
    /// remembered come before earlier ones whose orders still are, so an id may outlive its time by
    /// as long as closed orders are remembered, and never falls short of it.
    ids: Memory<ClosedId>,
}

impl ClosedPositions {
    /// Remembers a closed position, and no more of them than the rules allow: a tick that closes a
    /// million must not first remember a million.
    pub fn push(&mut self, closed: PackedClosedPosition, rules: &Rules) {
        self.orders.push(closed);
        if self.orders.len() > rules.closed_retention_max as usize {
            self.forget_oldest(rules);
        }
    }

    /// Remembers a position of a snapshot, however many there are: what is too much is forgotten
    /// with the next entry.
    pub fn restore(&mut self, closed: PackedClosedPosition) {
        self.orders.push(closed);
    }

    /// Remembers the id of a closed position, and not the position.
    pub fn push_id(&mut self, closed: &PackedClosedPosition, rules: &Rules) {
        if rules.order_id_retention_ms.is_some() {
            self.ids.push(closed.id());
        }
    }

    /// Remembers an id of a snapshot.
    pub fn restore_id(&mut self, id: ClosedId) {
        self.ids.push(id);
    }

    /// Whether an order with this id was closed, as far back as ids are remembered.
    pub fn knows(&self, order_id: OrderId) -> bool {
        self.get(order_id).is_some() || self.ids.get(order_id).is_some()
    }

    /// Whose order had an id of which nothing else is remembered.
    pub fn id_owner(&self, order_id: OrderId) -> Option<Slot> {
        self.ids.get(order_id).map(|id| id.account)
    }

    pub fn get(&self, order_id: OrderId) -> Option<&PackedClosedPosition> {
        self.orders.get(order_id)
    }

    /// Forgets what the rules say is too old or too many. Constant time when nothing is.
    pub fn forget(&mut self, now_ms: u64, rules: &Rules) {
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
            self.forget_oldest(rules);
        }
    }

    fn forget_oldest(&mut self, rules: &Rules) {
        if let Some(closed) = self.orders.pop_oldest() {
            self.push_id(&closed, rules);
        }
    }

    /// The entries as they are now.
    pub fn freeze(&self) -> FrozenClosed {
        FrozenClosed { orders: self.orders.freeze(), ids: self.ids.freeze() }
    }
}

/// Closed orders, and the ids of earlier ones, as they were at one moment.
pub struct FrozenClosed {
    orders: FrozenMemory<PackedClosedPosition>,
    ids: FrozenMemory<ClosedId>,
}

impl FrozenClosed {
    /// In the order in which they were closed.
    pub fn sorted(&self) -> Vec<&PackedClosedPosition> {
        self.orders.sorted()
    }

    /// In the order in which they are forgotten.
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

/// Values that are forgotten in the order in which they came, and found by order id.
struct Memory<T> {
    /// Each with how many came before it.
    entries: Slab<(u64, T)>,
    /// Oldest first.
    queue: VecDeque<Slot>,
    index: Index<Slot>,
    /// How many ever came.
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
    /// Oldest first.
    fn sorted(&self) -> Vec<&T> {
        let mut entries: Vec<&(u64, T)> = self.0.iter().collect();
        entries.sort_unstable_by_key(|(number, _)| *number);
        entries.into_iter().map(|(_, value)| value).collect()
    }
}
