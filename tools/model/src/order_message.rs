//! Orders and their executions as JSON on the wire.

use crate::message::put_nonzero;
use crate::order::{Execution, Order};
use crate::view::int;
use serde_json::{Value, json};

impl Order {
    /// The order as events and replies carry it: what is absent has no key.
    pub fn message(&self) -> Value {
        let amount = |amount: Option<i128>| amount.map(|amount| Value::from(amount.to_string()));
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        let fields = [
            ("orderId", Some(self.order_id.clone().into())),
            ("userId", Some(self.user_id.clone().into())),
            ("sequence", (self.sequence > 0).then(|| self.sequence.into())),
            ("clientOrderId", text(&self.client_order_id)),
            ("asset", Some(self.asset.to_string().into())),
            ("side", Some(self.side().into())),
            (
                "positionSide",
                self.on_long.map(|on_long| if on_long { "LONG" } else { "SHORT" }.into()),
            ),
            ("positionId", text(&self.position_id)),
            ("kind", Some(self.kind.text().into())),
            ("timeInForce", Some(self.time_in_force.text().into())),
            ("qtyInt", amount(Some(self.qty))),
            ("priceInt", amount(self.price)),
            ("triggerPriceInt", amount(self.trigger_price)),
            ("callbackBps", self.callback_bps.map(int)),
            ("activatedAt", self.activated_at.map(Value::from)),
            ("reduceOnly", self.reduce_only.then(|| true.into())),
            ("closePosition", self.close_position.then(|| true.into())),
            ("leverage", Some(int(self.leverage))),
            ("stopLossInt", amount(self.stop_loss)),
            ("takeProfitInt", amount(self.take_profit)),
            ("trailingStopBps", self.trailing_stop_bps.map(int)),
            ("priceLimitInt", amount(self.price_limit)),
            ("maxSlippageBps", self.max_slippage_bps.map(int)),
            ("expiresAt", self.expires_at.map(Value::from)),
            ("awaitsQuote", self.awaits_quote.then(|| true.into())),
            ("reservedInt", amount(Some(self.reserved))),
            ("status", Some(self.status.text().into())),
            ("reason", self.reason.map(Value::from)),
            ("filledQtyInt", amount(Some(self.filled_qty))),
            ("averagePriceInt", amount(self.average_price)),
            ("createdAt", Some(self.created_at.into())),
            ("updatedAt", Some(self.updated_at.into())),
        ];
        let given = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(given.collect())
    }

    /// The id of the trailing stop that the order attaches: UUIDv5 of `trailing stop` in the order's
    /// own id as namespace.
    pub(crate) fn trailing_stop_id(&self) -> String {
        let namespace = uuid::Uuid::parse_str(&self.order_id).expect("an order's id is a UUID");
        uuid::Uuid::new_v5(&namespace, b"trailing stop").to_string()
    }

    pub(crate) const fn side(&self) -> &'static str {
        if self.is_buy { "BUY" } else { "SELL" }
    }
}

impl Execution<'_> {
    /// The order and its fill as events carry them.
    pub(crate) fn message(&self, position_id: &str, realized_pnl: i128, fee: i128) -> Value {
        let mut fill = json!({
            "orderId": self.order.order_id,
            "positionId": position_id,
            "side": self.order.side(),
            "qtyInt": self.qty.to_string(),
            "priceInt": self.price.to_string(),
            "realizedPnLInt": realized_pnl.to_string(),
            "role": self.role,
            "tickId": self.tick_id.to_string(),
        });
        put_nonzero(&mut fill, "feeInt", fee);
        json!({ "order": self.order.message(), "fill": fill })
    }
}
