//! Closed positions.

use crate::entry::Id;
use crate::past::Ended;
use crate::position::Position;

/// A closed position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The position when it was closed.
    pub position: Position,
    /// The close reason.
    pub reason: &'static str,
    /// The price at which it was closed.
    pub close_price: i128,
    /// The final P&L, never below −margin.
    pub final_pnl: i128,
    /// The loss beyond the margin.
    pub shortfall: i128,
    /// The fee of its liquidation.
    pub liquidation_fee: i128,
    /// The tick whose price was used.
    pub tick_id: Id,
    /// The time of closing, as stream time.
    pub closed_at: u64,
    /// The id of the request that closed it, if one did.
    pub(crate) closed_by: Option<String>,
}

impl Ended for Record {
    fn order_id(&self) -> &str {
        &self.position.order_id
    }

    fn user_id(&self) -> &str {
        &self.position.user_id
    }

    fn ended_at(&self) -> u64 {
        self.closed_at
    }
}
