//! Orders and their fills, as every service sees them.

use crate::ids::{EntryId, OrderId, UserId};
use crate::position::{Position, Side};
use crate::symbol::Symbol;
use crate::words::words;
use price::{Price, Qty, Usd};
use serde::{Deserialize, Serialize};

/// The default of [`crate::Rules::max_open_orders`].
pub const MAX_OPEN_ORDERS: u32 = 200;

/// The range of a trailing stop's distance from its peak, in basis points.
pub const CALLBACK_BPS: std::ops::RangeInclusive<u32> = 10..=1_000;

/// The maximum length of a client order id, in characters.
pub const CLIENT_ORDER_ID_CHARS_MAX: usize = 36;

words! {
    /// The direction of an order.
    pub enum OrderSide {
        /// Opens or increases a long, reduces or closes a short; trades at the ask.
        Buy,
        /// Opens or increases a short, reduces or closes a long; trades at the bid.
        Sell,
    }

    /// The kind of an order: the condition under which it trades, and the price.
    pub enum OrderKind {
        /// Trades at once, at the quote.
        Market,
        /// Trades at its price or better.
        Limit,
        /// Trades at the quote once a price that moves against the trader reaches the trigger.
        StopMarket,
        /// Becomes a limit order once a price that moves against the trader reaches the trigger.
        Stop,
        /// Trades at the quote once a price that moves in the trader's favour reaches the trigger.
        TakeProfitMarket,
        /// Becomes a limit order once a price that moves in the trader's favour reaches the
        /// trigger.
        TakeProfit,
        /// Trades at the quote once the price comes back from its peak by the callback.
        TrailingStopMarket,
    }

    /// The time for which an order stays in force.
    pub enum TimeInForce {
        /// Good till canceled.
        Gtc,
        /// Immediate or cancel: expires unless it trades at once.
        Ioc,
        /// Fill or kill: like [`Self::Ioc`], since the house fills whole.
        Fok,
        /// Good till crossing: refused or expired where it would trade as a taker (post only).
        Gtx,
        /// Good till date.
        Gtd,
    }

    /// The state of an order.
    pub enum OrderStatus {
        /// It rests: it waits for a price.
        New,
        /// It has traded its whole quantity.
        Filled,
        /// The trader canceled it.
        Canceled,
        /// It ended without a fill, for the reason that it gives.
        Expired,
    }

    /// The reason for which an order ended without a fill.
    pub enum ExpiryReason {
        /// Its time is over.
        Time,
        /// The position that it reduces is closed.
        PositionClosed,
        /// It had to trade at once, and no price allowed it.
        NotMarketable,
        /// It was post only, and would have traded as a taker when its trigger was reached.
        WouldTake,
        /// It found no position to reduce.
        WouldNotReduce,
        /// The account has as many positions as it may have.
        TooManyPositions,
        /// Its margin would be zero.
        QuantityTooSmall,
        /// Its amounts, or those of the resulting position, are out of range.
        AmountOutOfRange,
        /// Its margin was more than the money that was free.
        InsufficientBalance,
        /// The id of the trailing stop that it attaches is taken.
        OrderIdReused,
        /// Trading was paused when its price was reached.
        TradingPaused,
        /// The quote was beyond the worst acceptable price when its trigger was reached.
        PriceLimitExceeded,
        /// The position would have been worth more than its leverage allows.
        PositionTooLarge,
        /// The open positions of all accounts were as large as they may be.
        OpenInterestCap,
        /// The instrument accepted only orders that reduce a position.
        NotTrading,
        /// No quote came after it before the last one was too old.
        NoQuote,
    }

    /// The role of an order in its fill.
    pub enum FillRole {
        /// It rested, and the price came to it.
        Maker,
        /// It came to the price.
        Taker,
    }
}

/// The way in which the orders of an account make positions.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum PositionMode {
    /// Every opening order makes a position of its own.
    #[default]
    Separate,
    /// One net position an instrument.
    OneWay,
    /// One long and one short position an instrument.
    Hedge,
}

impl PositionMode {
    /// The word in storage and messages: `separate`, `one_way` or `hedge`.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl OrderSide {
    /// The side of the position that the order opens or increases.
    pub const fn opens(self) -> Side {
        match self {
            Self::Buy => Side::Long,
            Self::Sell => Side::Short,
        }
    }

    /// The side of an order that closes a position.
    pub const fn closing(side: Side) -> Self {
        match side {
            Side::Long => Self::Sell,
            Side::Short => Self::Buy,
        }
    }
}

impl From<Side> for OrderSide {
    /// The side of an order that opens a position.
    fn from(side: Side) -> Self {
        match side {
            Side::Long => Self::Buy,
            Side::Short => Self::Sell,
        }
    }
}

impl OrderKind {
    /// Reports whether orders of this kind have a limit price.
    pub const fn has_price(self) -> bool {
        matches!(self, Self::Limit | Self::Stop | Self::TakeProfit)
    }

    /// Reports whether orders of this kind wait for a trigger price; that of a trailing stop
    /// follows the price.
    pub const fn has_trigger(self) -> bool {
        !matches!(self, Self::Market | Self::Limit)
    }

    /// Reports whether prices that move against the trader trigger the order.
    pub const fn is_stop(self) -> bool {
        matches!(self, Self::StopMarket | Self::Stop | Self::TrailingStopMarket)
    }
}

/// An order: an instruction and its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// The id, chosen by the sender.
    pub order_id: OrderId,
    /// The owner.
    pub user_id: UserId,
    /// The [`AccountState::sequence`] of the event that first told of the order. Zero if that is from
    /// before orders had it.
    ///
    /// [`AccountState::sequence`]: crate::AccountState::sequence
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sequence: u64,
    /// The owner's own id, unique among the account's resting orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_order_id: Option<String>,
    /// The symbol.
    pub asset: Symbol,
    /// Buy or sell.
    pub side: OrderSide,
    /// The position that the order works for, in mode `hedge`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position_side: Option<Side>,
    /// The position that the order reduces, in mode `separate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position_id: Option<OrderId>,
    /// The kind.
    pub kind: OrderKind,
    /// The time in force.
    pub time_in_force: TimeInForce,
    /// The quantity of the base asset. Zero for a resting order that closes its whole position.
    #[serde(rename = "qtyInt")]
    pub qty: Qty,
    /// The limit price.
    #[serde(rename = "priceInt", default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// The trigger price; the activation price of a trailing stop.
    #[serde(rename = "triggerPriceInt", default, skip_serializing_if = "Option::is_none")]
    pub trigger_price: Option<Price>,
    /// The distance of a trailing stop from its peak, in basis points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_bps: Option<u16>,
    /// The stream time (Unix ms) at which the trigger of a limit order or the activation price of a
    /// trailing stop was reached.
    #[serde(rename = "activatedAt", default, skip_serializing_if = "Option::is_none")]
    pub activated_at_ms: Option<u64>,
    /// Whether the order may only reduce a position.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reduce_only: bool,
    /// Whether the order closes the whole position, whatever its quantity.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub close_position: bool,
    /// The leverage. Zero for an order of mode `separate` that reduces a position.
    pub leverage: u8,
    /// The stop-loss of the position that the order opens.
    #[serde(rename = "stopLossInt", default, skip_serializing_if = "Option::is_none")]
    pub stop_loss: Option<Price>,
    /// The take-profit of the position that the order opens.
    #[serde(rename = "takeProfitInt", default, skip_serializing_if = "Option::is_none")]
    pub take_profit: Option<Price>,
    /// The callback of the trailing stop that is placed for what the order opens, in basis points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trailing_stop_bps: Option<u16>,
    /// The worst price at which the order may trade.
    #[serde(rename = "priceLimitInt", default, skip_serializing_if = "Option::is_none")]
    pub price_limit: Option<Price>,
    /// The greatest distance of its fill from its trigger, or from the quote at its arrival, in
    /// basis points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_slippage_bps: Option<u16>,
    /// The stream time (Unix ms) at which the order expires.
    #[serde(rename = "expiresAt", default, skip_serializing_if = "Option::is_none")]
    pub expires_at_ms: Option<u64>,
    /// Whether the order waits for the first quote after it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub awaits_quote: bool,
    /// The money that the order has taken from the balance while it rests.
    #[serde(rename = "reservedInt")]
    pub reserved: Usd,
    /// The state.
    pub status: OrderStatus,
    /// The reason of [`OrderStatus::Expired`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ExpiryReason>,
    /// The quantity that it has traded: all or nothing.
    #[serde(rename = "filledQtyInt")]
    pub filled_qty: Qty,
    /// The price at which it has traded.
    #[serde(rename = "averagePriceInt", default, skip_serializing_if = "Option::is_none")]
    pub average_price: Option<Price>,
    /// The stream time of its acceptance (Unix ms).
    #[serde(rename = "createdAt")]
    pub created_at_ms: u64,
    /// The stream time of its last change (Unix ms).
    #[serde(rename = "updatedAt")]
    pub updated_at_ms: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(sequence: &u64) -> bool {
    *sequence == 0
}

/// The number of an order of an account: its sequence, or the time of its acceptance if it has none.
pub const fn order_number(sequence: u64, created_at_ms: u64) -> u64 {
    if sequence == 0 { created_at_ms } else { sequence }
}

impl Order {
    /// The number by which its owner may name the order.
    pub const fn number(&self) -> u64 {
        order_number(self.sequence, self.created_at_ms)
    }

    /// The position that the order closes, to open the same on the other side, while it waits to do so.
    pub fn reverses(&self) -> Option<OrderId> {
        self.position_id.filter(|_| !self.reduce_only)
    }

    /// The plain market order that opened a position: it has the position's id and is filled at
    /// once. The position may have changed since, but for what is given by its opening. The worst
    /// acceptable price is in no position. `sequence` is that of the event of its opening.
    pub fn filled_plainly(position: &Position, sequence: u64) -> Self {
        Self {
            order_id: position.order_id,
            user_id: position.user_id,
            sequence,
            client_order_id: None,
            asset: position.asset,
            side: OrderSide::from(position.side),
            position_side: None,
            position_id: None,
            kind: OrderKind::Market,
            time_in_force: TimeInForce::Gtc,
            qty: position.qty,
            price: None,
            trigger_price: None,
            callback_bps: None,
            activated_at_ms: None,
            reduce_only: false,
            close_position: false,
            leverage: position.leverage,
            stop_loss: position.stop_loss,
            take_profit: position.take_profit,
            trailing_stop_bps: None,
            price_limit: None,
            max_slippage_bps: None,
            expires_at_ms: None,
            awaits_quote: false,
            reserved: Usd::ZERO,
            status: OrderStatus::Filled,
            reason: None,
            filled_qty: position.qty,
            average_price: Some(position.entry_price),
            created_at_ms: position.created_at_ms,
            updated_at_ms: position.created_at_ms,
        }
    }
}

/// A trade of an order with the house: what it did to one position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fill {
    /// The order.
    pub order_id: OrderId,
    /// The position that it opened, increased, reduced or closed.
    pub position_id: OrderId,
    /// Buy or sell.
    pub side: OrderSide,
    /// The quantity of the base asset.
    #[serde(rename = "qtyInt")]
    pub qty: Qty,
    /// The price.
    #[serde(rename = "priceInt")]
    pub price: Price,
    /// The profit or loss that it realized, at worst the margin that it released; zero when it
    /// opened or increased the position.
    #[serde(rename = "realizedPnLInt")]
    pub realized_pnl: Usd,
    /// The fee.
    #[serde(rename = "feeInt", default, skip_serializing_if = "Usd::is_zero")]
    pub fee: Usd,
    /// Maker or taker.
    pub role: FillRole,
    /// The `PRICE_UPDATE` entry whose price was used.
    pub tick_id: EntryId,
}

/// A fill, and the order that has traded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Execution {
    /// The order after its fills. Absent when the position tells of the order that opened it, and
    /// when none closed it; the fill has the position's id as its order's then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// The fill.
    pub fill: Fill,
}
