//! Version 6, the current one, adds the trailing stops that orders attach.

use super::fields::Output;
use super::{FrozenExchange, Sorted};
use messages::OrderId;

impl FrozenExchange {
    /// Writes the orders that attach a trailing stop with its callback in basis points: resting
    /// orders by place, then ended ones in the order in which they ended. The state of version 5
    /// follows, so a reader knows an order whole when it comes to it.
    pub(super) fn write(&self, sorted: &Sorted, output: &mut Output) {
        let resting = sorted.resting.iter().map(|(_, order)| *order);
        let orders = resting.chain(sorted.ended.iter().map(|ended| &ended.order));
        let attached =
            orders.filter_map(|order| Some((order.order_id, order.trailing_stop_bps()?)));
        output.put(&attached.collect::<Vec<(OrderId, u16)>>());
        self.write_v5(sorted, output);
    }
}
