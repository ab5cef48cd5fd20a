//! Orders and the balance.

mod contract;
mod history;
mod identity;
pub mod realized;
mod repeat;

use crate::access::caller::{CurrentUser, Trader};
use crate::body::{Body, OptionalBody};
use crate::clock::unix_ms;
use crate::engine::unexpected;
use crate::error::{ApiError, Database, Engine, Errors, JsonBody, SignedIn, Trades};
use crate::json::{Json, True};
use crate::request_id;
use crate::state::AppState;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use contract::{
    BalanceAnswer, Changing, CloseTerms, Closing, IdempotencyKey, ListQuery, NewOrder, OrderAnswer,
    OrderChange, OrderList, OrderPath, OrderRead, Placing, Reading, WrongExits, WrongId, WrongKey,
    WrongQuery,
};
use identity::Identity;
use messages::{
    ClosePosition, GetOrder, ModifyPosition, OrderId, PlaceOrder, Query, Rejection, Request,
    RequestId, Response, UserId,
};
use uuid::Uuid;

/// The header with the key that makes repeated requests the same request, while the key is valid.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The longest idempotency key, in characters.
const KEY_LEN_MAX: usize = 255;

type Answered<T> = Result<(StatusCode, Json<T>), ApiError>;

/// Open a position
///
/// Fills at once at the ask (long) or the bid (short), and takes the margin from the balance. With
/// an `Idempotency-Key` it is safe to send again for 24 hours.
#[utoipa::path(
    post,
    path = "/open",
    tag = "orders",
    operation_id = "openOrder",
    params(IdempotencyKey),
    request_body = NewOrder,
    responses(
        (status = CREATED, description = "The new position and the updated account.", body = OrderAnswer),
        (
            status = OK,
            description = "The same request succeeded before: the order in its current state. Nothing was \
                changed. A request with the same key that differs in any field is refused with \
                `ORDER_ID_REUSED`.",
            body = OrderAnswer,
        ),
        Errors<(SignedIn, Trades, WrongKey, JsonBody, Placing, WrongExits, Engine)>,
    ),
)]
pub async fn open(
    State(app): State<AppState>,
    user: Trader,
    headers: HeaderMap,
    mut body: Body,
) -> Answered<OrderAnswer> {
    let key = idempotency_key(&headers)?;
    let markets = app.markets()?;
    let (market, side) = (body.market("asset", &markets), body.side("orderType"));
    // The engine checks the market's own limit: an order that it knows already is repeated, even if
    // the limit has been lowered since.
    let (leverage, qty) = (body.leverage("leverage"), body.qty("qty"));
    let stop_loss = body.optional_price("stopLoss");
    let take_profit = body.optional_price("takeProfit");
    let price_limit = body.optional_price("priceLimit");
    body.finish()?;
    let (Some(market), Some(side), Some(leverage), Some(qty)) = (market, side, leverage, qty)
    else {
        unreachable!("a field without a value was refused");
    };
    let user_id = user.0;
    let Identity { order_id, earlier_order_id } = Identity::new(user_id, key, unix_ms());
    let asset = market.symbol.to_string();
    let place = PlaceOrder {
        order_id,
        earlier_order_id,
        asset,
        side,
        leverage,
        qty,
        stop_loss,
        take_profit,
        price_limit,
    };
    let (account, request) = (user.account(&app), Request::PlaceOrder(user_id, place.clone()));
    match app.engine.send_as(&account, request_id::current(), request).await {
        Err(ApiError::EngineTimeout(_)) => Err(ApiError::EngineTimeout(Some(order_id))),
        Err(ApiError::Rejected(Rejection::OrderClosedEarlier { order_id })) => {
            let answer = repeat::answer(&app, &account, &place, order_id).await?;
            order_answer(answer, StatusCode::CREATED)
        }
        answer => order_answer(answer?, StatusCode::CREATED),
    }
}

/// Close a position
///
/// Closes at the current bid (long) or ask (short). The margin and the P&L go to the balance.
#[utoipa::path(
    post,
    path = "/close/{orderId}",
    tag = "orders",
    operation_id = "closeOrder",
    params(OrderPath, IdempotencyKey),
    request_body = Option<CloseTerms>,
    responses(
        (status = OK, description = "The closed order's record and the updated account.", body = OrderAnswer),
        Errors<(SignedIn, Trades, WrongId, WrongKey, JsonBody, Closing, Engine)>,
    ),
)]
pub async fn close(
    State(app): State<AppState>,
    user: Trader,
    order_id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    OptionalBody(mut body): OptionalBody,
) -> Answered<OrderAnswer> {
    let (user_id, order_id) = (user.0, parse_order_id(order_id)?);
    let price_limit = body.optional_price("priceLimit");
    body.finish()?;
    let request_id = idempotency_key(&headers)?
        .map_or_else(request_id::current, |key| close_request_id(user_id, order_id, key));
    // With a key this differs from the HTTP request's id; the streams have this one.
    tracing::debug!(engine.request.id = %request_id, order.id = %order_id, "closing a position");
    let request = Request::ClosePosition(user_id, ClosePosition { order_id, price_limit });
    let answer = app.engine.send_as(&user.account(&app), request_id, request).await;
    order_answer(from_history(&app, user_id, order_id, answer).await?, StatusCode::OK)
}

/// Change stop-loss and take-profit
///
/// A price sets a stop-loss or take-profit, null removes it, and an absent one stays as it is.
#[utoipa::path(
    patch,
    path = "/{orderId}",
    tag = "orders",
    operation_id = "changeOrder",
    params(OrderPath),
    request_body = OrderChange,
    responses(
        (status = OK, description = "The changed position and its account.", body = OrderAnswer),
        Errors<(SignedIn, Trades, WrongId, JsonBody, Changing, WrongExits, Engine)>,
    ),
)]
pub async fn modify(
    State(app): State<AppState>,
    user: Trader,
    order_id: Result<Path<String>, PathRejection>,
    mut body: Body,
) -> Answered<OrderAnswer> {
    let (user_id, order_id) = (user.0, parse_order_id(order_id)?);
    let (stop_loss, take_profit) = (body.edit_price("stopLoss"), body.edit_price("takeProfit"));
    body.finish()?;
    if stop_loss.is_keep() && take_profit.is_keep() {
        return Err(ApiError::field("stopLoss", "or takeProfit is required; null removes one"));
    }
    let modify = ModifyPosition { order_id, stop_loss, take_profit };
    let request = Request::ModifyPosition(user_id, modify);
    let answer = app.engine.send_as(&user.account(&app), request_id::current(), request).await;
    order_answer(from_history(&app, user_id, order_id, answer).await?, StatusCode::OK)
}

/// Read an order
///
/// Returns an order, open or closed, however long ago.
#[utoipa::path(
    get,
    path = "/{orderId}",
    tag = "orders",
    operation_id = "getOrder",
    params(OrderPath),
    responses(
        (status = OK, description = "The order.", body = OrderRead),
        Errors<(SignedIn, WrongId, Reading, Engine, Database)>,
    ),
)]
pub async fn read(
    State(app): State<AppState>,
    user: CurrentUser,
    order_id: Result<Path<String>, PathRejection>,
) -> Answered<OrderRead> {
    let order_id = parse_order_id(order_id)?;
    let query = Query::GetOrder(GetOrder { order_id });
    match app.engine.ask_as(&user.account(&app), query).await {
        Ok(Response::Position { order, .. }) => {
            Ok((StatusCode::OK, Json(OrderRead { success: True, order: (&*order).into() })))
        }
        Ok(other) => Err(unexpected(&other)),
        // Closed so long ago that the engine has evicted it.
        Err(ApiError::Rejected(Rejection::OrderNotFound)) => {
            let order = history::find(&app.pool, user.0, order_id).await?;
            let order = order.ok_or(ApiError::Rejected(Rejection::OrderNotFound))?;
            let order = views::Order::Closed((&order).into());
            Ok((StatusCode::OK, Json(OrderRead { success: True, order })))
        }
        Err(error) => Err(error),
    }
}

/// List orders
///
/// Returns all open positions or, with `status=CLOSED`, a page of closed orders, newest first.
#[utoipa::path(
    get,
    path = "/user/orders",
    tag = "orders",
    operation_id = "listOrders",
    params(ListQuery),
    responses(
        (status = OK, description = "The orders.", body = OrderList),
        Errors<(SignedIn, WrongQuery, Engine, Database)>,
    ),
)]
pub async fn list(
    State(app): State<AppState>,
    user: CurrentUser,
    RawQuery(query): RawQuery,
) -> Answered<OrderList> {
    let list = history::List::parse(query.as_deref().unwrap_or_default())?;
    let (orders, next_cursor) = if let history::List::Closed(page) = list {
        let (orders, next_cursor) = history::page(&app.pool, user.0, &page).await?;
        (orders.iter().map(|order| views::Order::Closed(order.into())).collect(), next_cursor)
    } else {
        match app.engine.ask_as(&user.account(&app), Query::GetUserOrders).await? {
            Response::Positions { orders } => {
                (orders.iter().map(|order| views::Order::Open(order.into())).collect(), None)
            }
            other => return Err(unexpected(&other)),
        }
    };
    Ok((StatusCode::OK, Json(OrderList { success: True, orders, next_cursor })))
}

/// Read the balance
///
/// Returns the account's figures, valued at the current prices.
#[utoipa::path(
    get,
    path = "/user/balance",
    tag = "orders",
    operation_id = "getBalance",
    responses(
        (status = OK, description = "The account's figures.", body = BalanceAnswer),
        Errors<(SignedIn, Engine)>,
    ),
)]
pub async fn balance(State(app): State<AppState>, user: CurrentUser) -> Answered<BalanceAnswer> {
    match app.engine.ask_as(&user.account(&app), Query::GetBalance).await? {
        Response::Balance { balance } => {
            let balance = (&balance).into();
            Ok((StatusCode::OK, Json(BalanceAnswer { success: True, balance })))
        }
        other => Err(unexpected(&other)),
    }
}

fn order_answer(answer: Response, status: StatusCode) -> Answered<OrderAnswer> {
    let Response::Position { order, account, repeated } = answer else {
        return Err(unexpected(&answer));
    };
    let body = OrderAnswer {
        success: True,
        order: (&*order).into(),
        balance: (&account).into(),
        repeated: repeated.then_some(True),
    };
    Ok((if repeated { StatusCode::OK } else { status }, Json(body)))
}

/// Looks up an order that the engine no longer knows: one that was closed long ago is a different
/// error than one that never existed.
async fn from_history(
    app: &AppState,
    user_id: UserId,
    order_id: OrderId,
    answer: Result<Response, ApiError>,
) -> Result<Response, ApiError> {
    if !matches!(answer, Err(ApiError::Rejected(Rejection::OrderNotFound))) {
        return answer;
    }
    match history::find(&app.pool, user_id, order_id).await {
        Ok(Some(order)) => {
            let order = Box::new(order);
            Err(ApiError::Rejected(Rejection::OrderAlreadyClosed { order }))
        }
        Ok(None) | Err(_) => answer,
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| (1..=KEY_LEN_MAX).contains(&key.len()));
    key.map(Some).ok_or_else(|| {
        ApiError::field("Idempotency-Key", "must have 1 to 255 printable ASCII characters")
    })
}

/// Returns the request id that a key stands for. The engine remembers the request that closed an
/// order, so the same key gets the same response.
fn close_request_id(user_id: UserId, order_id: OrderId, key: &str) -> RequestId {
    RequestId(Uuid::new_v5(&user_id.0, format!("close:{order_id}:{key}").as_bytes()))
}

fn parse_order_id(path: Result<Path<String>, PathRejection>) -> Result<OrderId, ApiError> {
    let Ok(Path(text)) = path else {
        return Err(ApiError::field("orderId", "must be valid UTF-8"));
    };
    text.parse().map_err(|_| ApiError::field("orderId", "must be the UUID of an order"))
}
