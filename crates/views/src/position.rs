//! The API's views of positions under an id of their own.

use crate::order::{ClosedOrder, OpenOrder};
use crate::part::views;
use messages::{OrderId, PositionState};
use serde::Serialize;
use utoipa::ToSchema;

views! {
    /// An open position with its P&L at the current price.
    pub struct OpenPosition {
        /// The id of the position in every request about it: that of the order that opened it.
        position_id: OrderId = "positionId", "0853d9e4-965f-518c-9cd8-65029e3511e3";
        /// The position.
        position: OpenOrder = "", "";
    }

    /// The record of a closed position.
    pub struct ClosedPosition {
        /// The id of the position: that of the order that opened it.
        position_id: OrderId = "positionId", "0853d9e4-965f-518c-9cd8-65029e3511e3";
        /// The position.
        position: ClosedOrder = "", "";
    }
}

/// A position; its `status` says whether it is open or closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Position {
    /// An open position.
    Open(OpenPosition),
    /// The record of a closed position.
    Closed(ClosedPosition),
}

impl From<&messages::OpenPosition> for OpenPosition {
    fn from(open: &messages::OpenPosition) -> Self {
        Self { position_id: open.order.order_id, position: open.into() }
    }
}

impl From<&messages::ClosedPosition> for ClosedPosition {
    fn from(closed: &messages::ClosedPosition) -> Self {
        Self { position_id: closed.order.order_id, position: closed.into() }
    }
}

impl From<&PositionState> for Position {
    fn from(state: &PositionState) -> Self {
        match state {
            PositionState::Open(open) => Self::Open(open.into()),
            PositionState::Closed(closed) => Self::Closed(closed.into()),
        }
    }
}
