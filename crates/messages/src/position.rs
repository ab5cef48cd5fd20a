//! Open and closed positions, as every service sees them.

use crate::ids::{EntryId, InvalidId, OrderId, UserId};
use crate::request::PlaceOrder;
use crate::symbol::Symbol;
use price::{Price, Qty, Usd};
use serde::{Deserialize, Serialize};

/// The direction of a position.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[strum(serialize_all = "UPPERCASE")]
#[strum(parse_err_ty = InvalidId, parse_err_fn = no_side)]
#[serde(rename_all = "UPPERCASE")]
pub enum Side {
    /// Earns when the price rises; opens at the ask and closes at the bid.
    Long,
    /// Earns when the price falls; opens at the bid and closes at the ask.
    Short,
}

fn no_side(text: &str) -> InvalidId {
    InvalidId::new(text, "LONG or SHORT")
}

impl Side {
    /// The text in storage and messages: `LONG` or `SHORT`.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The other side: opening a position trades at the same price as closing its opposite.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Long => Self::Short,
            Self::Short => Self::Long,
        }
    }
}

/// The reason for closing a position. If one tick gives several reasons, the first in this order
/// applies.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CloseReason {
    /// The price reached the liquidation price.
    #[serde(rename = "MARGIN_CALL")]
    #[strum(serialize = "MARGIN_CALL")]
    Liquidation,
    /// The price reached the stop-loss.
    StopLoss,
    /// The price reached the take-profit.
    TakeProfit,
    /// The trader asked for it.
    Manual,
}

impl CloseReason {
    /// The text in storage and messages: `MARGIN_CALL`, `STOP_LOSS`, `TAKE_PROFIT` or `MANUAL`.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// An open position. On the wire it is called an order, after the request that opened it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// The id, chosen by the sender.
    pub order_id: OrderId,
    /// The owner.
    pub user_id: UserId,
    /// The symbol.
    pub asset: Symbol,
    /// Long or short.
    #[serde(rename = "orderType")]
    pub side: Side,
    /// The leverage, 1 to 100.
    pub leverage: u8,
    /// The size in the base asset.
    #[serde(rename = "qtyInt")]
    pub qty: Qty,
    /// The USD taken from the balance while the position is open: ⌈qty × entry price / leverage⌉.
    #[serde(rename = "marginInt")]
    pub margin: Usd,
    /// The ask (long) or bid (short) at which it was filled.
    #[serde(rename = "executionPriceInt")]
    pub entry_price: Price,
    /// The bid (long) or ask (short) at which the position is liquidated.
    #[serde(rename = "liquidationPriceInt")]
    pub liquidation_price: Price,
    /// The price that closes the position when the bid (long) falls to it or the ask (short) rises
    /// to it.
    #[serde(rename = "stopLossInt", default, skip_serializing_if = "Option::is_none")]
    pub stop_loss: Option<Price>,
    /// The price that closes the position when the bid (long) rises to it or the ask (short) falls
    /// to it.
    #[serde(rename = "takeProfitInt", default, skip_serializing_if = "Option::is_none")]
    pub take_profit: Option<Price>,
    /// The stream time of the fill (Unix ms).
    #[serde(rename = "createdAt")]
    pub created_at_ms: u64,
    /// The sum of the fees of its fills so far.
    #[serde(rename = "commissionInt", default, skip_serializing_if = "Usd::is_zero")]
    pub commission: Usd,
    /// The sum of its fundings so far, negative for what was paid.
    #[serde(rename = "fundingInt", default, skip_serializing_if = "Usd::is_zero")]
    pub funding: Usd,
}

impl Position {
    /// Reports whether `place`, sent by `user_id`, opened this position. Stop-loss and take-profit
    /// are not compared: they may have been changed since.
    pub fn is_opened_by(&self, user_id: UserId, place: &PlaceOrder) -> bool {
        self.user_id == user_id
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
    /// The position as it was when it was closed.
    pub order: Position,
    /// The reason for closing it.
    pub close_reason: CloseReason,
    /// The bid (long) or ask (short) at which it was closed: the tick's own price.
    #[serde(rename = "closePriceInt")]
    pub close_price: Price,
    /// Realized P&L before fees and funding: never below −margin.
    #[serde(rename = "finalPnLInt")]
    pub final_pnl: Usd,
    /// The loss beyond the margin after a price gap; the insurance fund bears it, and the house what
    /// exceeds the fund.
    #[serde(rename = "shortfallInt")]
    pub shortfall: Usd,
    /// The fee of a liquidation, beside that of the fill.
    #[serde(rename = "liquidationFeeInt", default, skip_serializing_if = "Usd::is_zero")]
    pub liquidation_fee: Usd,
    /// The `PRICE_UPDATE` entry whose price was used.
    pub tick_id: EntryId,
    /// The stream time of the close (Unix ms).
    #[serde(rename = "closedAt")]
    pub closed_at_ms: u64,
}
