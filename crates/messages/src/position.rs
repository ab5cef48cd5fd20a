//! A position as every service sees it, open and closed.

use crate::ids::{EntryId, InvalidId, OrderId, Symbol, UserId};
use crate::request::PlaceOrder;
use price::{Price, Qty, Usd};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The direction of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Side {
    /// Earns when the price rises; opens at the ask and closes at the bid.
    Long,
    /// Earns when the price falls; opens at the bid and closes at the ask.
    Short,
}

impl Side {
    /// The other side: an order that opens a position trades like one that closes its opposite.
    pub const fn opposite(self) -> Self {
        match self {
            Self::Long => Self::Short,
            Self::Short => Self::Long,
        }
    }

    /// `LONG` or `SHORT`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Long => "LONG",
            Self::Short => "SHORT",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Side {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text {
            "LONG" => Ok(Self::Long),
            "SHORT" => Ok(Self::Short),
            _ => Err(InvalidId::new(text, "LONG or SHORT")),
        }
    }
}

/// Why a position was closed. Where one tick gives several reasons, the first in this order counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CloseReason {
    /// The price reached the liquidation price.
    #[serde(rename = "MARGIN_CALL")]
    Liquidation,
    /// The price reached the stop-loss.
    StopLoss,
    /// The price reached the take-profit.
    TakeProfit,
    /// The trader asked for it.
    Manual,
}

impl CloseReason {
    /// As stored and sent: `MARGIN_CALL`, `STOP_LOSS`, `TAKE_PROFIT`, `MANUAL`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Liquidation => "MARGIN_CALL",
            Self::StopLoss => "STOP_LOSS",
            Self::TakeProfit => "TAKE_PROFIT",
            Self::Manual => "MANUAL",
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// An open position. On the wire it is called an order, after the request that opened it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// Made by the sender.
    pub order_id: OrderId,
    /// Whose it is.
    pub user_id: UserId,
    /// What is traded.
    pub asset: Symbol,
    /// Long or short.
    #[serde(rename = "orderType")]
    pub side: Side,
    /// 1 to 100.
    pub leverage: u8,
    /// Size in the base asset.
    #[serde(rename = "qtyInt")]
    pub qty: Qty,
    /// USD taken from the balance while the position is open: ⌈qty × execution price / leverage⌉.
    #[serde(rename = "marginInt")]
    pub margin: Usd,
    /// The ask (long) or bid (short) at which it was filled.
    #[serde(rename = "executionPriceInt")]
    pub entry_price: Price,
    /// The bid (long) or ask (short) at which the position is closed by a margin call.
    #[serde(rename = "liquidationPriceInt")]
    pub liquidation_price: Price,
    /// Closes the position when the bid (long) falls to it or the ask (short) rises to it.
    #[serde(rename = "stopLossInt", default, skip_serializing_if = "Option::is_none")]
    pub stop_loss: Option<Price>,
    /// Closes the position when the bid (long) rises to it or the ask (short) falls to it.
    #[serde(rename = "takeProfitInt", default, skip_serializing_if = "Option::is_none")]
    pub take_profit: Option<Price>,
    /// When it was filled, in stream time (Unix ms).
    #[serde(rename = "createdAt")]
    pub created_at_ms: u64,
}

impl Position {
    /// Whether it was opened by such a request: its exits aside, which may have been changed since.
    pub fn is_opened_by(&self, place: &PlaceOrder) -> bool {
        self.user_id == place.user_id
            && self.asset.as_str() == place.asset
            && self.side == place.side
            && u32::from(self.leverage) == place.leverage
            && self.qty == place.qty
    }
}

/// A closed position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClosedPosition {
    /// As it stood when it was closed.
    pub order: Position,
    /// Why.
    pub close_reason: CloseReason,
    /// The bid (long) or ask (short) at which it was closed: the tick's own price.
    #[serde(rename = "closePriceInt")]
    pub close_price: Price,
    /// Realized P&L: never below −margin.
    #[serde(rename = "finalPnLInt")]
    pub final_pnl: Usd,
    /// What a gap took beyond the margin; the house bears it.
    #[serde(rename = "shortfallInt")]
    pub shortfall: Usd,
    /// The `PRICE_UPDATE` entry whose price was used.
    pub tick_id: EntryId,
    /// When, in stream time (Unix ms).
    #[serde(rename = "closedAt")]
    pub closed_at_ms: u64,
}
