//! What goes into `request:stream`: everything that can change the engine's state.

use crate::codec::{DecodeError, Fields, StreamMessage};
use crate::ids::{OrderId, RequestId, Symbol, UserId};
use crate::order::OrderType;
use price::{Price, Qty, Usd};
use serde::{Deserialize, Deserializer, Serialize};

/// One entry of `request:stream`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestEntry {
    /// For matching the reply and following the request through the logs; prices have none.
    pub request_id: Option<RequestId>,
    /// The sender's clock, Unix ms. For people: the engine's time is the entry's id.
    pub timestamp_ms: u64,
    /// The pub/sub channel that waits for the answer.
    pub reply_to: Option<String>,
    /// What is asked.
    pub request: Request,
}

/// A command or a price. Amounts are as the sender gave them: the engine judges them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Opens an account with a first deposit. Sent again for a known user it changes nothing.
    RegisterUser {
        /// The new account.
        user_id: UserId,
        /// Virtual money to start with.
        deposit: Usd,
    },
    /// Opens a position at the current price.
    PlaceOrder(PlaceOrder),
    /// Changes the stop-loss and take-profit of an open position.
    ModifyOrder(ModifyOrder),
    /// Closes a position at the current price.
    CloseOrder {
        /// Who asks.
        user_id: UserId,
        /// Which position.
        order_id: OrderId,
    },
    /// The venue's price moved.
    PriceUpdate(PriceUpdate),
    /// The engine's limits change from here on. Written by the engine when its settings differ
    /// from what the history says, so that a replay goes by the limits of its time.
    SetRules(Rules),
    /// New orders are refused from here on; positions are changed and closed as ever.
    PauseTrading(Attribution),
    /// New orders are taken again.
    ResumeTrading(Attribution),
    /// An operator pays money into an account, or takes some out.
    AdjustBalance(AdjustBalance),
}

/// Who gave an operator's command and why: part of the command, as it is part of history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribution {
    /// A person's name, as they give it.
    pub by: String,
    /// In their words. Traders see why trading is paused.
    pub reason: String,
}

/// A change of a balance that no trade has led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdjustBalance {
    /// Whose.
    pub user_id: UserId,
    /// What is added; below zero, what is taken.
    pub amount: Usd,
    /// Who does it and why.
    pub attribution: Attribution,
}

/// A market order with the house.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceOrder {
    /// Who asks.
    pub user_id: UserId,
    /// Made by the sender; a known id is the same order again.
    pub order_id: OrderId,
    /// What is traded, as the sender wrote it.
    pub asset: String,
    /// Long or short.
    pub order_type: OrderType,
    /// 1 to 100.
    pub leverage: u32,
    /// Size in the base asset.
    pub qty: Qty,
    /// Close at a loss here.
    pub stop_loss: Option<Price>,
    /// Close at a profit here.
    pub take_profit: Option<Price>,
}

/// New stop-loss and take-profit prices for an open position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModifyOrder {
    /// Who asks.
    pub user_id: UserId,
    /// Which position.
    pub order_id: OrderId,
    /// What becomes of the stop-loss.
    pub stop_loss: Edit<Price>,
    /// What becomes of the take-profit.
    pub take_profit: Edit<Price>,
}

/// What a change does to an optional value. In JSON: absent, `null`, or the value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edit<T> {
    /// Stays as it is.
    #[default]
    Keep,
    /// Becomes empty.
    Remove,
    /// Becomes this.
    Set(T),
}

impl<T> Edit<T> {
    /// The value after the change.
    pub fn apply(self, current: Option<T>) -> Option<T> {
        match self {
            Self::Keep => current,
            Self::Remove => None,
            Self::Set(value) => Some(value),
        }
    }

    /// Whether nothing changes.
    pub const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }
}

impl<T: Serialize> Serialize for Edit<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Keep | Self::Remove => serializer.serialize_none(),
            Self::Set(value) => serializer.serialize_some(value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Edit<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Remove, Self::Set))
    }
}

/// Bid and ask, derived from one trade of the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PriceUpdate {
    /// What is priced.
    pub symbol: Symbol,
    /// Longs close and shorts open here.
    #[serde(rename = "bidPriceInt")]
    pub bid: Price,
    /// Longs open and shorts close here.
    #[serde(rename = "askPriceInt")]
    pub ask: Price,
    /// The venue's trade that it comes from.
    pub trade_id: u64,
}

/// The limits that the engine enforces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rules {
    /// How many positions one account may have open.
    pub max_open_positions: u32,
    /// A price older than this fills nothing (ms of stream time).
    pub stale_price_ms: u64,
    /// How long a closed order can be read from memory, and its id is known (ms of stream time).
    pub closed_retention_ms: u64,
    /// How many closed orders are kept at most, whatever their age.
    pub closed_retention_max: u32,
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
    asset: String,
    order_type: OrderType,
    leverage: u32,
    #[serde(rename = "qtyInt")]
    qty: Qty,
    #[serde(rename = "stopLossInt", default, skip_serializing_if = "Option::is_none")]
    stop_loss: Option<Price>,
    #[serde(rename = "takeProfitInt", default, skip_serializing_if = "Option::is_none")]
    take_profit: Option<Price>,
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
}

impl Request {
    /// Whose account it is about, if one.
    pub const fn user_id(&self) -> Option<UserId> {
        match self {
            Self::RegisterUser { user_id, .. } | Self::CloseOrder { user_id, .. } => Some(*user_id),
            Self::PlaceOrder(place) => Some(place.user_id),
            Self::ModifyOrder(modify) => Some(modify.user_id),
            Self::AdjustBalance(adjust) => Some(adjust.user_id),
            Self::PriceUpdate(_)
            | Self::SetRules(_)
            | Self::PauseTrading(_)
            | Self::ResumeTrading(_) => None,
        }
    }

    /// Every `type` that an entry can have.
    pub const KINDS: [&'static str; 9] = [
        "REGISTER_USER",
        "PLACE_ORDER",
        "MODIFY_ORDER",
        "CLOSE_ORDER",
        "PRICE_UPDATE",
        "SET_RULES",
        "PAUSE_TRADING",
        "RESUME_TRADING",
        "ADJUST_BALANCE",
    ];

    /// The entry's `type`.
    pub const fn kind(&self) -> &'static str {
        Self::KINDS[self.kind_index()]
    }

    /// Its position in [`Request::KINDS`], for tables by type.
    pub const fn kind_index(&self) -> usize {
        match self {
            Self::RegisterUser { .. } => 0,
            Self::PlaceOrder(_) => 1,
            Self::ModifyOrder(_) => 2,
            Self::CloseOrder { .. } => 3,
            Self::PriceUpdate(_) => 4,
            Self::SetRules(_) => 5,
            Self::PauseTrading(_) => 6,
            Self::ResumeTrading(_) => 7,
            Self::AdjustBalance(_) => 8,
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
                asset: place.asset.clone(),
                order_type: place.order_type,
                leverage: place.leverage,
                qty: place.qty,
                stop_loss: place.stop_loss,
                take_profit: place.take_profit,
            }),
            Request::ModifyOrder(modify) => fields.with_payload(&ModifyPayload {
                order_id: modify.order_id,
                stop_loss: modify.stop_loss,
                take_profit: modify.take_profit,
            }),
            Request::CloseOrder { order_id, .. } => {
                fields.with_payload(&ClosePayload { order_id: *order_id })
            }
            Request::PriceUpdate(update) => fields.with_payload(update),
            Request::SetRules(rules) => fields.with_payload(rules),
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
                asset: payload.asset,
                order_type: payload.order_type,
                leverage: payload.leverage,
                qty: payload.qty,
                stop_loss: payload.stop_loss,
                take_profit: payload.take_profit,
            }))
        }
        "MODIFY_ORDER" => {
            let ModifyPayload { order_id, stop_loss, take_profit } = fields.payload()?;
            let user_id = fields.id("userId")?;
            Ok(Request::ModifyOrder(ModifyOrder { user_id, order_id, stop_loss, take_profit }))
        }
        "CLOSE_ORDER" => {
            let ClosePayload { order_id } = fields.payload()?;
            Ok(Request::CloseOrder { user_id: fields.id("userId")?, order_id })
        }
        "PRICE_UPDATE" => Ok(Request::PriceUpdate(fields.payload()?)),
        "SET_RULES" => Ok(Request::SetRules(fields.payload()?)),
        "PAUSE_TRADING" => Ok(Request::PauseTrading(fields.payload()?)),
        "RESUME_TRADING" => Ok(Request::ResumeTrading(fields.payload()?)),
        "ADJUST_BALANCE" => {
            let AdjustPayload { amount, attribution } = fields.payload()?;
            let user_id = fields.id("userId")?;
            Ok(Request::AdjustBalance(AdjustBalance { user_id, amount, attribution }))
        }
        other => Err(DecodeError::new("type", format!("is {other:?}, which is no request"))),
    }
}
