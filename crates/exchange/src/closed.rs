//! The memory of closed orders: long enough to answer a question or a repeated request, never
//! growing with history.

use crate::index::Index;
use messages::{ClosedOrder, OrderId, RequestId, Rules};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;

/// A closed order, and the request that closed it if one did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedEntry {
    pub order: ClosedOrder,
    /// So that the same close sent again gives the same answer and not "closed before".
    pub closed_by: Option<RequestId>,
}

/// Closed orders, oldest first.
#[derive(Default)]
pub struct ClosedOrders {
    entries: VecDeque<Arc<ClosedEntry>>,
    /// By order, how many were closed before it, ever.
    index: Index<OrderId, u64>,
    /// How many have left memory.
    forgotten: u64,
}

impl ClosedOrders {
    pub fn push(&mut self, entry: ClosedEntry) {
        let number = self.forgotten + self.entries.len() as u64;
        self.index.insert(entry.order.order.order_id, number);
        self.entries.push_back(Arc::new(entry));
    }

    pub fn get(&self, order_id: OrderId) -> Option<&ClosedEntry> {
        let number = self.index.get(order_id)?;
        let offset = usize::try_from(number - self.forgotten).expect("it was an index into memory");
        self.entries.get(offset).map(Arc::as_ref)
    }

    /// Forgets what the rules say is too old or too many. Constant time when nothing is.
    pub fn forget(&mut self, now_ms: u64, rules: &Rules) {
        while let Some(oldest) = self.entries.front() {
            let age_ms = now_ms.saturating_sub(oldest.order.closed_at_ms);
            let too_many = self.entries.len() > rules.closed_retention_max as usize;
            if age_ms <= rules.closed_retention_ms && !too_many {
                return;
            }
            self.index.remove(oldest.order.order.order_id);
            self.entries.pop_front();
            self.forgotten += 1;
        }
    }

    /// The entries as they are now, oldest first.
    pub fn freeze(&self) -> Vec<Arc<ClosedEntry>> {
        self.entries.iter().cloned().collect()
    }
}
