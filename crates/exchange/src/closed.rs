//! The memory of closed orders: long enough to answer a question or a repeated request, never
//! growing with history.

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

/// Closed orders.
#[derive(Default)]
pub struct ClosedOrders {
    entries: Slab<Numbered>,
    /// Oldest first.
    queue: VecDeque<Slot>,
    index: Index<Slot>,
    /// How many were ever closed.
    count: u64,
}

impl ClosedOrders {
    /// Remembers a closed position, and no more of them than `max`: a tick that closes a million
    /// must not first remember a million.
    pub fn push(&mut self, closed: ClosedPosition, max: u32) {
        let order_id = closed.position.order_id;
        let slot = self.entries.insert((self.count, closed));
        self.index.insert(order_id, slot, |slot| order_id_of(&self.entries, slot));
        self.queue.push_back(slot);
        self.count += 1;
        if self.queue.len() > max as usize {
            self.forget_oldest();
        }
    }

    pub fn get(&self, order_id: OrderId) -> Option<&ClosedPosition> {
        let slot = self.index.get(order_id, |slot| order_id_of(&self.entries, slot))?;
        Some(&self.entries.get(slot).1)
    }

    /// Forgets what the rules say is too old or too many. Constant time when nothing is.
    pub fn forget(&mut self, now_ms: u64, rules: &Rules) {
        while let Some(&oldest) = self.queue.front() {
            let age_ms = now_ms.saturating_sub(self.entries.get(oldest).1.closed_at_ms);
            let too_many = self.queue.len() > rules.closed_retention_max as usize;
            if age_ms <= rules.closed_retention_ms && !too_many {
                return;
            }
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let oldest = self.queue.pop_front().expect("there is one beyond the limit");
        let (_, closed) = self.entries.remove(oldest);
        self.index.remove(closed.position.order_id, oldest);
    }

    /// The entries as they are now.
    pub fn freeze(&self) -> FrozenClosed {
        FrozenClosed(self.entries.freeze())
    }
}

fn order_id_of(entries: &Slab<Numbered>, slot: Slot) -> OrderId {
    entries.get(slot).1.position.order_id
}

/// Closed orders as they were at one moment.
pub struct FrozenClosed(Frozen<Numbered>);

impl FrozenClosed {
    /// In the order in which they were closed.
    pub fn sorted(&self) -> Vec<&ClosedPosition> {
        let mut entries: Vec<&Numbered> = self.0.iter().collect();
        entries.sort_unstable_by_key(|(number, _)| *number);
        entries.into_iter().map(|(_, closed)| closed).collect()
    }
}
