//! The resting orders of a snapshot, with the peaks of trailing stops, which an order does not have itself.

use crate::order::PackedOrder;
use crate::slab::Frozen;

/// The resting orders at the moment of a freeze.
pub struct FrozenOrders {
    orders: Frozen<PackedOrder>,
    /// The first activation and the peak of each group of trailing stops, by instrument and side.
    peaks: Vec<[Vec<(u64, i64)>; 2]>,
}

impl FrozenOrders {
    pub const fn new(orders: Frozen<PackedOrder>, peaks: Vec<[Vec<(u64, i64)>; 2]>) -> Self {
        Self { orders, peaks }
    }

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
