//! The reasons for which the engine refuses a request.

use crate::costs::InstrumentStatus;
use crate::ids::OrderId;
use crate::market::DisputeReason;
use crate::order::{Order, PositionMode};
use crate::position::ClosedPosition;
use price::{Price, Qty, Usd};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The reason for refusing a request. A refused request changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Rejection {
    /// The account is not registered.
    #[error("this account is not registered with the engine")]
    UnknownUser,
    /// The asset is not traded here.
    #[error("{asset:?} is not traded here")]
    UnknownAsset {
        /// The asset as the sender wrote it.
        asset: String,
    },
    /// The leverage is zero or above the highest of the instrument.
    #[error("the leverage must be a whole number from 1 to {max}, not {leverage}")]
    InvalidLeverage {
        /// The requested leverage.
        leverage: u32,
        /// The highest leverage of the instrument.
        max: u8,
    },
    /// The quantity is zero or less.
    #[error("the quantity must be above zero")]
    InvalidQuantity,
    /// The margin would be less than the smallest amount of money.
    #[error("the quantity is so small that its margin would be zero")]
    QuantityTooSmall,
    /// The amounts are larger than any account can hold.
    #[error("the amounts of this order are out of range")]
    AmountOutOfRange,
    /// No price has arrived since the start.
    #[error("there is no price for this asset yet; try again in a moment")]
    NoPrice,
    /// The last price is too old.
    #[error("the last price is {age_ms} ms old, too old to trade at; try again in a moment")]
    StalePrice {
        /// The age of the price, in stream time.
        age_ms: u64,
    },
    /// The feed does not vouch for the last price.
    #[error("the price of this asset is in dispute: {reason}; try again in a moment")]
    PriceDisputed {
        /// The reason.
        reason: DisputeReason,
    },
    /// The price has moved beyond the sender's limit.
    #[error("the price is {price}, beyond the limit of {limit}")]
    PriceLimitExceeded {
        /// The price at which the order would be filled now.
        #[serde(rename = "priceInt")]
        price: Price,
        /// The limit that the sender gave.
        #[serde(rename = "limitInt")]
        limit: Price,
    },
    /// Entry ids, which are the engine's clock, run ahead of the sender's clock.
    #[error(
        "the order stream's clock is {ahead_ms} ms ahead; new orders are refused until it is \
         correct"
    )]
    ClockAhead {
        /// The lead of the ids.
        ahead_ms: u64,
    },
    /// The limit of open positions is reached.
    #[error("this account has reached its limit of {limit} open positions")]
    TooManyPositions {
        /// The limit.
        limit: u32,
    },
    /// The margin exceeds the balance.
    #[error("a margin of {required} USD is needed, but the balance is {available} USD")]
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
        "the position would be liquidated immediately: its liquidation price is \
         {liquidation_price} and it could be closed at {reference} now; use a lower leverage"
    )]
    LiquidatedAtOnce {
        /// The price at which it would be liquidated.
        #[serde(rename = "liquidationPriceInt")]
        liquidation_price: Price,
        /// The price at which it could be closed now.
        #[serde(rename = "referenceInt")]
        reference: Price,
    },
    /// The stop-loss would close the position at once, or at a profit from the start.
    #[error("a stop-loss at {stop_loss} is on the wrong side of {reference}")]
    StopLossWrongSide {
        /// The requested stop-loss.
        #[serde(rename = "stopLossInt")]
        stop_loss: Price,
        /// The price that it must be below (long) or above (short).
        #[serde(rename = "referenceInt")]
        reference: Price,
    },
    /// The position would always be liquidated first.
    #[error("a stop-loss at {stop_loss} is beyond the liquidation price {liquidation_price}")]
    StopLossBeyondLiquidation {
        /// The requested stop-loss.
        #[serde(rename = "stopLossInt")]
        stop_loss: Price,
        /// The price at which the position is liquidated.
        #[serde(rename = "liquidationPriceInt")]
        liquidation_price: Price,
    },
    /// The take-profit would close the position at once or at a loss.
    #[error("a take-profit at {take_profit} is on the wrong side of {reference}")]
    TakeProfitWrongSide {
        /// The requested take-profit.
        #[serde(rename = "takeProfitInt")]
        take_profit: Price,
        /// The price that it must be above (long) or below (short).
        #[serde(rename = "referenceInt")]
        reference: Price,
    },
    /// The order is unknown or belongs to another user.
    #[error("there is no such order")]
    OrderNotFound,
    /// The order is already closed; it is not paid twice.
    #[error("the order is already closed")]
    OrderAlreadyClosed {
        /// The record of the order.
        order: Box<ClosedPosition>,
    },
    /// The order id is known with other contents or belongs to another user.
    #[error("the order id {order_id} was already used for a different order")]
    OrderIdReused {
        /// The id.
        order_id: OrderId,
    },
    /// The id of an order that was closed so long ago that only its id is still in memory.
    #[error("the order {order_id} was already placed with this key and has since been closed")]
    OrderClosedEarlier {
        /// The id; the order's record is in the history of closed orders.
        order_id: OrderId,
    },
    /// Fields of an order that do not fit together, or a value outside its range.
    #[error("{field} {problem}")]
    InvalidOrder {
        /// The field, as in `PLACE_ORDER`.
        field: String,
        /// The problem, as the end of a sentence that starts with the field.
        problem: String,
    },
    /// The quantity is not a multiple of the instrument's step.
    #[error("the quantity must be a multiple of {step}")]
    QuantityOffStep {
        /// The step.
        #[serde(rename = "stepInt")]
        step: Qty,
    },
    /// A price is not a multiple of the instrument's tick.
    #[error("the price {price} is not a multiple of {tick}")]
    PriceOffTick {
        /// The price.
        #[serde(rename = "priceInt")]
        price: Price,
        /// The tick.
        #[serde(rename = "tickInt")]
        tick: Price,
    },
    /// The value of the order is too small.
    #[error("the order is worth {notional} USD, less than the minimum of {min} USD")]
    BelowMinNotional {
        /// The quantity times the price.
        #[serde(rename = "notionalInt")]
        notional: Usd,
        /// The minimum of the instrument.
        #[serde(rename = "minInt")]
        min: Usd,
    },
    /// The quantity of the order is too small.
    #[error("the quantity must be at least {min}")]
    BelowMinQuantity {
        /// The minimum of the instrument.
        #[serde(rename = "minInt")]
        min: Qty,
    },
    /// The position would be worth more than its leverage allows.
    #[error(
        "with a leverage of {leverage} a position may be worth up to {max} USD; this one would be \
         worth {notional} USD"
    )]
    PositionTooLarge {
        /// The leverage.
        leverage: u8,
        /// The quantity times the entry price.
        #[serde(rename = "notionalInt")]
        notional: Usd,
        /// The highest value with this leverage.
        #[serde(rename = "maxInt")]
        max: Usd,
    },
    /// The open positions of all accounts are as large as they may be.
    #[error("all positions on one side together may have a quantity of up to {cap}")]
    OpenInterestCap {
        /// The highest quantity on one side.
        #[serde(rename = "capInt")]
        cap: Qty,
    },
    /// The instrument does not accept the order in its status.
    #[error("{}", not_trading(*.status))]
    NotTrading {
        /// The status.
        status: InstrumentStatus,
    },
    /// The trigger is reached already.
    #[error("the trigger price {trigger_price} is reached already: the price is {reference}")]
    WouldTrigger {
        /// The trigger price.
        #[serde(rename = "triggerPriceInt")]
        trigger_price: Price,
        /// The price now.
        #[serde(rename = "referenceInt")]
        reference: Price,
    },
    /// A post-only order would trade at once.
    #[error("a post-only order at {price} would trade at once: the price is {reference}")]
    WouldTake {
        /// The limit price.
        #[serde(rename = "priceInt")]
        price: Price,
        /// The price now.
        #[serde(rename = "referenceInt")]
        reference: Price,
    },
    /// There is no position that the order would reduce.
    #[error("there is no position that this order would reduce")]
    WouldNotReduce,
    /// The limit of resting orders is reached.
    #[error("this account has reached its limit of {limit} open orders")]
    TooManyOrders {
        /// The limit.
        limit: u32,
    },
    /// Another resting order has the same client order id.
    #[error("an open order has the client order id {client_order_id:?} already")]
    DuplicateClientOrderId {
        /// The client order id.
        client_order_id: String,
    },
    /// The order's time is over.
    #[error("the order expired at {expires_at_ms} (Unix ms), before it arrived")]
    OrderExpired {
        /// The time at which it expired (Unix ms).
        #[serde(rename = "expiresAt")]
        expires_at_ms: u64,
    },
    /// The order is filled, canceled or expired.
    #[error("the order is {} already", .order.status.as_str().to_lowercase())]
    OrderAlreadyDone {
        /// The order.
        order: Arc<Order>,
    },
    /// The leverage is not the one that the account has set for the instrument.
    #[error(
        "this account trades the asset with a leverage of {leverage}; change the setting or leave \
         the leverage out"
    )]
    LeverageDiffers {
        /// The leverage that is set.
        leverage: u8,
    },
    /// The account has positions or resting orders.
    #[error("the position mode can be changed only without open positions and orders")]
    NotFlat,
    /// The request has no meaning in the account's position mode.
    #[error("this is not possible in the position mode {mode}")]
    WrongPositionMode {
        /// The mode of the account.
        mode: PositionMode,
    },
    /// The amount of a margin change is zero or out of range.
    #[error("the amount must be neither zero nor out of range")]
    InvalidAmount,
    /// Too little margin would be left.
    #[error("a margin of {margin} USD would be left, but the leverage asks for {required} USD")]
    MarginTooLow {
        /// The least margin.
        #[serde(rename = "requiredInt")]
        required: Usd,
        /// The margin that would be left.
        #[serde(rename = "marginInt")]
        margin: Usd,
    },
    /// An operator has paused trading.
    #[error("new orders are not accepted at the moment: {reason}")]
    TradingPaused {
        /// The reason in the operator's words.
        reason: String,
    },
    /// The operator's command lacks a valid name or reason.
    #[error("the operator's name and the reason must each have 1 to 200 characters")]
    InvalidAttribution,
    /// The adjustment is zero.
    #[error("the adjustment must not be zero")]
    InvalidAdjustment,
    /// The adjustment would make the balance negative.
    #[error("the balance is {available} USD; an adjustment of {amount} USD would make it negative")]
    BalanceTooLow {
        /// The amount of the adjustment.
        #[serde(rename = "amountInt")]
        amount: Usd,
        /// The balance.
        #[serde(rename = "availableInt")]
        available: Usd,
    },
    /// The balance of a reset is too small or too large.
    #[error("an account can be reset to a balance from 100 to 1,000,000 USD")]
    InvalidResetBalance,
    /// A funding that can't be settled.
    #[error("the funding {problem}")]
    InvalidFunding {
        /// The problem, as the end of a sentence.
        problem: String,
    },
    /// The deposit is negative.
    #[error("the deposit must not be negative")]
    InvalidDeposit,
    /// The bid or the ask is zero or less, or the bid is above the ask.
    #[error("a bid of {bid} with an ask of {ask} is not a valid price")]
    InvalidPrice {
        /// The bid as sent.
        #[serde(rename = "bidPriceInt")]
        bid: Price,
        /// The ask as sent.
        #[serde(rename = "askPriceInt")]
        ask: Price,
    },
}

const fn not_trading(status: InstrumentStatus) -> &'static str {
    match status {
        InstrumentStatus::Halted => "trading in this asset is halted",
        InstrumentStatus::ReduceOnly | InstrumentStatus::Trading => {
            "only orders that reduce a position are accepted in this asset"
        }
    }
}

impl Rejection {
    /// The stable error code for programs, such as `INSUFFICIENT_BALANCE`.
    pub fn code(&self) -> &'static str {
        self.into()
    }
}
