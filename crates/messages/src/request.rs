//! The requests of `request:stream`: every input that can change the engine's state.

use crate::codec::{DecodeError, Fields, StreamMessage};
use crate::edit::Edit;
use crate::ids::{OrderId, RequestId, UserId};
use crate::instrument::{Instrument, InvalidInstrument};
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

/// A command or a price. Amounts are as the sender gave them; the engine validates them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Opens an account with a first deposit. Has no effect for a known user.
    RegisterUser {
        /// The new account.
        user_id: UserId,
        /// The virtual money to start with.
        deposit: Usd,
    },
    /// Opens a position at the current price.
    PlaceOrder(PlaceOrder),
    /// Changes the stop-loss and take-profit of an open position.
    ModifyPosition(ModifyPosition),
    /// Closes a position at the current price.
    ClosePosition(ClosePosition),
    /// Sets a symbol's price and ends a dispute about it.
    PriceUpdate(PriceUpdate),
    /// Marks the last price of a symbol as unreliable: nothing is filled until the next
    /// [`PriceUpdate`] of the symbol.
    DisputePrice(DisputePrice),
    /// Changes the engine's limits from here on. The engine writes it when its settings differ from
    /// the history, so that a replay applies the limits of its time.
    SetRules(Rules),
    /// Lists an instrument, or changes its parameters from here on. The engine writes it when
    /// `markets.toml` differs from the history.
    SetInstrument(Box<Instrument>),
    /// Refuses new orders from here on; positions can still be modified and closed.
    PauseTrading(Attribution),
    /// Accepts new orders again.
    ResumeTrading(Attribution),
    /// Adds money to an account, or takes money from it, by an operator's command.
    AdjustBalance(AdjustBalance),
}

/// The operator and the reason of a command, recorded in history with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribution {
    /// The operator's name, as the operator gives it.
    pub by: String,
    /// The reason in the operator's words. Traders see it while trading is paused.
    pub reason: String,
}

/// A change of a balance that no trade caused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdjustBalance {
    /// The owner of the account.
    pub user_id: UserId,
    /// The amount to add; negative to take money.
    pub amount: Usd,
    /// The operator and the reason.
    pub attribution: Attribution,
}

/// A market order with the house.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceOrder {
    /// The owner of the account.
    pub user_id: UserId,
    /// The id, chosen by the sender; a request with a known id repeats that order.
    pub order_id: OrderId,
    /// The id that the same idempotency key gave in the previous period; if it is known, the
    /// request repeats that order too.
    pub earlier_order_id: Option<OrderId>,
    /// The symbol, as the sender wrote it.
    pub asset: String,
    /// Long or short.
    pub side: Side,
    /// The leverage, 1 to the highest of the instrument.
    pub leverage: u32,
    /// The size in the base asset.
    pub qty: Qty,
    /// The price at which to close at a loss.
    pub stop_loss: Option<Price>,
    /// The price at which to close at a profit.
    pub take_profit: Option<Price>,
    /// The worst price to open at; beyond it the order is refused.
    pub price_limit: Option<Price>,
}

/// A request to close a whole position at the current price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosePosition {
    /// The owner of the account.
    pub user_id: UserId,
    /// The position.
    pub order_id: OrderId,
    /// The worst price to close at; beyond it the close is refused.
    pub price_limit: Option<Price>,
}

/// New stop-loss and take-profit prices for an open position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModifyPosition {
    /// The owner of the account.
    pub user_id: UserId,
    /// The position.
    pub order_id: OrderId,
    /// The change of the stop-loss.
    pub stop_loss: Edit<Price>,
    /// The change of the take-profit.
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

#[derive(Serialize, Deserialize)]
struct DepositPayload {
    #[serde(rename = "depositInt")]
    deposit: Usd,
}

#[derive(Serialize, Deserialize)]
struct AdjustPayload {
    #[serde(rename = "amountInt")]
    amount: Usd,
    #[serde(flatten)]
    attribution: Attribution,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlacePayload {
    order_id: OrderId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    earlier_order_id: Option<OrderId>,
    asset: String,
    #[serde(rename = "orderType")]
    side: Side,
    leverage: u32,
    #[serde(rename = "qtyInt")]
    qty: Qty,
    #[serde(rename = "stopLossInt", default, skip_serializing_if = "Option::is_none")]
    stop_loss: Option<Price>,
    #[serde(rename = "takeProfitInt", default, skip_serializing_if = "Option::is_none")]
    take_profit: Option<Price>,
    #[serde(rename = "priceLimitInt", default, skip_serializing_if = "Option::is_none")]
    price_limit: Option<Price>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ModifyPayload {
    order_id: OrderId,
    #[serde(rename = "stopLossInt", default, skip_serializing_if = "Edit::is_keep")]
    stop_loss: Edit<Price>,
    #[serde(rename = "takeProfitInt", default, skip_serializing_if = "Edit::is_keep")]
    take_profit: Edit<Price>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClosePayload {
    order_id: OrderId,
    #[serde(rename = "priceLimitInt", default, skip_serializing_if = "Option::is_none")]
    price_limit: Option<Price>,
}

impl Request {
    /// The owner of the account that the request concerns, if any.
    pub const fn user_id(&self) -> Option<UserId> {
        match self {
            Self::RegisterUser { user_id, .. } => Some(*user_id),
            Self::PlaceOrder(place) => Some(place.user_id),
            Self::ClosePosition(close) => Some(close.user_id),
            Self::ModifyPosition(modify) => Some(modify.user_id),
            Self::AdjustBalance(adjust) => Some(adjust.user_id),
            Self::PriceUpdate(_)
            | Self::DisputePrice(_)
            | Self::SetRules(_)
            | Self::SetInstrument(_)
            | Self::PauseTrading(_)
            | Self::ResumeTrading(_) => None,
        }
    }

    /// Every `type` that an entry can have.
    pub const KINDS: [&'static str; 11] = [
        "REGISTER_USER",
        "PLACE_ORDER",
        "MODIFY_ORDER",
        "CLOSE_ORDER",
        "PRICE_UPDATE",
        "SET_RULES",
        "PAUSE_TRADING",
        "RESUME_TRADING",
        "ADJUST_BALANCE",
        "DISPUTE_PRICE",
        "SET_INSTRUMENT",
    ];

    /// The entry's `type`.
    pub const fn kind(&self) -> &'static str {
        Self::KINDS[self.kind_index()]
    }

    /// The index of the type in [`Request::KINDS`], for tables by type.
    pub const fn kind_index(&self) -> usize {
        match self {
            Self::RegisterUser { .. } => 0,
            Self::PlaceOrder(_) => 1,
            Self::ModifyPosition(_) => 2,
            Self::ClosePosition(_) => 3,
            Self::PriceUpdate(_) => 4,
            Self::SetRules(_) => 5,
            Self::PauseTrading(_) => 6,
            Self::ResumeTrading(_) => 7,
            Self::AdjustBalance(_) => 8,
            Self::DisputePrice(_) => 9,
            Self::SetInstrument(_) => 10,
        }
    }
}

impl StreamMessage for RequestEntry {
    fn encode(&self) -> Fields {
        let fields = Fields::of_type(self.request.kind())
            .with_some("requestId", self.request_id)
            .with_some("userId", self.request.user_id())
            .with("timestamp", self.timestamp_ms)
            .with_some("replyTo", self.reply_to.as_ref());
        match &self.request {
            Request::RegisterUser { deposit, .. } => {
                fields.with_payload(&DepositPayload { deposit: *deposit })
            }
            Request::PlaceOrder(place) => fields.with_payload(&PlacePayload {
                order_id: place.order_id,
                earlier_order_id: place.earlier_order_id,
                asset: place.asset.clone(),
                side: place.side,
                leverage: place.leverage,
                qty: place.qty,
                stop_loss: place.stop_loss,
                take_profit: place.take_profit,
                price_limit: place.price_limit,
            }),
            Request::ModifyPosition(modify) => fields.with_payload(&ModifyPayload {
                order_id: modify.order_id,
                stop_loss: modify.stop_loss,
                take_profit: modify.take_profit,
            }),
            Request::ClosePosition(ClosePosition { order_id, price_limit, .. }) => {
                let (order_id, price_limit) = (*order_id, *price_limit);
                fields.with_payload(&ClosePayload { order_id, price_limit })
            }
            Request::PriceUpdate(update) => fields.with_payload(update),
            Request::DisputePrice(dispute) => fields.with_payload(dispute),
            Request::SetRules(rules) => fields.with_payload(rules),
            Request::SetInstrument(instrument) => fields.with_payload(instrument),
            Request::PauseTrading(attribution) | Request::ResumeTrading(attribution) => {
                fields.with_payload(attribution)
            }
            Request::AdjustBalance(adjust) => fields.with_payload(&AdjustPayload {
                amount: adjust.amount,
                attribution: adjust.attribution.clone(),
            }),
        }
    }

    fn decode(fields: &Fields) -> Result<Self, DecodeError> {
        Ok(Self {
            request: decode_request(fields)?,
            request_id: fields.optional_id("requestId")?,
            timestamp_ms: fields.timestamp_ms()?,
            reply_to: fields.optional("replyTo")?.map(str::to_owned),
        })
    }
}

fn decode_request(fields: &Fields) -> Result<Request, DecodeError> {
    match fields.kind()? {
        "REGISTER_USER" => {
            let DepositPayload { deposit } = fields.payload()?;
            Ok(Request::RegisterUser { user_id: fields.id("userId")?, deposit })
        }
        "PLACE_ORDER" => {
            let payload: PlacePayload = fields.payload()?;
            Ok(Request::PlaceOrder(PlaceOrder {
                user_id: fields.id("userId")?,
                order_id: payload.order_id,
                earlier_order_id: payload.earlier_order_id,
                asset: payload.asset,
                side: payload.side,
                leverage: payload.leverage,
                qty: payload.qty,
                stop_loss: payload.stop_loss,
                take_profit: payload.take_profit,
                price_limit: payload.price_limit,
            }))
        }
        "MODIFY_ORDER" => {
            let ModifyPayload { order_id, stop_loss, take_profit } = fields.payload()?;
            let user_id = fields.id("userId")?;
            Ok(Request::ModifyPosition(ModifyPosition {
                user_id,
                order_id,
                stop_loss,
                take_profit,
            }))
        }
        "CLOSE_ORDER" => {
            let ClosePayload { order_id, price_limit } = fields.payload()?;
            let user_id = fields.id("userId")?;
            Ok(Request::ClosePosition(ClosePosition { user_id, order_id, price_limit }))
        }
        "PRICE_UPDATE" => Ok(Request::PriceUpdate(fields.payload()?)),
        "DISPUTE_PRICE" => Ok(Request::DisputePrice(fields.payload()?)),
        "SET_RULES" => Ok(Request::SetRules(fields.payload()?)),
        "SET_INSTRUMENT" => {
            let instrument: Instrument = fields.payload()?;
            let invalid = |error: InvalidInstrument| DecodeError::new("payload", error.to_string());
            Ok(Request::SetInstrument(Box::new(instrument.checked().map_err(invalid)?)))
        }
        "PAUSE_TRADING" => Ok(Request::PauseTrading(fields.payload()?)),
        "RESUME_TRADING" => Ok(Request::ResumeTrading(fields.payload()?)),
        "ADJUST_BALANCE" => {
            let AdjustPayload { amount, attribution } = fields.payload()?;
            let user_id = fields.id("userId")?;
            Ok(Request::AdjustBalance(AdjustBalance { user_id, amount, attribution }))
        }
        other => Err(DecodeError::new("type", format!("is the unknown request type {other:?}"))),
    }
}
