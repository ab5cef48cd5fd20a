//! The conversion of an order to its row and back.

use super::{OrderState, Row, Unreadable};
use crate::StoreError;
use crate::moment::{time_of, unix_ms};
use crate::row::sequence_column;
use messages::{Order, OrderId, UserId};
use price::{Price, Qty, Usd};
use time::OffsetDateTime;

impl Row {
    pub(super) fn of(state: &OrderState) -> Result<Self, StoreError> {
        let order = &state.order;
        Ok(Self {
            order_id: order.order_id.0,
            user_id: order.user_id.0,
            sequence: sequence_column(order.sequence)?,
            client_order_id: order.client_order_id.clone(),
            asset: order.asset.to_string(),
            side: order.side.to_string(),
            position_side: order.position_side.map(|side| side.to_string()),
            position_id: order.position_id.map(|id| id.0),
            kind: order.kind.to_string(),
            time_in_force: order.time_in_force.to_string(),
            qty: order.qty.to_i64()?,
            price: order.price.map(Price::to_i64).transpose()?,
            trigger_price: order.trigger_price.map(Price::to_i64).transpose()?,
            callback_bps: order.callback_bps.map(i32::from),
            activated_at: order.activated_at_ms.map(moment).transpose()?,
            reduce_only: order.reduce_only,
            close_position: order.close_position,
            leverage: order.leverage.into(),
            stop_loss: order.stop_loss.map(Price::to_i64).transpose()?,
            take_profit: order.take_profit.map(Price::to_i64).transpose()?,
            trailing_stop_bps: order.trailing_stop_bps.map(i32::from),
            price_limit: order.price_limit.map(Price::to_i64).transpose()?,
            max_slippage_bps: order.max_slippage_bps.map(i32::from),
            expires_at: order.expires_at_ms.map(moment).transpose()?,
            reserved: order.reserved.to_i64()?,
            status: order.status.to_string(),
            reason: order.reason.map(|reason| reason.to_string()),
            filled_qty: order.filled_qty.to_i64()?,
            average_price: order.average_price.map(Price::to_i64).transpose()?,
            created_at: moment(order.created_at_ms)?,
            updated_at: moment(order.updated_at_ms)?,
            event_id: state.event_id.to_string(),
        })
    }

    fn read(self) -> Option<OrderState> {
        let ms = |time| unix_ms(time).ok_or(());
        let order = Order {
            order_id: OrderId(self.order_id),
            user_id: UserId(self.user_id),
            sequence: self.sequence.try_into().ok()?,
            client_order_id: self.client_order_id,
            asset: self.asset.parse().ok()?,
            side: self.side.parse().ok()?,
            position_side: self.position_side.map(|side| side.parse()).transpose().ok()?,
            position_id: self.position_id.map(OrderId),
            kind: self.kind.parse().ok()?,
            time_in_force: self.time_in_force.parse().ok()?,
            qty: Qty::from(self.qty),
            price: self.price.map(Price::from),
            trigger_price: self.trigger_price.map(Price::from),
            callback_bps: self.callback_bps.map(u16::try_from).transpose().ok()?,
            activated_at_ms: self.activated_at.map(ms).transpose().ok()?,
            reduce_only: self.reduce_only,
            close_position: self.close_position,
            leverage: self.leverage.try_into().ok()?,
            stop_loss: self.stop_loss.map(Price::from),
            take_profit: self.take_profit.map(Price::from),
            trailing_stop_bps: self.trailing_stop_bps.map(u16::try_from).transpose().ok()?,
            price_limit: self.price_limit.map(Price::from),
            max_slippage_bps: self.max_slippage_bps.map(u16::try_from).transpose().ok()?,
            expires_at_ms: self.expires_at.map(ms).transpose().ok()?,
            // A state of a few moments, of which the engine alone tells.
            awaits_quote: false,
            reserved: Usd::from(self.reserved),
            status: self.status.parse().ok()?,
            reason: self.reason.map(|reason| reason.parse()).transpose().ok()?,
            filled_qty: Qty::from(self.filled_qty),
            average_price: self.average_price.map(Price::from),
            created_at_ms: unix_ms(self.created_at)?,
            updated_at_ms: unix_ms(self.updated_at)?,
        };
        Some(OrderState { event_id: self.event_id.parse().ok()?, order })
    }
}

impl TryFrom<Row> for OrderState {
    type Error = Unreadable;

    fn try_from(row: Row) -> Result<Self, Unreadable> {
        let order_id = row.order_id;
        row.read().ok_or(Unreadable { order_id })
    }
}

/// Converts a time (Unix ms) to the type that PostgreSQL takes.
fn moment(unix_ms: u64) -> Result<OffsetDateTime, StoreError> {
    time_of(unix_ms.saturating_mul(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use messages::{EntryId, ExpiryReason, OrderKind, OrderSide, OrderStatus, Side, TimeInForce};
    use uuid::Uuid;

    /// An order with every column, in which no two values of a type are equal.
    fn full() -> OrderState {
        let order = Order {
            order_id: OrderId(Uuid::from_u128(1)),
            user_id: UserId(Uuid::from_u128(2)),
            sequence: 14,
            client_order_id: Some("bot:1".to_owned()),
            asset: "ETHUSDT".parse().expect("it is a symbol"),
            side: OrderSide::Sell,
            position_side: Some(Side::Long),
            position_id: Some(OrderId(Uuid::from_u128(3))),
            kind: OrderKind::TrailingStopMarket,
            time_in_force: TimeInForce::Gtd,
            qty: Qty::from(1),
            price: Some(Price::from(2)),
            trigger_price: Some(Price::from(3)),
            callback_bps: Some(4),
            activated_at_ms: Some(1_703_001_234_567),
            reduce_only: true,
            close_position: false,
            leverage: 5,
            stop_loss: Some(Price::from(6)),
            take_profit: Some(Price::from(7)),
            trailing_stop_bps: Some(13),
            price_limit: Some(Price::from(8)),
            max_slippage_bps: Some(9),
            expires_at_ms: Some(1_703_001_234_568),
            awaits_quote: false,
            reserved: Usd::from(10),
            status: OrderStatus::Expired,
            reason: Some(ExpiryReason::PositionClosed),
            filled_qty: Qty::from(11),
            average_price: Some(Price::from(12)),
            created_at_ms: 1_703_001_234_569,
            updated_at_ms: 1_703_001_234_570,
        };
        OrderState { event_id: EntryId::new(1_703_001_234_570, 1 << 32), order }
    }

    fn bare() -> OrderState {
        let OrderState { event_id, order } = full();
        let order = Order {
            sequence: 0,
            client_order_id: None,
            position_side: None,
            position_id: None,
            price: None,
            trigger_price: None,
            callback_bps: None,
            activated_at_ms: None,
            reduce_only: false,
            close_position: true,
            stop_loss: None,
            take_profit: None,
            trailing_stop_bps: None,
            price_limit: None,
            max_slippage_bps: None,
            expires_at_ms: None,
            reason: None,
            average_price: None,
            ..order
        };
        OrderState { event_id, order }
    }

    fn row() -> Row {
        Row::of(&full()).expect("it fits the columns")
    }

    #[test]
    fn an_order_survives_its_row() {
        for state in [full(), bare()] {
            assert_eq!(Row::of(&state).expect("it fits the columns").read(), Some(state));
        }
    }

    #[test]
    fn an_amount_or_a_time_that_no_column_holds_is_refused() {
        let OrderState { event_id, order } = full();
        for order in [
            Order { qty: Qty::from_scaled(1 << 63), ..order.clone() },
            Order { price: Some(Price::from_scaled(1 << 63)), ..order.clone() },
            Order { reserved: Usd::from_scaled(1 << 63), ..order.clone() },
            Order { sequence: 1 << 63, ..order.clone() },
            Order { expires_at_ms: Some(u64::MAX), ..order },
        ] {
            let refused = Row::of(&OrderState { event_id, order });
            assert!(matches!(refused, Err(StoreError::Unstorable(_))), "{refused:?}");
        }
    }

    #[test]
    fn a_row_that_is_no_order_is_named() {
        let before_1970 = OffsetDateTime::UNIX_EPOCH - time::Duration::milliseconds(1);
        for wrong in [
            Row { asset: String::new(), ..row() },
            Row { side: "LONG".to_owned(), ..row() },
            Row { position_side: Some("BUY".to_owned()), ..row() },
            Row { kind: "ICEBERG".to_owned(), ..row() },
            Row { time_in_force: "DAY".to_owned(), ..row() },
            Row { callback_bps: Some(-1), ..row() },
            Row { trailing_stop_bps: Some(-1), ..row() },
            Row { activated_at: Some(before_1970), ..row() },
            Row { leverage: -1, ..row() },
            Row { sequence: -1, ..row() },
            Row { status: "REJECTED".to_owned(), ..row() },
            Row { reason: Some("WHIM".to_owned()), ..row() },
            Row { created_at: before_1970, ..row() },
            Row { event_id: "1-".to_owned(), ..row() },
        ] {
            let order_id = wrong.order_id;
            let refused = OrderState::try_from(wrong.clone());
            assert!(refused.is_err_and(|error| error.order_id == order_id), "{wrong:?}");
        }
    }
}
