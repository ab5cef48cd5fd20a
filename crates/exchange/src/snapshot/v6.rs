//! Version 6, the current one, adds the trailing stops that orders attach.

use super::v5::StateV5;
use super::{FrozenExchange, RestoreError};
use messages::{Order, OrderId};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub struct StateV6 {
    pub before: StateV5,
    /// The orders that attach a trailing stop with its callback in basis points: resting orders
    /// by place, then ended ones in the order in which they ended.
    attached: Vec<(OrderId, u16)>,
}

impl FrozenExchange {
    pub(super) fn state(&self) -> StateV6 {
        let mut before = self.state_v5();
        let attached = before.orders_mut().filter_map(|order| {
            let callback_bps = order.trailing_stop_bps.take()?;
            Some((order.order_id, callback_bps))
        });
        StateV6 { attached: attached.collect(), before }
    }
}

impl StateV5 {
    fn orders_mut(&mut self) -> impl Iterator<Item = &mut Order> {
        let resting = self.resting.iter_mut().map(|resting| &mut resting.order);
        resting.chain(self.ended.iter_mut().map(|ended| &mut ended.order))
    }
}

impl StateV6 {
    /// Returns the state with the trailing stops in its orders.
    pub(super) fn joined(self) -> Result<StateV5, RestoreError> {
        let Self { mut before, attached } = self;
        let mut attached = attached.into_iter().peekable();
        for order in before.orders_mut() {
            let of_order = attached.next_if(|(order_id, _)| *order_id == order.order_id);
            order.trailing_stop_bps = of_order.map(|(_, callback_bps)| callback_bps);
        }
        match attached.next() {
            None => Ok(before),
            Some((order_id, _)) => Err(RestoreError::Orphan(order_id)),
        }
    }
}
