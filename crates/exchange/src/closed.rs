//! The memory of closed orders: long enough to answer a question or a repeated request, never
//! growing with history. The orders themselves are limited by age and number, their ids by age
//! alone: an id that is given out again must not become a second order.

use crate::index::Index;
use crate::position::Position;
use crate::slab::{Frozen, Slab, Slot};
use messages::{CloseReason, ClosedOrder, EntryId, OrderId, RequestId, Rules, UserId};
use price::{Price, Usd};
use std::collections::VecDeque;

/// A closed position, packed like the open ones, and the request that closed it if one did.
#[derive(Clone, Debug)]
pub struct ClosedPosition {
    pub position: Position,
    pub close_reason: CloseReason,
    pub close_price: Price,
    pub final_pnl: Usd,
    pub shortfall: Usd,
    pub tick_id: EntryId,
    pub closed_at_ms: u64,
    /// So that the same close sent again gives the same answer and not "closed before".
    pub closed_by: Option<RequestId>,
}

impl ClosedPosition {
    const fn id(&self) -> ClosedId {
        let Position { order_id, account, .. } = self.position;
        ClosedId { order_id, account, closed_at_ms: self.closed_at_ms }
    }

    /// As everyone else sees it.
    pub fn order(&self, user_id: UserId) -> ClosedOrder {
        ClosedOrder {
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

/// A closed position and how many were closed before it.
type Numbered = (u64, ClosedPosition);

/// The id of an order that is not in memory any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosedId {
    pub order_id: OrderId,
    pub account: Slot,
    pub closed_at_ms: u64,
}

/// Closed orders, and the ids of earlier ones.
#[derive(Default)]
pub struct ClosedOrders {
    entries: Slab<Numbered>,
    /// Oldest first.
    queue: VecDeque<Slot>,
    index: Index<Slot>,
    /// How many were ever closed.
    count: u64,
    ids: ClosedIds,
}

impl ClosedOrders {
    /// Remembers a closed position, and no more of them than the rules allow: a tick that closes a
    /// million must not first remember a million.
    pub fn push(&mut self, closed: ClosedPosition, rules: &Rules) {
        self.restore(closed);
        if self.queue.len() > rules.closed_retention_max as usize {
            self.forget_oldest(rules);
        }
    }

    /// Remembers a position of a snapshot, however many there are: what is too much is forgotten
    /// with the next entry.
    pub fn restore(&mut self, closed: ClosedPosition) {
        let order_id = closed.position.order_id;
        let slot = self.entries.insert((self.count, closed));
        self.index.insert(order_id, slot, |slot| order_id_of(&self.entries, slot));
        self.queue.push_back(slot);
        self.count += 1;
    }

    /// Remembers the id of a closed position, and not the position.
    pub fn push_id(&mut self, closed: &ClosedPosition, rules: &Rules) {
        if rules.order_id_retention_ms.is_some() {
            self.ids.push(closed.id());
        }
    }

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

    pub fn get(&self, order_id: OrderId) -> Option<&ClosedPosition> {
        let slot = self.index.get(order_id, |slot| order_id_of(&self.entries, slot))?;
        Some(&self.entries.get(slot).1)
    }

    /// Forgets what the rules say is too old or too many. Constant time when nothing is.
    pub fn forget(&mut self, now_ms: u64, rules: &Rules) {
        self.ids.forget(now_ms, rules.order_id_retention_ms.unwrap_or(0));
        while let Some(&oldest) = self.queue.front() {
            let age_ms = now_ms.saturating_sub(self.entries.get(oldest).1.closed_at_ms);
            let too_many = self.queue.len() > rules.closed_retention_max as usize;
            if age_ms <= rules.closed_retention_ms && !too_many {
                return;
            }
            self.forget_oldest(rules);
        }
    }

    fn forget_oldest(&mut self, rules: &Rules) {
        let oldest = self.queue.pop_front().expect("there is one beyond the limit");
        let (_, closed) = self.entries.remove(oldest);
        self.index.remove(closed.position.order_id, oldest);
        self.push_id(&closed, rules);
    }

    /// The entries as they are now.
    pub fn freeze(&self) -> FrozenClosed {
        FrozenClosed { entries: self.entries.freeze(), ids: self.ids.entries.freeze() }
    }
}

fn order_id_of(entries: &Slab<Numbered>, slot: Slot) -> OrderId {
    entries.get(slot).1.position.order_id
}

/// Ids of closed orders, forgotten in the order in which they came: those of a tick that closes
/// more than are remembered come before earlier ones whose orders still are, so an id may outlive
/// its time by as long as closed orders are remembered, and never falls short of it.
#[derive(Default)]
struct ClosedIds {
    entries: Slab<(u64, ClosedId)>,
    queue: VecDeque<Slot>,
    index: Index<Slot>,
    /// How many ids there ever were.
    count: u64,
}

impl ClosedIds {
    fn push(&mut self, id: ClosedId) {
        let slot = self.entries.insert((self.count, id));
        self.index.insert(id.order_id, slot, |slot| self.entries.get(slot).1.order_id);
        self.queue.push_back(slot);
        self.count += 1;
    }

    fn get(&self, order_id: OrderId) -> Option<&ClosedId> {
        let slot = self.index.get(order_id, |slot| self.entries.get(slot).1.order_id)?;
        Some(&self.entries.get(slot).1)
    }

    fn forget(&mut self, now_ms: u64, retention_ms: u64) {
        while let Some(&oldest) = self.queue.front() {
            let (_, ClosedId { order_id, closed_at_ms, .. }) = *self.entries.get(oldest);
            if now_ms.saturating_sub(closed_at_ms) <= retention_ms {
                return;
            }
            self.queue.pop_front();
            self.entries.remove(oldest);
            self.index.remove(order_id, oldest);
        }
    }
}

/// Closed orders, and the ids of earlier ones, as they were at one moment.
pub struct FrozenClosed {
    entries: Frozen<Numbered>,
    ids: Frozen<(u64, ClosedId)>,
}

impl FrozenClosed {
    /// In the order in which they were closed.
    pub fn sorted(&self) -> Vec<&ClosedPosition> {
        let mut entries: Vec<&Numbered> = self.entries.iter().collect();
        entries.sort_unstable_by_key(|(number, _)| *number);
        entries.into_iter().map(|(_, closed)| closed).collect()
    }

    /// In the order in which they are forgotten.
    pub fn sorted_ids(&self) -> Vec<&ClosedId> {
        let mut ids: Vec<&(u64, ClosedId)> = self.ids.iter().collect();
        ids.sort_unstable_by_key(|(number, _)| *number);
        ids.into_iter().map(|(_, id)| id).collect()
    }
}
