//! The replies on `reply:{gateway}`.

use crate::event::AccountState;
use crate::ids::{OrderId, RequestId, UserId};
use crate::order::{Order, PositionMode};
use crate::position::{ClosedPosition, Position};
use crate::rejection::Rejection;
use crate::symbol::Symbol;
use price::{Price, Usd};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The reply to one request or query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    /// The id of the request or query.
    pub request_id: RequestId,
    /// The outcome: `{"Ok":…}` or `{"Err":…}`.
    pub outcome: Result<Response, Rejection>,
}

impl Reply {
    /// The JSON text that is published.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("messages have string keys and no failing parts")
    }
}

/// The response to a request or query that is granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Response {
    /// The request is done, and there is no data to return.
    Done,
    /// The account as it is after the request.
    Account {
        /// Its balance and used margin.
        account: AccountState,
    },
    /// The position after the request, and the account that it belongs to.
    #[serde(rename = "ORDER")]
    Position {
        /// Open or closed.
        order: Box<PositionState>,
        /// The owner's balance and used margin.
        account: AccountState,
        /// Whether the request was granted before and changed nothing this time.
        repeated: bool,
    },
    /// All open positions, newest first.
    #[serde(rename = "ORDERS")]
    Positions {
        /// The positions with P&L at the current price.
        orders: Vec<OpenPosition>,
    },
    /// The order after the request, and the account that it belongs to.
    PlacedOrder {
        /// The order. Shared with the event that tells of it.
        order: Arc<Order>,
        /// The price at which an active trailing stop trades: its peak less the callback.
        #[serde(rename = "stopPriceInt", default, skip_serializing_if = "Option::is_none")]
        stop_price: Option<Price>,
        /// The position that it opened, changed or closed; of a reversal, the new one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        position: Option<Box<PositionState>>,
        /// The owner's balance and margins.
        account: AccountState,
        /// Whether the request was granted before and changed nothing this time.
        repeated: bool,
    },
    /// The orders that a request ended.
    PlacedOrders {
        /// The orders, oldest first.
        orders: Vec<Order>,
        /// The owner's balance and margins.
        account: AccountState,
    },
    /// The positions that a request closed.
    ClosedPositions(Box<ClosedPositions>),
    /// The resting orders, oldest first.
    OpenOrders {
        /// The orders.
        orders: Vec<RestingOrder>,
    },
    /// The settings of the account.
    AccountSettings {
        /// The settings.
        settings: AccountSettings,
    },
    /// The account valued at the current prices.
    Balance {
        /// The figures of the account.
        balance: BalanceSheet,
    },
}

/// The positions that a request closed, and those that it left open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedPositions {
    /// The closed positions, oldest first.
    pub closed: Vec<ClosedPosition>,
    /// The positions that stay open because their price is too old or in dispute.
    pub left: Vec<OrderId>,
    /// The orders that will close positions at the next quote.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub orders: Vec<OrderId>,
    /// The owner's balance and margins.
    pub account: AccountState,
}

/// A position as the engine holds it in memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "UPPERCASE")]
pub enum PositionState {
    /// An open position.
    Open(OpenPosition),
    /// A closed position, kept for a while.
    Closed(ClosedPosition),
}

impl PositionState {
    /// The position, open or closed.
    pub const fn position(&self) -> &Position {
        match self {
            Self::Open(open) => &open.order,
            Self::Closed(closed) => &closed.order,
        }
    }
}

/// A position valued at the current price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenPosition {
    /// The position.
    pub order: Position,
    /// The price at which it would be closed now: the bid (long) or the ask (short).
    #[serde(rename = "markPriceInt")]
    pub mark_price: Price,
    /// The profit or loss of closing it now.
    #[serde(rename = "unrealizedPnLInt")]
    pub unrealized_pnl: Usd,
}

/// A resting order with the price that a trailing stop has reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestingOrder {
    /// The order.
    #[serde(flatten)]
    pub order: Order,
    /// The price at which an active trailing stop trades: its peak less the callback.
    #[serde(rename = "stopPriceInt", default, skip_serializing_if = "Option::is_none")]
    pub stop_price: Option<Price>,
}

impl From<Order> for RestingOrder {
    /// An order whose stop price, if it has one, is not known.
    fn from(order: Order) -> Self {
        Self { order, stop_price: None }
    }
}

/// The way in which an account trades.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountSettings {
    /// The position mode.
    pub mode: PositionMode,
    /// The leverages that were set, by instrument.
    pub leverages: Vec<(Symbol, u8)>,
}

/// The worth of an account at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Equity {
    /// The account.
    pub user_id: UserId,
    /// The balance, the used margin and the reserve, to which the lines of the account's statement add
    /// up.
    pub wallet_balance: Usd,
    /// The P&L of the open positions, as [`BalanceSheet`] values them.
    pub unrealized_pnl: Usd,
}

/// An account valued at the current prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BalanceSheet {
    /// Free to trade with.
    #[serde(rename = "balanceInt")]
    pub balance: Usd,
    /// Locked in open positions.
    #[serde(rename = "usedMarginInt")]
    pub used_margin: Usd,
    /// Reserved for resting orders.
    #[serde(rename = "reservedInt", default, skip_serializing_if = "Usd::is_zero")]
    pub reserved: Usd,
    /// The sum over all open positions.
    #[serde(rename = "unrealizedPnLInt")]
    pub unrealized_pnl: Usd,
    /// Balance + used margin + reserved + unrealized P&L.
    #[serde(rename = "equityInt")]
    pub equity: Usd,
}
