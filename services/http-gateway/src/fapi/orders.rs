//! Placing, reading, changing and canceling one order.

use super::call::{Answer, Call, Signer, find};
use super::error::Error;
use super::exits;
use super::known_orders::Known;
use super::new_order::{self, NewOrder, client_id};
use super::order_view::{self, AlgoView, OrderView, closing_number, is_algo, is_killed, is_order};
use super::params::Params;
use super::records;
use crate::access::account::Account;
use crate::error::ApiError;
use crate::placed_orders::place::{self, Placed};
use crate::placed_orders::{amend, cancel, history};
use crate::request_id;
use crate::state::AppState;
use markets::Markets;
use messages::{
    AmendOrder, ExpiryReason, Instrument, Order, OrderId, OrderRef, OrderStatus, PositionMode,
    Query, Rejection, RequestId, Response, RestingOrder, Symbol,
};
use price::{Price, Qty};
use serde_json::{Value, json};
use std::sync::Arc;
use store::fills::{NumberedFilter, Which};
use store::numbered::Span;
use uuid::Uuid;

/// Places an order.
pub async fn place(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let markets = call.markets().await?;
    let request_id = request_id::current();
    let view = place_one(&call.app, &signer.account, request_id, &markets, &call.params).await?;
    Ok(Answer::of(&view))
}

/// Checks the parameters of an order, and its side of the position, without placing it.
pub async fn test(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let instrument = call.instrument().await?;
    let new = NewOrder::read(&call.params, &instrument)?;
    let mode = call.app.engine.settings(&signer.account).await?.mode;
    match (mode, new.place.position_side) {
        (PositionMode::Separate, _) => Err(Error::separate_positions()),
        (PositionMode::OneWay, Some(_)) | (PositionMode::Hedge, None) => Err(Error::POSITION_SIDE),
        (PositionMode::OneWay, None) | (PositionMode::Hedge, Some(_)) => Ok(Answer::of(&json!({}))),
    }
}

/// Places the order of these parameters.
pub async fn place_one(
    app: &AppState,
    account: &Account,
    request_id: RequestId,
    markets: &Markets,
    params: &Params,
) -> Result<OrderView, Error> {
    let instrument = named(markets, params)?;
    let new = NewOrder::read(params, instrument)?;
    let order = send(app, account, request_id, &new).await?.order;
    let view = OrderView::of(&order, Some(instrument));
    Ok(if new.is_acknowledgement { view.acknowledged() } else { view })
}

/// Places an algo order.
pub async fn place_algo(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let instrument = call.instrument().await?;
    let new = NewOrder::read_algo(&call.params, &instrument)?;
    let order = send(&call.app, &signer.account, request_id::current(), &new).await?;
    Ok(Answer::of(&AlgoView::of(&order, Some(&instrument))))
}

/// Returns the instrument of an order's parameters.
fn named<'a>(markets: &'a Markets, params: &Params) -> Result<&'a Instrument, Error> {
    find(markets, params.get("symbol").ok_or_else(|| Error::missing("symbol"))?)
}

async fn send(
    app: &AppState,
    account: &Account,
    request_id: RequestId,
    new: &NewOrder,
) -> Result<RestingOrder, Error> {
    if new.place.close_position {
        check_second_close(app, account, new).await?;
    }
    let placed = place::place(app, account, request_id, new.place.clone()).await;
    let Placed { order, .. } = match placed.map_err(Error::from) {
        Err(error) if error == Error::POSITION_SIDE => {
            let mode = app.engine.settings(account).await?.mode;
            let is_separate = mode == PositionMode::Separate;
            return Err(if is_separate { Error::separate_positions() } else { error });
        }
        placed => placed?,
    };
    if is_killed(&order.order) {
        return Err(Error::FILL_OR_KILL);
    }
    if order.order.status == OrderStatus::New {
        app.fapi_orders.note(account.id, &order.order);
    }
    Ok(order)
}

/// Checks that no other stop, or no other take-profit, would close the same position as a whole.
async fn check_second_close(
    app: &AppState,
    account: &Account,
    NewOrder { place, .. }: &NewOrder,
) -> Result<(), Error> {
    let symbol = place.asset.parse().ok();
    let resting = app.engine.open_orders(account, symbol).await?;
    let exits = exits::list(app, account, symbol).await?;
    let is_second = |order: &Order| {
        order.close_position
            && order.kind.is_stop() == place.kind().is_stop()
            && order.side.opens() == place.side
            && order.position_side == place.position_side
    };
    let resting = resting.iter().map(|resting| &resting.order);
    let mut closing = resting.chain(exits.iter().map(|exit| &exit.order));
    if closing.any(is_second) { Err(Error::SECOND_CLOSE) } else { Ok(()) }
}

/// Reads an order.
pub async fn read(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    match show(call, signer, is_order).await {
        Err(error) if error == Error::NO_SUCH_ORDER => show_closing(call, signer).await,
        shown => shown,
    }
}

/// Reads an order that rests.
pub async fn read_open(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    show(call, signer, |order| order.status == OrderStatus::New && is_order(order)).await
}

/// Shows the order of a request, if it is of the request's instrument and meant.
async fn show(call: &Call, signer: &Signer, is_meant: fn(&Order) -> bool) -> Result<Answer, Error> {
    let instrument = call.instrument().await?;
    let order = find_order(&call.app, &signer.account, order_ref(&call.params)?).await?.order;
    if order.asset != instrument.symbol || !is_meant(&order) {
        return Err(Error::NO_SUCH_ORDER);
    }
    Ok(Answer::of(&OrderView::of(&order, Some(&instrument))))
}

/// Shows the order of a fill that no order of the account made.
async fn show_closing(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let order = order_ref(&call.params)?;
    let name = order.client_order_id.as_deref();
    let number = order.sequence.or_else(|| closing_number(name?));
    let number = number.ok_or(Error::NO_SUCH_ORDER)?;
    let instrument = call.instrument().await?;
    let span = Span { asset: instrument.symbol, number: None, from: None, to: None };
    let filter = NumberedFilter { span, which: Which::OfOrder(number) };
    let found = records::closings(call, signer, &instrument, &filter, 1).await?;
    let (_, view) = found.first().ok_or(Error::NO_SUCH_ORDER)?;
    Ok(Answer::of(view))
}

/// Reads an algo order.
pub async fn read_algo(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let order = algo_ref(&call.params)?;
    let order = match exits::find(&call.app, &signer.account, &order).await? {
        Some(exit) => exit.order.into(),
        None => find_order(&call.app, &signer.account, order).await?,
    };
    if !is_algo(&order.order) {
        return Err(Error::NO_SUCH_ORDER);
    }
    let markets = call.markets().await?;
    Ok(Answer::of(&AlgoView::of(&order, markets.get(order.order.asset))))
}

/// Cancels an order.
pub async fn cancel(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let instrument = call.instrument().await?;
    let order = order_ref(&call.params)?;
    let (app, account) = (&call.app, &signer.account);
    let meant = Meant::OrderOf(instrument.symbol);
    let order = cancel_named(app, account, request_id::current(), order, meant).await?;
    Ok(Answer::of(&OrderView::of(&order, Some(&instrument))))
}

/// Cancels an algo order.
pub async fn cancel_algo(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let order = algo_ref(&call.params)?;
    let (app, account) = (&call.app, &signer.account);
    let order = if let Some(exit) = exits::find(app, account, &order).await? {
        exits::remove(app, account, &exit).await?;
        exit.order
    } else {
        cancel_named(app, account, request_id::current(), order, Meant::Algo).await?
    };
    Ok(Answer::of(&json!({
        "algoId": order.number(),
        "clientAlgoId": order_view::client_id(&order),
        "code": "200",
        "msg": "success",
    })))
}

/// The orders that a request can mean.
#[derive(Clone, Copy)]
pub enum Meant {
    /// The orders of an instrument.
    OrderOf(Symbol),
    /// Algo orders.
    Algo,
}

impl Meant {
    fn includes(self, order: &Order) -> bool {
        match self {
            Self::OrderOf(symbol) => order.asset == symbol && is_order(order),
            Self::Algo => is_algo(order),
        }
    }
}

/// Cancels the order that a request names, if it is one that the request can mean.
pub async fn cancel_named(
    app: &AppState,
    account: &Account,
    request_id: RequestId,
    order: OrderRef,
    meant: Meant,
) -> Result<Order, Error> {
    if let (Some(number), Meant::OrderOf(symbol)) = (order.sequence, meant)
        && let Some(known) = app.fapi_orders.find(account.id, number)
    {
        if known.symbol != symbol {
            return Err(Error::UNKNOWN_ORDER);
        }
        let canceled = cancel_one(app, account, request_id, known.order_id.into()).await?;
        app.fapi_orders.forget(account.id, number);
        return Ok(canceled);
    }
    let found = find_order(app, account, order).await;
    let found = found.map_err(|error| error.or_if_not_found(Error::UNKNOWN_ORDER))?.order;
    if !meant.includes(&found) {
        return Err(Error::UNKNOWN_ORDER);
    }
    cancel_one(app, account, request_id, found.order_id.into()).await
}

/// Cancels an order. One that has ended with the position that it would have reduced is
/// canceled already: programs close a position before they cancel its stop.
pub async fn cancel_one(
    app: &AppState,
    account: &Account,
    request_id: RequestId,
    order: OrderRef,
) -> Result<Order, Error> {
    match cancel::send(app, account, request_id, order).await {
        Ok(canceled) => Ok(canceled.order.order),
        Err(ApiError::Rejected(Rejection::OrderAlreadyDone { order }))
            if order.reason == Some(ExpiryReason::PositionClosed) =>
        {
            Ok(Arc::unwrap_or_clone(order))
        }
        Err(error) => Err(Error::from(error).or_if_not_found(Error::UNKNOWN_ORDER)),
    }
}

/// Changes the price and the quantity of an order.
pub async fn amend(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let markets = call.markets().await?;
    let view = amend_one(&call.app, &signer.account, &markets, &call.params).await?;
    Ok(Answer::of(&view))
}

/// Changes the order of these parameters.
pub async fn amend_one(
    app: &AppState,
    account: &Account,
    markets: &Markets,
    params: &Params,
) -> Result<OrderView, Error> {
    let instrument = named(markets, params)?;
    let side: messages::OrderSide = params.required("side")?;
    let order = order_ref(params)?;
    if params.get("priceMatch").is_some_and(|mode| mode != "NONE") {
        return Err(Error::unsupported(
            "priceMatch",
            "There is one price level, so only NONE is possible.",
        ));
    }
    let qty: Qty = params.required("quantity")?;
    let price: Price = params.required("price")?;
    if !qty.is_positive() {
        return Err(Error::QUANTITY);
    }
    if !price.is_positive() {
        return Err(Error::PRICE);
    }
    new_order::check_grid(instrument, Some(qty), [Some(price)])?;
    let kept = order.sequence.and_then(|number| app.fapi_orders.find(account.id, number));
    let known = if let Some(known) = kept {
        known
    } else {
        let found = find_order(app, account, order).await?.order;
        if !is_order(&found) || !found.kind.has_price() {
            return Err(Error::NO_SUCH_ORDER);
        }
        Known::of(&found)
    };
    if known.symbol != instrument.symbol {
        return Err(Error::NO_SUCH_ORDER);
    }
    if known.side != side {
        return Err(Error::SIDE);
    }
    let change = AmendOrder {
        order: known.order_id.into(),
        qty: Some(qty),
        price: Some(price),
        trigger_price: None,
        callback_bps: None,
    };
    let amended = amend::request(app, account, change).await?;
    Ok(OrderView::of(&amended.order.order, Some(instrument)))
}

/// Finds an order, resting or ended, however long ago.
pub async fn find_order(
    app: &AppState,
    account: &Account,
    order: OrderRef,
) -> Result<RestingOrder, Error> {
    match app.engine.ask_as(account, Query::GetPlacedOrder(order.clone())).await {
        Ok(Response::PlacedOrder { order, stop_price, .. }) => {
            Ok(RestingOrder { order: Arc::unwrap_or_clone(order), stop_price })
        }
        Ok(other) => Err(crate::engine::unexpected(&other).into()),
        Err(ApiError::Rejected(Rejection::OrderNotFound)) => {
            let found = history::find_named(&app.pool, account.id, &order).await?;
            match (found, shown_id(&order)) {
                (Some(found), _) => Ok(found.into()),
                (None, Some(id)) => Box::pin(find_order(app, account, id.into())).await,
                (None, None) => Err(Error::NO_SUCH_ORDER),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// Returns the order's id that a name is, if it has the form of one: an order without a name of its
/// owner's is shown with its id.
fn shown_id(order: &OrderRef) -> Option<OrderId> {
    let name = order.client_order_id.as_deref().filter(|name| name.len() == 32)?;
    Uuid::try_parse(name).ok().map(OrderId)
}

/// Reads which order is meant: by its number, or by the owner's own id if there is no number.
pub fn order_ref(params: &Params) -> Result<OrderRef, Error> {
    reference(params, "orderId", "origClientOrderId")
}

/// Reads which algo order is meant.
pub fn algo_ref(params: &Params) -> Result<OrderRef, Error> {
    reference(params, "algoId", "clientAlgoId")
}

fn reference(
    params: &Params,
    number: &'static str,
    client: &'static str,
) -> Result<OrderRef, Error> {
    if let Some(number) = params.optional::<u64>(number)? {
        return Ok(OrderRef::numbered(number));
    }
    let id = params.get(client).ok_or_else(|| Error::missing(number))?;
    client_ref(id)
}

/// Names an order by the owner's own id, or by the one that it is shown with if the owner gave none.
pub fn client_ref(id: &str) -> Result<OrderRef, Error> {
    Ok(OrderRef::called(client_id("origClientOrderId", id)?))
}

/// The items of a batch: what succeeded, or its error.
pub fn item(outcome: Result<impl serde::Serialize, Error>) -> Value {
    match outcome {
        Ok(view) => json!(view),
        Err(error) => error.body(),
    }
}
