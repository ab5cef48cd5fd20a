//! The placing of one order: what is sent to the engine, and what its response means.

use super::contract::OrderPlaced;
use super::history;
use super::requests::OrderInstruction;
use crate::access::account::Account;
use crate::clock::unix_ms;
use crate::engine::unexpected;
use crate::error::{ApiError, Refusal};
use crate::json::True;
use crate::orders::identity::Identity;
use crate::orders::repeat;
use crate::state::AppState;
use axum::http::StatusCode;
use messages::{
    AccountState, Order, OrderKind, PlaceOrder, PositionState, Rejection, Request, RequestId,
    Response, RestingOrder, TimeInForce,
};
use price::Qty;
use std::sync::Arc;

/// An order after the engine has accepted it, or did so before.
pub struct Placed {
    /// The order, and the price at which it trades if it is an active trailing stop.
    pub order: RestingOrder,
    /// The position that it opened, changed or closed.
    pub position: Option<Box<PositionState>>,
    /// The account after it.
    pub account: AccountState,
    /// Whether it was accepted before.
    pub repeated: bool,
}

impl OrderInstruction {
    /// Returns the request to the engine. A field with its default is left out, so that a market
    /// order is the same request however it was written.
    pub fn into_request(self, identity: Identity) -> PlaceOrder {
        let Identity { order_id, earlier_order_id } = identity;
        let leverage = self.leverage.unwrap_or_default();
        let qty = self.qty.unwrap_or(Qty::ZERO);
        PlaceOrder {
            earlier_order_id,
            stop_loss: self.stop_loss,
            take_profit: self.take_profit,
            trailing_stop_bps: self.trailing_stop_bps,
            price_limit: self.price_limit,
            kind: (self.kind != OrderKind::Market).then_some(self.kind),
            price: self.price,
            trigger_price: self.trigger_price,
            callback_bps: self.callback_bps,
            time_in_force: (self.time_in_force != TimeInForce::Gtc).then_some(self.time_in_force),
            expires_at_ms: self.expires_at_ms,
            reduce_only: self.reduce_only,
            close_position: self.close_position,
            share_bps: self.share_bps,
            position_side: self.position_side,
            position_id: self.position_id,
            client_order_id: self.client_order_id,
            max_slippage_bps: self.max_slippage_bps,
            ..PlaceOrder::market(
                order_id,
                self.market.to_string(),
                self.side.opens(),
                leverage,
                qty,
            )
        }
    }
}

/// Places an order as the caller has written it, with the caller's key if there is one.
pub async fn instructed(
    app: &AppState,
    account: &Account,
    request_id: RequestId,
    key: Option<&str>,
    order: OrderInstruction,
) -> Result<Placed, ApiError> {
    let identity = Identity::new(account.id, key, unix_ms());
    place(app, account, request_id, order.into_request(identity)).await
}

/// Sends an order to the engine.
pub async fn place(
    app: &AppState,
    account: &Account,
    request_id: RequestId,
    place: PlaceOrder,
) -> Result<Placed, ApiError> {
    let request = Request::PlaceOrder(account.engine_id(), place.clone());
    match app.engine.send_as(account, request_id, request).await {
        Ok(response) => Placed::of(&place, response),
        Err(ApiError::EngineTimeout(_)) => Err(ApiError::EngineTimeout(Some(place.order_id))),
        Err(ApiError::Rejected(Rejection::OrderClosedEarlier { order_id })) => {
            if let Some(placed) = history::repeated(app, account, &place, order_id).await? {
                return Ok(placed);
            }
            if !place.is_plain() {
                return Err(ApiError::Rejected(Rejection::OrderClosedEarlier { order_id }));
            }
            // Its position is older than the table of orders, or the table can't be read now.
            Placed::of(&place, repeat::respond(app, account, &place, order_id).await?)
        }
        Err(error) => Err(named(error, &place)),
    }
}

/// Names the field of the order that a rejection is about, where the engine does not.
fn named(error: ApiError, place: &PlaceOrder) -> ApiError {
    if let ApiError::Rejected(Rejection::InvalidLeverage { leverage: 0, .. }) = error {
        return ApiError::field("leverage", "is required to open a position of its own");
    }
    let prices = [
        ("price", place.price),
        ("triggerPrice", place.trigger_price),
        ("stopLoss", place.stop_loss),
        ("takeProfit", place.take_profit),
    ];
    let error = Refusal::of_price(error, &prices);
    if place.share_bps.is_some() { Refusal::of_amount(error, "shareBps") } else { error }
}

impl Placed {
    /// Reads the engine's response to `place`.
    pub fn of(place: &PlaceOrder, response: Response) -> Result<Self, ApiError> {
        match response {
            // A market order of mode `separate` that says nothing but its position has no record of
            // its own.
            Response::Position { order: position, account, repeated } => {
                // A repeated response is not told which event it was.
                let sequence = if repeated { 0 } else { account.sequence };
                let order = filled(place, &position, sequence).into();
                Ok(Self { order, position: Some(position), account, repeated })
            }
            other => Self::read(other),
        }
    }

    /// Reads the engine's response to a request about an order with a record of its own.
    pub fn read(response: Response) -> Result<Self, ApiError> {
        match response {
            Response::PlacedOrder { order, stop_price, position, account, repeated } => {
                let order = RestingOrder { order: Arc::unwrap_or_clone(order), stop_price };
                Ok(Self { order, position, account, repeated })
            }
            other => Err(unexpected(&other)),
        }
    }

    /// Returns the status of the response to placing it.
    pub const fn status(&self) -> StatusCode {
        if self.repeated { StatusCode::OK } else { StatusCode::CREATED }
    }

    /// Returns the body of the response.
    pub fn into_body(self) -> OrderPlaced {
        let Self { order, position, account, repeated } = self;
        OrderPlaced {
            success: True,
            order: (&order).into(),
            position: position.as_deref().map(Into::into),
            account: (&account).into(),
            repeated: repeated.then_some(True),
        }
    }
}

/// Returns the order that opened a position, as it was filled. The position may have changed since.
fn filled(place: &PlaceOrder, position: &PositionState, sequence: u64) -> Order {
    Order {
        qty: place.qty,
        stop_loss: place.stop_loss,
        take_profit: place.take_profit,
        price_limit: place.price_limit,
        filled_qty: place.qty,
        ..Order::filled_plainly(position.position(), sequence)
    }
}
