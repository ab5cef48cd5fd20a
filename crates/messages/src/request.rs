//! The requests of `request:stream`: every input that can change the engine's state.

use crate::codec::{DecodeError, Fields, StreamMessage};
use crate::edit::Edit;
use crate::ids::{OrderId, RequestId};
use crate::instrument::Instrument;
use crate::kinds::messages;
use crate::market::{DisputePrice, PriceUpdate};
use crate::position::Side;
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
            /// Opens a position at the current price.
            PlaceOrder(PlaceOrder) = "PLACE_ORDER",
            /// Changes the stop-loss and take-profit of an open position.
            ModifyPosition(ModifyPosition) = "MODIFY_ORDER",
            /// Closes a position at the current price.
            ClosePosition(ClosePosition) = "CLOSE_ORDER",
            /// Adds money to an account, or takes money from it, by an operator's command.
            AdjustBalance(AdjustBalance) = "ADJUST_BALANCE",
        }
        payload {
            /// Sets a symbol's price and ends a dispute about it.
            PriceUpdate(PriceUpdate) = "PRICE_UPDATE",
            /// Marks the last price of a symbol as unreliable: nothing is filled until the next
            /// [`PriceUpdate`] of the symbol.
            DisputePrice(DisputePrice) = "DISPUTE_PRICE",
            /// Changes the engine's limits from here on. The engine writes it when its settings
            /// differ from the history, so that a replay applies the limits of its time.
            SetRules(Rules) = "SET_RULES",
            /// Lists an instrument, or changes its parameters from here on. The engine writes it
            /// when `markets.toml` differs from the history.
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

/// A market order with the house.
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
    /// Long or short.
    #[serde(rename = "orderType")]
    pub side: Side,
    /// The leverage, 1 to the highest of the instrument.
    pub leverage: u32,
    /// The size in the base asset.
    #[serde(rename = "qtyInt")]
    pub qty: Qty,
    /// The price at which to close at a loss.
    #[serde(rename = "stopLossInt", default, skip_serializing_if = "Option::is_none")]
    pub stop_loss: Option<Price>,
    /// The price at which to close at a profit.
    #[serde(rename = "takeProfitInt", default, skip_serializing_if = "Option::is_none")]
    pub take_profit: Option<Price>,
    /// The worst price to open at; beyond it the order is refused.
    #[serde(rename = "priceLimitInt", default, skip_serializing_if = "Option::is_none")]
    pub price_limit: Option<Price>,
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

/// The limits that the engine enforces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rules {
    /// The maximum number of open positions of one account.
    pub max_open_positions: u32,
    /// The age from which on a price fills nothing (ms of stream time).
    pub stale_price_ms: u64,
    /// The time for which a closed order stays in memory (ms of stream time).
    pub closed_retention_ms: u64,
    /// The maximum number of closed orders in memory, whatever their age.
    pub closed_retention_max: u32,
    /// The minimum time for which the id of a closed order is known (ms of stream time), whatever
    /// their number. Absent in histories from before the rule, where ids are known as long as their
    /// orders are in memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id_retention_ms: Option<u64>,
    /// The lead of ids over their sender's clock beyond which new orders are refused (ms).
    /// Absent in histories from before the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_lead_max_ms: Option<u64>,
}

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
