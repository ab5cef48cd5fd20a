//! The requests of `request:stream`: every input that can change the engine's state.

use crate::codec::{DecodeError, Fields, StreamMessage};
use crate::edit::Edit;
use crate::ids::{OrderId, RequestId};
use crate::instrument::Instrument;
use crate::kinds::messages;
use crate::market::{DisputePrice, MarkPrice, PriceUpdate, SettleFunding};
use crate::order::{OrderKind, PositionMode, TimeInForce};
use crate::position::Side;
use crate::query::OrderRef;
use crate::rules::Rules;
use crate::symbol::Symbol;
use price::{Price, Qty, Usd};
use serde::{Deserialize, Serialize};

/// An entry of `request:stream`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestEntry {
    /// The id that matches the reply and traces the request through the logs; prices have none.
    pub request_id: Option<RequestId>,
    /// The sender's clock, Unix ms. The engine's time is the entry's id; this clock shows the age
    /// of a price when ids stand still, and ids that run ahead of it.
    pub timestamp_ms: u64,
    /// The pub/sub channel for the reply.
    pub reply_to: Option<String>,
    /// The request.
    pub request: Request,
}

messages! {
    /// A command or a price. Amounts are as the sender gave them; the engine validates them.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum Request: "request" {
        account {
            /// Opens an account with a first deposit. Has no effect for a known user.
            RegisterUser(RegisterUser) = "REGISTER_USER",
            /// Places an order: fills it at the current price, or lets it rest.
            PlaceOrder(PlaceOrder) = "PLACE_ORDER",
            /// Changes the stop-loss and take-profit of an open position.
            ModifyPosition(ModifyPosition) = "MODIFY_ORDER",
            /// Closes a position at the current price.
            ClosePosition(ClosePosition) = "CLOSE_ORDER",
            /// Adds money to an account, or takes money from it, by an operator's command.
            AdjustBalance(AdjustBalance) = "ADJUST_BALANCE",
            /// Cancels a resting order.
            CancelOrder(OrderRef) = "CANCEL_ORDER",
            /// Cancels all resting orders, or those in one instrument.
            CancelOrders(CancelOrders) = "CANCEL_ORDERS",
            /// Changes a resting order, which keeps its id and loses its place.
            AmendOrder(AmendOrder) = "AMEND_ORDER",
            /// Changes the way in which the account's orders make positions.
            ChangePositionMode(ChangePositionMode) = "CHANGE_POSITION_MODE",
            /// Changes the leverage in an instrument, of an account whose orders are netted.
            ChangeLeverage(ChangeLeverage) = "CHANGE_LEVERAGE",
            /// Adds margin to a position, or removes what it does not need.
            ChangeMargin(ChangeMargin) = "CHANGE_MARGIN",
            /// Closes a position and opens the same on the other side.
            ReversePosition(ReversePosition) = "REVERSE_POSITION",
            /// Closes all positions, or those in one instrument.
            ClosePositions(ClosePositions) = "CLOSE_POSITIONS",
            /// Ends everything that is open, and sets the balance.
            ResetAccount(ResetAccount) = "RESET_ACCOUNT",
        }
        payload {
            /// Sets a symbol's price and ends a dispute about it.
            PriceUpdate(PriceUpdate) = "PRICE_UPDATE",
            /// Marks the last price of a symbol as unreliable: nothing is filled until the next
            /// [`PriceUpdate`] of the symbol.
            DisputePrice(DisputePrice) = "DISPUTE_PRICE",
            /// Sets a symbol's mark price.
            MarkPrice(MarkPrice) = "MARK_PRICE",
            /// Pays a funding between the house and every position of a symbol.
            SettleFunding(SettleFunding) = "SETTLE_FUNDING",
            /// Changes the engine's limits from here on. The engine writes it when its settings
            /// differ from the history, so that a replay applies the limits of its time.
            SetRules(Rules) = "SET_RULES",
            /// Lists an instrument, or changes its parameters from here on. The engine writes it
            /// when `markets.toml` differs from the history, and an operator's console.
            SetInstrument(Box<Instrument>) = "SET_INSTRUMENT",
            /// Refuses new orders from here on; positions can still be modified and closed.
            PauseTrading(Attribution) = "PAUSE_TRADING",
            /// Accepts new orders again.
            ResumeTrading(Attribution) = "RESUME_TRADING",
        }
    }
}

/// The operator and the reason of a command, recorded in history with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribution {
    /// The operator's name, as the operator gives it.
    pub by: String,
    /// The reason in the operator's words. Traders see it while trading is paused.
    pub reason: String,
}

/// The first deposit of a new account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterUser {
    /// The virtual money to start with.
    #[serde(rename = "depositInt")]
    pub deposit: Usd,
}

/// A change of a balance that no trade caused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustBalance {
    /// The amount to add; negative to take money.
    #[serde(rename = "amountInt")]
    pub amount: Usd,
    /// The operator and the reason.
    #[serde(flatten)]
    pub attribution: Attribution,
}

/// An order with the house.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlaceOrder {
    /// The id, chosen by the sender; a request with a known id repeats that order.
    pub order_id: OrderId,
    /// The id that the same idempotency key gave in the previous period; if it is known, the
    /// request repeats that order too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier_order_id: Option<OrderId>,
    /// The symbol, as the sender wrote it.
    pub asset: String,
    /// Long to buy, short to sell.
    #[serde(rename = "orderType")]
    pub side: Side,
    /// The leverage, 1 to the highest of the instrument; 0 if none is given.
    pub leverage: u32,
    /// The size in the base asset; zero if the order says otherwise how much it trades.
    #[serde(rename = "qtyInt")]
    pub qty: Qty,
    /// The price at which to close the opened position at a loss.
    #[serde(rename = "stopLossInt", default, skip_serializing_if = "Option::is_none")]
    pub stop_loss: Option<Price>,
    /// The price at which to close the opened position at a profit.
    #[serde(rename = "takeProfitInt", default, skip_serializing_if = "Option::is_none")]
    pub take_profit: Option<Price>,
    /// The callback of the trailing stop that is placed for what the order opens, in basis points
    /// ([`crate::CALLBACK_BPS`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trailing_stop_bps: Option<u32>,
    /// The worst price to trade at; beyond it the order is refused or expires.
    #[serde(rename = "priceLimitInt", default, skip_serializing_if = "Option::is_none")]
    pub price_limit: Option<Price>,
    /// The kind; a market order if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<OrderKind>,
    /// The limit price.
    #[serde(rename = "priceInt", default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// The trigger price; the activation price of a trailing stop.
    #[serde(rename = "triggerPriceInt", default, skip_serializing_if = "Option::is_none")]
    pub trigger_price: Option<Price>,
    /// The distance of a trailing stop from its peak, in basis points ([`crate::CALLBACK_BPS`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_bps: Option<u32>,
    /// The time in force; good till canceled if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_in_force: Option<TimeInForce>,
    /// The time at which the order expires (Unix ms of stream time), with [`TimeInForce::Gtd`].
    #[serde(rename = "expiresAt", default, skip_serializing_if = "Option::is_none")]
    pub expires_at_ms: Option<u64>,
    /// Whether the order may only reduce a position.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reduce_only: bool,
    /// Whether the order closes the whole position, whatever its quantity.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub close_position: bool,
    /// The share of the position to close, in basis points, instead of a quantity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_bps: Option<u32>,
    /// The position that the order works for, in mode `hedge`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position_side: Option<Side>,
    /// The position that the order reduces, in mode `separate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position_id: Option<OrderId>,
    /// The sender's own id, unique among the account's resting orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_order_id: Option<String>,
    /// The greatest distance of its fill from its trigger, or from the quote at its arrival, in
    /// basis points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_slippage_bps: Option<u32>,
}

impl PlaceOrder {
    /// Creates a market order that opens a position.
    pub fn market(
        order_id: OrderId,
        asset: impl Into<String>,
        side: Side,
        leverage: u32,
        qty: Qty,
    ) -> Self {
        Self {
            order_id,
            earlier_order_id: None,
            asset: asset.into(),
            side,
            leverage,
            qty,
            stop_loss: None,
            take_profit: None,
            trailing_stop_bps: None,
            price_limit: None,
            kind: None,
            price: None,
            trigger_price: None,
            callback_bps: None,
            time_in_force: None,
            expires_at_ms: None,
            reduce_only: false,
            close_position: false,
            share_bps: None,
            position_side: None,
            position_id: None,
            client_order_id: None,
            max_slippage_bps: None,
        }
    }

    /// The kind of the order.
    pub fn kind(&self) -> OrderKind {
        self.kind.unwrap_or(OrderKind::Market)
    }

    /// Reports whether the order is a market order that opens a position and says nothing that
    /// the position does not say.
    pub fn is_plain(&self) -> bool {
        self.kind() == OrderKind::Market
            && self.trailing_stop_bps.is_none()
            && self.price.is_none()
            && self.trigger_price.is_none()
            && self.callback_bps.is_none()
            && self.time_in_force.is_none()
            && self.expires_at_ms.is_none()
            && !self.reduce_only
            && !self.close_position
            && self.share_bps.is_none()
            && self.position_side.is_none()
            && self.position_id.is_none()
            && self.client_order_id.is_none()
            && self.max_slippage_bps.is_none()
    }
}

/// A request to close a whole position at the current price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClosePosition {
    /// The position.
    pub order_id: OrderId,
    /// The worst price to close at; beyond it the close is refused.
    #[serde(rename = "priceLimitInt", default, skip_serializing_if = "Option::is_none")]
    pub price_limit: Option<Price>,
}

/// New stop-loss and take-profit prices for an open position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModifyPosition {
    /// The position.
    pub order_id: OrderId,
    /// The change of the stop-loss.
    #[serde(rename = "stopLossInt", default, skip_serializing_if = "Edit::is_keep")]
    pub stop_loss: Edit<Price>,
    /// The change of the take-profit.
    #[serde(rename = "takeProfitInt", default, skip_serializing_if = "Edit::is_keep")]
    pub take_profit: Edit<Price>,
}

/// The orders to cancel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelOrders {
    /// The instrument; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<Symbol>,
}

/// New values for a resting order; the absent ones stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AmendOrder {
    /// The order.
    #[serde(flatten)]
    pub order: OrderRef,
    /// The quantity.
    #[serde(rename = "qtyInt", default, skip_serializing_if = "Option::is_none")]
    pub qty: Option<Qty>,
    /// The limit price.
    #[serde(rename = "priceInt", default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// The trigger price, until it is reached.
    #[serde(rename = "triggerPriceInt", default, skip_serializing_if = "Option::is_none")]
    pub trigger_price: Option<Price>,
    /// The distance of a trailing stop from its peak, in basis points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_bps: Option<u32>,
}

/// The new position mode of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangePositionMode {
    /// The mode.
    pub mode: PositionMode,
}

/// The new leverage of an account in an instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeLeverage {
    /// The symbol, as the sender wrote it.
    pub asset: String,
    /// The leverage, 1 to the highest of the instrument.
    pub leverage: u32,
}

/// A change of a position's margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeMargin {
    /// The position.
    pub order_id: OrderId,
    /// The amount to add; negative to remove.
    #[serde(rename = "amountInt")]
    pub amount: Usd,
}

/// A request to close a position and to open the same on the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReversePosition {
    /// The id of the order that does it, chosen by the sender.
    pub order_id: OrderId,
    /// Like [`PlaceOrder::earlier_order_id`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier_order_id: Option<OrderId>,
    /// The position.
    pub position_id: OrderId,
    /// The worst price to trade at; beyond it the order is refused.
    #[serde(rename = "priceLimitInt", default, skip_serializing_if = "Option::is_none")]
    pub price_limit: Option<Price>,
}

/// The positions to close.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosePositions {
    /// The instrument; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<Symbol>,
}

/// A new beginning of an account: its orders are canceled, its positions closed at the quote, and its
/// balance set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetAccount {
    /// The balance to begin with, in [`RESET_BALANCE_USD`].
    #[serde(rename = "balanceInt")]
    pub balance: Usd,
}

/// The balances to which an account can be reset, in whole USD.
pub const RESET_BALANCE_USD: std::ops::RangeInclusive<i64> = 100..=1_000_000;

impl StreamMessage for RequestEntry {
    fn encode(&self) -> Fields {
        let fields = Fields::of_type(self.request.kind())
            .with_some("requestId", self.request_id)
            .with_some("userId", self.request.user_id())
            .with("timestamp", self.timestamp_ms)
            .with_some("replyTo", self.reply_to.as_ref());
        self.request.encode_payload(fields)
    }

    fn decode(fields: &Fields) -> Result<Self, DecodeError> {
        let request = Request::decode_kind(fields)?;
        if let Request::SetInstrument(instrument) = &request {
            instrument.check().map_err(|error| DecodeError::new("payload", error.to_string()))?;
        }
        Ok(Self {
            request,
            request_id: fields.optional_id("requestId")?,
            timestamp_ms: fields.timestamp_ms()?,
            reply_to: fields.optional("replyTo")?.map(str::to_owned),
        })
    }
}
