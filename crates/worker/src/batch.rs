//! A batch of deliveries to store together.

use crate::settings::Batching;
use std::time::Duration;
use streams::Delivery;
use tokio::time::Instant;

/// Deliveries not stored yet, each with the item decoded from it.
pub struct Batch<T> {
    pub items: Vec<T>,
    pub deliveries: Vec<Delivery>,
    since: Option<Instant>,
}

impl<T> Batch<T> {
    pub const fn new() -> Self {
        Self { items: Vec::new(), deliveries: Vec::new(), since: None }
    }

    pub fn push(&mut self, delivery: Delivery, item: T) {
        self.since.get_or_insert_with(Instant::now);
        self.items.push(item);
        self.deliveries.push(delivery);
    }

    /// The number of deliveries that still fit.
    pub fn room(&self, batching: Batching) -> usize {
        batching.len_max.max(batching.len).saturating_sub(self.items.len())
    }

    /// The time left to wait for more deliveries; `None` when the batch is due.
    pub fn patience(&self, batching: Batching) -> Option<Duration> {
        let Some(since) = self.since else { return Some(Duration::MAX) };
        let left = batching.wait.saturating_sub(since.elapsed());
        (self.items.len() < batching.len && !left.is_zero()).then_some(left)
    }

    /// Takes all deliveries and leaves the batch empty.
    pub fn take(&mut self) -> Self {
        std::mem::replace(self, Self::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use messages::{EntryId, Fields};
    use streams::Entry;

    const BATCHING: Batching = Batching { len: 3, wait: Duration::from_secs(5), len_max: 10 };

    fn delivery() -> Delivery {
        let entry = Entry { id: EntryId::MIN, fields: Fields::default() };
        Delivery { entry, deliveries: 1 }
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_is_due_by_its_length_or_by_its_age() {
        let mut batch = Batch::new();
        assert_eq!(batch.patience(BATCHING), Some(Duration::MAX));
        batch.push(delivery(), 1);
        tokio::time::advance(Duration::from_secs(3)).await;
        batch.push(delivery(), 2);
        assert_eq!(batch.patience(BATCHING), Some(Duration::from_secs(2)));
        assert_eq!(batch.room(BATCHING), 8);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(batch.patience(BATCHING), None);
        assert_eq!(batch.take().items, [1, 2]);
        assert_eq!(batch.patience(BATCHING), Some(Duration::MAX));
        for n in 0..3 {
            batch.push(delivery(), n);
        }
        assert_eq!(batch.patience(BATCHING), None);
    }
}
