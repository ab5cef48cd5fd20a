//! Several orders in one request, each with a result of its own.

use super::cancel;
use super::contract::{BatchResults, ItemResult, WrongBatch};
use super::place::{self, Placed};
use super::requests::{BatchOrder, CancelBatch, KeyInBody, OrderBatch, called};
use crate::access::account::Account;
use crate::access::caller::Trader;
use crate::access::rate_limits::{Counted, RouteClass};
use crate::error::{ApiError, Errors, ItemError, JsonBody, OfAccount, Trades};
use crate::json::{Json, True};
use crate::market_list::Listing;
use crate::request::{Body, Valid};
use crate::request_id;
use crate::state::AppState;
use axum::extract::State;
use markets::Markets;
use messages::{OrderRef, RequestId};
use serde_json::value::RawValue;

/// Place several orders
///
/// Places up to 10 orders one after the other. Each has a result of its own: a refused order does
/// not keep the others from being placed.
#[utoipa::path(
    post,
    path = "/orders/batch",
    tag = "trading",
    operation_id = "placeOrders",
    request_body = OrderBatch,
    responses(
        (status = OK, description = "The results, in the order of the request.", body = BatchResults),
        Errors<(OfAccount, Trades, JsonBody, WrongBatch, Listing)>,
    ),
)]
pub async fn place_batch(
    State(app): State<AppState>,
    Trader(account): Trader,
    Valid(OrderBatch { orders }): Valid<OrderBatch>,
) -> Result<Json<BatchResults>, ApiError> {
    let markets = app.markets().await?;
    let mut batch = Batch::new(&app, &account);
    for order in orders {
        let result = batch.admit().await.and_then(|()| read(&markets, &order));
        let result = match result {
            Ok(BatchOrder { order, key: KeyInBody { key } }) => {
                let (account, request_id) = (batch.account, batch.request_id());
                place::instructed(&app, account, request_id, key.as_deref(), order).await
            }
            Err(error) => Err(error),
        };
        batch.add(result);
    }
    Ok(batch.into_body())
}

/// Cancel several orders
///
/// Cancels up to 10 orders one after the other. Each has a result of its own.
#[utoipa::path(
    delete,
    path = "/orders/batch",
    tag = "trading",
    operation_id = "cancelOrderBatch",
    request_body = CancelBatch,
    responses(
        (status = OK, description = "The results, in the order of the request.", body = BatchResults),
        Errors<(OfAccount, Trades, JsonBody, WrongBatch)>,
    ),
)]
pub async fn cancel_batch(
    State(app): State<AppState>,
    Trader(account): Trader,
    Valid(CancelBatch { order_ids, client_order_ids }): Valid<CancelBatch>,
) -> Result<Json<BatchResults>, ApiError> {
    let by_id = order_ids.into_iter().flatten().map(OrderRef::from);
    let by_client_id = client_order_ids.into_iter().flatten();
    let by_client_id = by_client_id.map(called);
    let mut batch = Batch::new(&app, &account);
    for order in by_id.chain(by_client_id) {
        let result = match batch.admit().await {
            Ok(()) => cancel::send(&app, batch.account, batch.request_id(), order).await,
            Err(error) => Err(error),
        };
        batch.add(result);
    }
    Ok(batch.into_body())
}

fn read(markets: &Markets, item: &RawValue) -> Result<BatchOrder, ApiError> {
    Body::parse(item.get().as_bytes())?.read(markets)
}

/// The items of one request that are done so far.
struct Batch<'a> {
    app: &'a AppState,
    account: &'a Account,
    results: Vec<ItemResult>,
    /// Whether the engine did not answer one of them in time.
    is_cut_off: bool,
}

impl<'a> Batch<'a> {
    fn new(app: &'a AppState, account: &'a Account) -> Self {
        Self { app, account, results: Vec::new(), is_cut_off: false }
    }

    /// Checks whether the next item may be sent. Each counts against the limit of the user as if it
    /// were sent alone; the request as a whole has counted for the first.
    async fn admit(&self) -> Result<(), ApiError> {
        if self.is_cut_off {
            // The time of a request does not suffice to wait for every item.
            let reason = "the engine did not answer an earlier order of this request in time";
            return Err(ApiError::EngineNotReady(reason.to_owned()));
        }
        if self.results.is_empty() {
            return Ok(());
        }
        let counted = Counted::User(self.account.owner);
        let charged = self.app.rate_limits.charge(RouteClass::Orders, &counted).await;
        // Without Redis nothing can be counted, and nothing can be sent either.
        let retry_after = charged.ok().flatten().and_then(|budget| budget.retry_after());
        retry_after.map_or(Ok(()), |after| Err(ApiError::TooManyRequests(after)))
    }

    /// Returns the id of the next item's request.
    fn request_id(&self) -> RequestId {
        request_id::of_item(self.results.len())
    }

    fn add(&mut self, result: Result<Placed, ApiError>) {
        self.is_cut_off |= matches!(result, Err(ApiError::EngineTimeout(_)));
        self.results.push(match result {
            Ok(placed) => ItemResult::Done(Box::new(placed.into_body())),
            Err(error) => {
                ItemResult::Failed(Box::new(ItemError::new(error, request_id::current())))
            }
        });
    }

    fn into_body(self) -> Json<BatchResults> {
        Json(BatchResults { success: True, results: self.results })
    }
}
