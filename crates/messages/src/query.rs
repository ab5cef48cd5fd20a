//! The queries of `query:stream`: reads, which are not recorded in history.

use crate::codec::{DecodeError, Fields, StreamMessage};
use crate::ids::{OrderId, RequestId, UserId};
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

/// A query about one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Query {
    /// Balance, used margin, equity and unrealized P&L.
    GetBalance,
    /// One order, open or recently closed.
    GetOrder {
        /// The order.
        order_id: OrderId,
    },
    /// All open positions, newest first.
    GetUserOrders,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderPayload {
    order_id: OrderId,
}

impl StreamMessage for QueryEntry {
    fn encode(&self) -> Fields {
        let kind = match self.query {
            Query::GetBalance => "GET_BALANCE",
            Query::GetOrder { .. } => "GET_ORDER",
            Query::GetUserOrders => "GET_USER_ORDERS",
        };
        let fields = Fields::of_type(kind)
            .with("requestId", self.request_id)
            .with("userId", self.user_id)
            .with("timestamp", self.timestamp_ms)
            .with("replyTo", &self.reply_to);
        match self.query {
            Query::GetOrder { order_id } => fields.with_payload(&OrderPayload { order_id }),
            Query::GetBalance | Query::GetUserOrders => fields.with("payload", "{}"),
        }
    }

    fn decode(fields: &Fields) -> Result<Self, DecodeError> {
        let query = match fields.kind()? {
            "GET_BALANCE" => Query::GetBalance,
            "GET_ORDER" => {
                let OrderPayload { order_id } = fields.payload()?;
                Query::GetOrder { order_id }
            }
            "GET_USER_ORDERS" => Query::GetUserOrders,
            other => {
                return Err(DecodeError::new(
                    "type",
                    format!("is the unknown query type {other:?}"),
                ));
            }
        };
        Ok(Self {
            request_id: fields.id("requestId")?,
            user_id: fields.id("userId")?,
            timestamp_ms: fields.timestamp_ms()?,
            reply_to: fields.required("replyTo")?.to_owned(),
            query,
        })
    }
}
