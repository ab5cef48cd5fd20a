//! What goes into `query:stream`: reads, which leave no trace in history.

use crate::codec::{DecodeError, Fields, StreamMessage};
use crate::ids::{OrderId, RequestId, UserId};
use serde::{Deserialize, Serialize};

/// One entry of `query:stream`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryEntry {
    /// For matching the reply.
    pub request_id: RequestId,
    /// Who asks, and about whose account.
    pub user_id: UserId,
    /// The sender's clock, Unix ms.
    pub timestamp_ms: u64,
    /// The pub/sub channel that waits for the answer.
    pub reply_to: String,
    /// What is asked.
    pub query: Query,
}

/// A question about one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Query {
    /// Balance, used margin, equity and unrealized P&L.
    GetBalance,
    /// One order, open or closed a short while ago.
    GetOrder {
        /// Which.
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
                return Err(DecodeError::new("type", format!("is {other:?}, which is no query")));
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
