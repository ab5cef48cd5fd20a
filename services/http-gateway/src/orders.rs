//! Orders and the balance.

mod history;

use crate::app::App;
use crate::body::Body;
use crate::error::ApiError;
use crate::request_id;
use crate::session::CurrentUser;
use crate::users::unexpected;
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use messages::{
    Answer, ModifyOrder, OrderId, PlaceOrder, Query, Rejection, Request, RequestId, UserId,
};
use serde_json::{Value, json};
use uuid::Uuid;

/// A repeated request with the same key is the same request.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// In characters.
const KEY_LEN_MAX: usize = 255;

type Answered = Result<(StatusCode, Json<Value>), ApiError>;

/// `POST /open`
pub async fn open(
    State(app): State<App>,
    user: CurrentUser,
    headers: HeaderMap,
    mut body: Body,
) -> Answered {
    let key = idempotency_key(&headers)?;
    let (asset, order_type) = (body.asset("asset"), body.order_type("orderType"));
    let (leverage, qty) = (body.leverage("leverage"), body.qty("qty"));
    let stop_loss = body.optional_price("stopLoss");
    let take_profit = body.optional_price("takeProfit");
    body.finish()?;
    let (Some(asset), Some(order_type), Some(leverage), Some(qty)) =
        (asset, order_type, leverage, qty)
    else {
        unreachable!("a field without a value was refused");
    };
    let user_id = user.0;
    let order_id =
        key.map_or_else(|| OrderId(Uuid::now_v7()), |key| OrderId::for_key(user_id, key));
    let asset = asset.to_string();
    let place =
        PlaceOrder { user_id, order_id, asset, order_type, leverage, qty, stop_loss, take_profit };
    let request = Request::PlaceOrder(place);
    match app.engine.send_as(&user.account(&app), request_id::current(), request).await {
        Err(ApiError::EngineTimeout(_)) => Err(ApiError::EngineTimeout(Some(order_id))),
        answer => order_answer(answer?, StatusCode::CREATED),
    }
}

/// `POST /close/{order_id}`
pub async fn close(
    State(app): State<App>,
    user: CurrentUser,
    order_id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Answered {
    let (user_id, order_id) = (user.0, parse_order_id(order_id)?);
    let request_id = idempotency_key(&headers)?
        .map_or_else(request_id::current, |key| close_request_id(user_id, order_id, key));
    let request = Request::CloseOrder { user_id, order_id };
    let answer = app.engine.send_as(&user.account(&app), request_id, request).await;
    order_answer(from_history(&app, user_id, order_id, answer).await?, StatusCode::OK)
}

/// `PATCH /{order_id}`
pub async fn modify(
    State(app): State<App>,
    user: CurrentUser,
    order_id: Result<Path<String>, PathRejection>,
    mut body: Body,
) -> Answered {
    let (user_id, order_id) = (user.0, parse_order_id(order_id)?);
    let (stop_loss, take_profit) = (body.edit_price("stopLoss"), body.edit_price("takeProfit"));
    body.finish()?;
    if stop_loss.is_keep() && take_profit.is_keep() {
        return Err(ApiError::field("stopLoss", "or takeProfit is needed; null removes one"));
    }
    let modify = ModifyOrder { user_id, order_id, stop_loss, take_profit };
    let request = Request::ModifyOrder(modify);
    let answer = app.engine.send_as(&user.account(&app), request_id::current(), request).await;
    order_answer(from_history(&app, user_id, order_id, answer).await?, StatusCode::OK)
}

/// `GET /{order_id}`
pub async fn read(
    State(app): State<App>,
    user: CurrentUser,
    order_id: Result<Path<String>, PathRejection>,
) -> Answered {
    let order_id = parse_order_id(order_id)?;
    let query = Query::GetOrder { order_id };
    match app.engine.ask_as(&user.account(&app), query).await {
        Ok(Answer::Order { order, .. }) => {
            Ok((StatusCode::OK, Json(json!({ "success": true, "order": views::order(&order) }))))
        }
        Ok(other) => Err(unexpected(&other)),
        // Closed so long ago that the engine has forgotten it.
        Err(ApiError::Rejected(Rejection::OrderNotFound)) => {
            let order = history::find(&app.pool, user.0, order_id).await?;
            let order = order.ok_or(ApiError::Rejected(Rejection::OrderNotFound))?;
            let order = views::closed_order(&order);
            Ok((StatusCode::OK, Json(json!({ "success": true, "order": order }))))
        }
        Err(error) => Err(error),
    }
}

/// `GET /user/orders`
pub async fn list(
    State(app): State<App>,
    user: CurrentUser,
    RawQuery(query): RawQuery,
) -> Answered {
    let list = history::List::parse(query.as_deref().unwrap_or_default())?;
    if let history::List::Closed(page) = list {
        let (orders, next_cursor) = history::page(&app.pool, user.0, &page).await?;
        let orders: Vec<_> = orders.iter().map(views::closed_order).collect();
        let body = json!({ "success": true, "orders": orders, "nextCursor": next_cursor });
        return Ok((StatusCode::OK, Json(body)));
    }
    match app.engine.ask_as(&user.account(&app), Query::GetUserOrders).await? {
        Answer::Orders { orders } => {
            let orders: Vec<_> = orders.iter().map(views::open_order).collect();
            let body = json!({ "success": true, "orders": orders, "nextCursor": null });
            Ok((StatusCode::OK, Json(body)))
        }
        other => Err(unexpected(&other)),
    }
}

/// `GET /user/balance`
pub async fn balance(State(app): State<App>, user: CurrentUser) -> Answered {
    match app.engine.ask_as(&user.account(&app), Query::GetBalance).await? {
        Answer::Balance { balance } => {
            let body = json!({ "success": true, "balance": views::balance_sheet(&balance) });
            Ok((StatusCode::OK, Json(body)))
        }
        other => Err(unexpected(&other)),
    }
}

fn order_answer(answer: Answer, status: StatusCode) -> Answered {
    let Answer::Order { order, account, repeated } = answer else {
        return Err(unexpected(&answer));
    };
    let mut body = json!({
        "success": true,
        "order": views::order(&order),
        "balance": views::account(&account),
    });
    if repeated {
        body["repeated"] = true.into();
    }
    Ok((if repeated { StatusCode::OK } else { status }, Json(body)))
}

/// An order that the engine has forgotten may have been closed long ago: that is another answer
/// than one that never was.
async fn from_history(
    app: &App,
    user_id: UserId,
    order_id: OrderId,
    answer: Result<Answer, ApiError>,
) -> Result<Answer, ApiError> {
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
        ApiError::field("Idempotency-Key", "must have 1 to 255 characters of printable ASCII")
    })
}

/// The engine knows the request that closed an order: the same key gives the same answer.
fn close_request_id(user_id: UserId, order_id: OrderId, key: &str) -> RequestId {
    RequestId(Uuid::new_v5(&user_id.0, format!("close:{order_id}:{key}").as_bytes()))
}

fn parse_order_id(path: Result<Path<String>, PathRejection>) -> Result<OrderId, ApiError> {
    let Ok(Path(text)) = path else {
        return Err(ApiError::field("orderId", "is not UTF-8 text"));
    };
    text.parse().map_err(|_| ApiError::field("orderId", "is not an order id, which is a UUID"))
}
