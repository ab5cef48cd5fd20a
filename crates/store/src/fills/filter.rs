//! The fills that a list shows.

use messages::{CloseReason, FillRole, OrderId, OrderSide, Symbol};
use time::OffsetDateTime;

/// The fills that a page shows: those that match everything that is given.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// The symbol.
    pub asset: Option<Symbol>,
    /// The order.
    pub order_id: Option<OrderId>,
    /// The position.
    pub position_id: Option<OrderId>,
    /// The side of the trade.
    pub side: Option<OrderSide>,
    /// The role.
    pub role: Option<FillRole>,
    /// The reason for a close without an order.
    pub reason: Option<CloseReason>,
    /// The earliest time.
    pub from: Option<OffsetDateTime>,
    /// The time before which the fills were made.
    pub to: Option<OffsetDateTime>,
}
