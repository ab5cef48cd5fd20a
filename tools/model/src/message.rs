//! Events and replies as JSON on the wire: amounts are texts of digits.

use crate::account::{Account, Event};
use crate::closed::Record;
use crate::entry::{Entry, Id};
use crate::model::{Placed, PositionState, Verdict};
use crate::order::Order;
use crate::position::{Open, Position};
use crate::view::int;
use serde_json::{Map, Value, json};

impl Event {
    /// The entry of `response:stream`, as [`Entry::shown`] shows it. `id` is the request's.
    pub fn shown(self, id: Id) -> Value {
        let mut fields = Map::new();
        fields.insert("v".to_owned(), "1".into());
        fields.insert("type".to_owned(), self.kind.into());
        fields.insert("userId".to_owned(), self.user_id.into());
        fields.insert("timestamp".to_owned(), id.ms.to_string().into());
        fields.insert("payload".to_owned(), self.payload);
        if let Some(request_id) = self.request_id {
            fields.insert("requestId".to_owned(), request_id.into());
        }
        Value::Object(fields)
    }
}

impl Entry {
    /// The fields of an entry with its payload as JSON.
    pub fn shown(&self) -> Value {
        let texts = self.fields.iter().filter(|(name, _)| *name != "payload");
        let mut fields: Map<_, _> =
            texts.map(|(name, text)| (name.clone(), text.as_str().into())).collect();
        fields.insert("payload".to_owned(), self.payload().unwrap_or_default());
        Value::Object(fields)
    }
}

impl Verdict {
    /// The response that a reply carries, unless the request is rejected.
    pub fn response(&self) -> Option<Value> {
        match self {
            Self::Done => Some(json!({ "type": "DONE" })),
            Self::Account(account) => {
                Some(json!({ "type": "ACCOUNT", "account": account.message() }))
            }
            Self::Granted(order, account) => Some(order_response(order, *account, false)),
            Self::Repeated(order, account) => Some(order_response(order, *account, true)),
            Self::Placed(placed) => Some(placed.message()),
            Self::PlacedOrders(orders, account) => Some(json!({
                "type": "PLACED_ORDERS",
                "orders": orders.iter().map(Order::message).collect::<Vec<_>>(),
                "account": account.message(),
            })),
            Self::ClosedPositions { closed, left, orders, account } => {
                let mut message = json!({
                    "type": "CLOSED_POSITIONS",
                    "closed": closed.iter().map(Record::message).collect::<Vec<_>>(),
                    "left": left,
                    "account": account.message(),
                });
                if !orders.is_empty() {
                    message["orders"] = json!(orders);
                }
                Some(message)
            }
            Self::Rejected(_) | Self::Unreadable => None,
        }
    }
}

fn order_response(order: &PositionState, account: Account, is_repeated: bool) -> Value {
    json!({
        "type": "ORDER",
        "order": order.message(),
        "account": account.message(),
        "repeated": is_repeated,
    })
}

impl Placed {
    fn message(&self) -> Value {
        let mut message = json!({
            "type": "PLACED_ORDER",
            "order": self.order.message(),
            "account": self.account.message(),
            "repeated": self.is_repeated,
        });
        if let Some(position) = &self.position {
            message["position"] = position.message();
        }
        if let Some(price) = self.order.resting_stop_price() {
            message["stopPriceInt"] = price.to_string().into();
        }
        message
    }
}

impl Account {
    /// The account as events and replies carry it.
    pub fn message(self) -> Value {
        let mut message = json!({
            "balanceInt": self.balance.to_string(),
            "usedMarginInt": self.used_margin.to_string(),
            "sequence": self.sequence,
        });
        if self.reserved != 0 {
            message["reservedInt"] = self.reserved.to_string().into();
        }
        message
    }
}

impl PositionState {
    /// The position as replies carry it.
    pub fn message(&self) -> Value {
        match self {
            Self::Open(open) => {
                let mut message = open.message();
                message["status"] = "OPEN".into();
                message
            }
            Self::Closed(closed) => {
                let mut message = closed.message();
                message["status"] = "CLOSED".into();
                message
            }
        }
    }
}

impl Open {
    /// The valued position as replies carry it.
    pub fn message(&self) -> Value {
        json!({
            "order": self.position.message(),
            "markPriceInt": self.mark_price.to_string(),
            "unrealizedPnLInt": self.unrealized_pnl.to_string(),
        })
    }
}

impl Position {
    /// The position as events and replies carry it.
    pub(crate) fn message(&self) -> Value {
        let mut message = json!({
            "orderId": self.order_id,
            "userId": self.user_id,
            "asset": self.asset.to_string(),
            "orderType": self.side(),
            "leverage": int(self.leverage),
            "qtyInt": self.qty.to_string(),
            "marginInt": self.margin.to_string(),
            "executionPriceInt": self.entry_price.to_string(),
            "liquidationPriceInt": self.liquidation_price.to_string(),
            "createdAt": self.created_at,
        });
        if let Some(price) = self.stop_loss {
            message["stopLossInt"] = price.to_string().into();
        }
        if let Some(price) = self.take_profit {
            message["takeProfitInt"] = price.to_string().into();
        }
        put_nonzero(&mut message, "commissionInt", self.commission);
        put_nonzero(&mut message, "fundingInt", self.funding);
        message
    }
}

impl Record {
    /// The record as events and replies carry it.
    pub(crate) fn message(&self) -> Value {
        let mut message = json!({
            "order": self.position.message(),
            "closeReason": self.reason,
            "closePriceInt": self.close_price.to_string(),
            "finalPnLInt": self.final_pnl.to_string(),
            "shortfallInt": self.shortfall.to_string(),
            "tickId": self.tick_id.to_string(),
            "closedAt": self.closed_at,
        });
        put_nonzero(&mut message, "liquidationFeeInt", self.liquidation_fee);
        message
    }
}

/// Writes an amount that has no key where it is zero.
pub fn put_nonzero(message: &mut Value, name: &str, amount: i128) {
    if amount != 0 {
        message[name] = amount.to_string().into();
    }
}
