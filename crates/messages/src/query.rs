//! The queries of `query:stream`: reads, which are not recorded in history.

use crate::codec::{DecodeError, Fields, StreamMessage};
use crate::ids::{OrderId, RequestId, UserId};
use crate::kinds::messages;
use crate::symbol::Symbol;
use serde::{Deserialize, Serialize};

/// An entry of `query:stream`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryEntry {
    /// The id that matches the reply to the query.
    pub request_id: RequestId,
    /// The caller, whose own account is read.
    pub user_id: UserId,
    /// The sender's clock, Unix ms.
    pub timestamp_ms: u64,
    /// The pub/sub channel for the reply.
    pub reply_to: String,
    /// The query.
    pub query: Query,
}

messages! {
    /// A query about one account.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum Query: "query" {
        payload {
            /// One order, open or recently closed.
            GetOrder(GetOrder) = "GET_ORDER",
            /// One order of the account, resting or recently ended.
            GetPlacedOrder(OrderRef) = "GET_PLACED_ORDER",
            /// The resting orders, oldest first.
            GetOpenOrders(GetOpenOrders) = "GET_OPEN_ORDERS",
        }
        empty {
            /// Balance, used margin, equity and unrealized P&L.
            GetBalance = "GET_BALANCE",
            /// All open positions, newest first.
            GetUserOrders = "GET_USER_ORDERS",
            /// The position mode and the leverages that were set.
            GetAccountSettings = "GET_ACCOUNT_SETTINGS",
        }
    }
}

/// The order to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetOrder {
    /// The order.
    pub order_id: OrderId,
}

/// An order by one of its ids, of which exactly one is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderRef {
    /// The order's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The owner's own id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_order_id: Option<String>,
    /// The [number](crate::Order::number) of the order in its account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
}

impl OrderRef {
    /// Names an order by its owner's own id.
    pub fn called(client_order_id: impl Into<String>) -> Self {
        Self { client_order_id: Some(client_order_id.into()), ..Self::default() }
    }

    /// Names an order by its number in its account.
    pub fn numbered(number: u64) -> Self {
        Self { sequence: Some(number), ..Self::default() }
    }
}

impl From<OrderId> for OrderRef {
    fn from(order_id: OrderId) -> Self {
        Self { order_id: Some(order_id), ..Self::default() }
    }
}

/// The resting orders to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetOpenOrders {
    /// The instrument; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<Symbol>,
}

impl StreamMessage for QueryEntry {
    fn encode(&self) -> Fields {
        let fields = Fields::of_type(self.query.kind())
            .with("requestId", self.request_id)
            .with("userId", self.user_id)
            .with("timestamp", self.timestamp_ms)
            .with("replyTo", &self.reply_to);
        self.query.encode_payload(fields)
    }

    fn decode(fields: &Fields) -> Result<Self, DecodeError> {
        Ok(Self {
            query: Query::decode_kind(fields)?,
            request_id: fields.id("requestId")?,
            user_id: fields.id("userId")?,
            timestamp_ms: fields.timestamp_ms()?,
            reply_to: fields.required("replyTo")?.to_owned(),
        })
    }
}
