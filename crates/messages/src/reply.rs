//! What comes back on `reply:{gateway}`.

use crate::event::AccountState;
use crate::ids::{OrderId, RequestId};
use crate::market::DisputeReason;
use crate::position::{ClosedPosition, Position};
use price::{Price, Usd};
use serde::{Deserialize, Serialize};

/// The answer to one request or query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    /// Which.
    pub request_id: RequestId,
    /// What came of it: `{"Ok":…}` or `{"Err":…}`.
    pub outcome: Result<Response, Rejection>,
}

impl Reply {
    /// The JSON text that is published.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("messages have string keys and no failing parts")
    }
}

/// What a request or query gives when it is granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Response {
    /// Done, and there is nothing to tell.
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
        /// Its owner's balance and used margin.
        account: AccountState,
        /// The request had been granted before, and this time changed nothing.
        repeated: bool,
    },
    /// All open positions, newest first.
    #[serde(rename = "ORDERS")]
    Positions {
        /// With P&L at the current price.
        orders: Vec<OpenPosition>,
    },
    /// The account valued at the current prices.
    Balance {
        /// All figures.
        balance: BalanceSheet,
    },
}

/// A position as the engine has it in memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "UPPERCASE")]
pub enum PositionState {
    /// Held.
    Open(OpenPosition),
    /// Closed and remembered for a while.
    Closed(ClosedPosition),
}

/// A position valued at the current price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenPosition {
    /// The position.
    pub order: Position,
    /// Where it would be closed now: the bid (long) or the ask (short).
    #[serde(rename = "markPriceInt")]
    pub mark_price: Price,
    /// What closing it now would give beyond the margin.
    #[serde(rename = "unrealizedPnLInt")]
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
    /// Over all open positions.
    #[serde(rename = "unrealizedPnLInt")]
    pub unrealized_pnl: Usd,
    /// Balance + used margin + unrealized P&L.
    #[serde(rename = "equityInt")]
    pub equity: Usd,
}

/// Why a request was refused. A refused request has changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum Rejection {
    /// The account was never registered.
    #[error("this account is not registered with the engine")]
    UnknownUser,
    /// Not traded here.
    #[error("{asset:?} is not traded here; the assets are BTCUSDT, ETHUSDT and SOLUSDT")]
    UnknownAsset {
        /// As the sender wrote it.
        asset: String,
    },
    /// Outside 1 to 100.
    #[error("the leverage must be a whole number from 1 to 100, not {leverage}")]
    InvalidLeverage {
        /// What was asked.
        leverage: u32,
    },
    /// Zero or less.
    #[error("the quantity must be above zero")]
    InvalidQuantity,
    /// The margin would be less than the smallest amount of money.
    #[error("the quantity is so small that its margin would be zero")]
    QuantityTooSmall,
    /// Larger than any account can hold.
    #[error("the amounts of this order are out of range")]
    AmountOutOfRange,
    /// Nothing was traded yet since the start.
    #[error("there is no price for this asset yet; try again in a moment")]
    NoPrice,
    /// The feed stands still.
    #[error("the last price is {age_ms} ms old, too old to trade at; try again in a moment")]
    StalePrice {
        /// How old it is, in stream time.
        age_ms: u64,
    },
    /// The feed does not vouch for the last price.
    #[error("the price of this asset is in dispute: {reason}; try again in a moment")]
    PriceDisputed {
        /// Why.
        reason: DisputeReason,
    },
    /// The price has moved beyond the worst one that the sender accepts.
    #[error("the price is {price}, beyond the limit of {limit}")]
    PriceLimitExceeded {
        /// Where the order would be filled now.
        #[serde(rename = "priceInt")]
        price: Price,
        /// As the sender gave it.
        #[serde(rename = "limitInt")]
        limit: Price,
    },
    /// Entry ids, by which time is told, run ahead of the sender's clock.
    #[error(
        "the clock of the order stream is {ahead_ms} ms ahead; new orders are refused until it is \
         right again"
    )]
    ClockAhead {
        /// By how much.
        ahead_ms: u64,
    },
    /// The limit of open positions is reached.
    #[error("this account has the most positions open that it may have: {limit}")]
    TooManyPositions {
        /// The limit.
        limit: u32,
    },
    /// The margin exceeds the balance.
    #[error("the order needs a margin of {required} USD and the balance is {available} USD")]
    InsufficientBalance {
        /// The margin.
        #[serde(rename = "requiredInt")]
        required: Usd,
        /// The balance.
        #[serde(rename = "availableInt")]
        available: Usd,
    },
    /// The spread alone reaches the liquidation price: the next tick would close the position.
    #[error(
        "the position would be liquidated at once: its liquidation price is {liquidation_price} \
         and it could be closed at {reference} now; use a lower leverage"
    )]
    LiquidatedAtOnce {
        /// Where a margin call would close it.
        #[serde(rename = "liquidationPriceInt")]
        liquidation_price: Price,
        /// Where it could be closed now.
        #[serde(rename = "referenceInt")]
        reference: Price,
    },
    /// The stop-loss would close the position at once, or at a profit from the start.
    #[error("a stop-loss at {stop_loss} is on the wrong side of {reference}")]
    StopLossWrongSide {
        /// What was asked.
        #[serde(rename = "stopLossInt")]
        stop_loss: Price,
        /// The price that it must be below (long) or above (short).
        #[serde(rename = "referenceInt")]
        reference: Price,
    },
    /// The margin call would always come first.
    #[error("a stop-loss at {stop_loss} is beyond the liquidation price {liquidation_price}")]
    StopLossBeyondLiquidation {
        /// What was asked.
        #[serde(rename = "stopLossInt")]
        stop_loss: Price,
        /// Where the position is closed anyway.
        #[serde(rename = "liquidationPriceInt")]
        liquidation_price: Price,
    },
    /// The take-profit would close the position at once or at a loss.
    #[error("a take-profit at {take_profit} is on the wrong side of {reference}")]
    TakeProfitWrongSide {
        /// What was asked.
        #[serde(rename = "takeProfitInt")]
        take_profit: Price,
        /// The price that it must be above (long) or below (short).
        #[serde(rename = "referenceInt")]
        reference: Price,
    },
    /// Not known, or someone else's.
    #[error("there is no such order")]
    OrderNotFound,
    /// It was closed before; it is not paid twice.
    #[error("the order was closed before")]
    OrderAlreadyClosed {
        /// Its record.
        order: Box<ClosedPosition>,
    },
    /// A known order id with other contents, or another user's.
    #[error("the order id {order_id} was used before for a different order")]
    OrderIdReused {
        /// The id.
        order_id: OrderId,
    },
    /// The id of an order that was closed so long ago that only its id is still in memory.
    #[error("the order {order_id} was placed with this key and has been closed since")]
    OrderClosedEarlier {
        /// The id; the order's record is in the history of closed orders.
        order_id: OrderId,
    },
    /// An operator has paused trading.
    #[error("new orders are not taken at the moment: {reason}")]
    TradingPaused {
        /// In the operator's words.
        reason: String,
    },
    /// A command of an operator who doesn't say who they are, or why.
    #[error("who gives the command and why must each have 1 to 200 characters")]
    InvalidAttribution,
    /// An adjustment of nothing.
    #[error("an adjustment by zero changes nothing")]
    InvalidAdjustment,
    /// An adjustment would leave less than nothing.
    #[error("the balance is {available} USD: adjusted by {amount} USD it would be below zero")]
    BalanceTooLow {
        /// What was to be added.
        #[serde(rename = "amountInt")]
        amount: Usd,
        /// The balance.
        #[serde(rename = "availableInt")]
        available: Usd,
    },
    /// A deposit below zero.
    #[error("a deposit can't be negative")]
    InvalidDeposit,
    /// A bid or ask at or below zero, or a bid above the ask.
    #[error("a bid of {bid} with an ask of {ask} is no price")]
    InvalidPrice {
        /// As sent.
        #[serde(rename = "bidPriceInt")]
        bid: Price,
        /// As sent.
        #[serde(rename = "askPriceInt")]
        ask: Price,
    },
}

impl Rejection {
    /// The code that programs go by: `INSUFFICIENT_BALANCE` and so on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownUser => "UNKNOWN_USER",
            Self::UnknownAsset { .. } => "UNKNOWN_ASSET",
            Self::InvalidLeverage { .. } => "INVALID_LEVERAGE",
            Self::InvalidQuantity => "INVALID_QUANTITY",
            Self::QuantityTooSmall => "QUANTITY_TOO_SMALL",
            Self::AmountOutOfRange => "AMOUNT_OUT_OF_RANGE",
            Self::NoPrice => "NO_PRICE",
            Self::StalePrice { .. } => "STALE_PRICE",
            Self::PriceDisputed { .. } => "PRICE_DISPUTED",
            Self::PriceLimitExceeded { .. } => "PRICE_LIMIT_EXCEEDED",
            Self::ClockAhead { .. } => "CLOCK_AHEAD",
            Self::TooManyPositions { .. } => "TOO_MANY_POSITIONS",
            Self::InsufficientBalance { .. } => "INSUFFICIENT_BALANCE",
            Self::LiquidatedAtOnce { .. } => "LIQUIDATED_AT_ONCE",
            Self::StopLossWrongSide { .. } => "STOP_LOSS_WRONG_SIDE",
            Self::StopLossBeyondLiquidation { .. } => "STOP_LOSS_BEYOND_LIQUIDATION",
            Self::TakeProfitWrongSide { .. } => "TAKE_PROFIT_WRONG_SIDE",
            Self::OrderNotFound => "ORDER_NOT_FOUND",
            Self::OrderAlreadyClosed { .. } => "ORDER_ALREADY_CLOSED",
            Self::OrderIdReused { .. } => "ORDER_ID_REUSED",
            Self::OrderClosedEarlier { .. } => "ORDER_CLOSED_EARLIER",
            Self::TradingPaused { .. } => "TRADING_PAUSED",
            Self::InvalidAttribution => "INVALID_ATTRIBUTION",
            Self::InvalidAdjustment => "INVALID_ADJUSTMENT",
            Self::BalanceTooLow { .. } => "BALANCE_TOO_LOW",
            Self::InvalidDeposit => "INVALID_DEPOSIT",
            Self::InvalidPrice { .. } => "INVALID_PRICE",
        }
    }
}
