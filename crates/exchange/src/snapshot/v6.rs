//! Version 6, the current one, adds the trailing stops that orders attach.

use super::FrozenExchange;
use super::v5::StateV5;
use messages::{Order, OrderId};
use serde::Serialize;

#[derive(Serialize)]
pub struct StateV6 {
    /// The orders that attach a trailing stop with its callback in basis points: resting orders
    /// by place, then ended ones in the order in which they ended. They come first, so that a
    /// reader knows an order whole when it comes to it.
    attached: Vec<(OrderId, u16)>,
    pub before: StateV5,
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
