//! Lists of orders, and what is done to several orders at once.

use super::call::{Answer, Call, Signer};
use super::error::Error;
use super::exits;
use super::order_view::{AlgoView, OrderView, is_algo, is_order, is_waiting};
use super::orders::{Meant, amend_one, cancel_named, cancel_one, client_ref, item, place_one};
use super::params::Params;
use super::records;
use crate::access::account::Account;
use crate::placed_orders::history;
use crate::request_id;
use crate::state::AppState;
use futures_util::future::join_all;
use messages::{Order, OrderRef, RequestId, RestingOrder, Symbol};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use store::fills::{NumberedFilter, Which};
use store::numbered::Span;
use uuid::Uuid;

/// The most items of a batch of orders, and of cancellations.
const ORDERS_MAX: usize = 5;
const CANCELS_MAX: usize = 10;

/// The default number of orders on a page.
const PAGE_LEN: u32 = 500;
const PAGE_LEN_MAX: u32 = 1_000;

/// Lists the orders that rest.
pub async fn open(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let (markets, symbol) = (call.markets().await?, call.optional_symbol().await?);
    let resting = call.app.engine.open_orders(&signer.account, symbol).await?;
    let shown = resting.iter().map(|resting| &resting.order).filter(|order| is_order(order));
    let views = shown.map(|order| OrderView::of(order, markets.get(order.asset)));
    Ok(Answer::of(&views.collect::<Vec<_>>()))
}

/// Lists the algo orders that wait for their triggers, and the stop-losses and take-profits of
/// positions.
pub async fn open_algo(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let (markets, symbol) = (call.markets().await?, call.optional_symbol().await?);
    let number: Option<u64> = call.params.optional("algoId")?;
    let resting = call.app.engine.open_orders(&signer.account, symbol).await?;
    let exits = exits::list(&call.app, &signer.account, symbol).await?;
    let is_meant = |resting: &RestingOrder| {
        is_waiting(&resting.order) && number.is_none_or(|number| resting.order.number() == number)
    };
    let exits = exits.into_iter().map(|exit| exit.order.into());
    let shown = resting.into_iter().chain(exits).filter(is_meant);
    let views = shown.map(|resting| AlgoView::of(&resting, markets.get(resting.order.asset)));
    Ok(Answer::of(&views.collect::<Vec<_>>()))
}

/// Lists orders of any state, oldest first: from a number or a time on, or the newest. The orders of
/// fills that no order of the account made are among them.
pub async fn all(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let instrument = call.instrument().await?;
    let page = Page::read(call, instrument.symbol, "orderId")?;
    let orders = page.orders(call, signer, is_order).await?;
    let filter = NumberedFilter { span: page.span, which: Which::WithoutOrder };
    let closings = records::closings(call, signer, &instrument, &filter, page.len).await?;
    let orders =
        orders.iter().map(|order| (order.number(), OrderView::of(order, Some(&instrument))));
    let mut views: Vec<(u64, OrderView)> = orders.chain(closings).collect();
    let is_numbered = page.span.number.is_some();
    views.sort_by_key(|(number, view)| (if is_numbered { 0 } else { view.time }, *number));
    let views = page.cut(views).into_iter().map(|(_, view)| view);
    Ok(Answer::of(&views.collect::<Vec<_>>()))
}

/// Lists algo orders of any state, like [`all`].
pub async fn all_algo(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let instrument = call.instrument().await?;
    let page = Page::read(call, instrument.symbol, "algoId")?;
    let orders = page.orders(call, signer, is_algo).await?;
    let resting = orders.into_iter().map(RestingOrder::from);
    let views = resting.map(|order| AlgoView::of(&order, Some(&instrument)));
    Ok(Answer::of(&views.collect::<Vec<_>>()))
}

/// The page that a request asks for.
struct Page {
    span: Span,
    len: u32,
}

impl Page {
    /// Reads it; `number` names the parameter that it may begin with.
    fn read(call: &Call, symbol: Symbol, number: &'static str) -> Result<Self, Error> {
        let (from, to) = call.params.times()?;
        let len = call.params.limit(PAGE_LEN, PAGE_LEN_MAX)?;
        let number = call.params.optional(number)?;
        Ok(Self { span: Span { asset: symbol, number, from, to }, len })
    }

    /// Cuts what is more than the page has: the end, or the beginning if the newest are asked for.
    fn cut<T>(&self, mut found: Vec<T>) -> Vec<T> {
        let len = self.len as usize;
        if self.span.number.is_some() || self.span.from.is_some() {
            found.truncate(len);
            found
        } else {
            found.split_off(found.len().saturating_sub(len))
        }
    }

    /// Returns the account's orders that are meant. A page of the newest ones may be shorter than its
    /// length where others lie between them.
    async fn orders(
        &self,
        call: &Call,
        signer: &Signer,
        is_meant: fn(&Order) -> bool,
    ) -> Result<Vec<Order>, Error> {
        let mut span = self.span;
        let is_onward = span.number.is_some() || span.from.is_some();
        let mut found = Vec::new();
        loop {
            let rows =
                history::numbered(&call.app.pool, signer.account.id, &span, PAGE_LEN_MAX).await?;
            let is_last = rows.len() < PAGE_LEN_MAX as usize;
            let next = rows.last().map(|order| order.number() + 1);
            found.extend(rows.into_iter().filter(is_meant));
            if !is_onward || is_last || found.len() >= self.len as usize {
                return Ok(self.cut(found));
            }
            span.number = next;
        }
    }
}

/// Cancels the orders of an instrument, but no algo orders.
pub async fn cancel_all(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let instrument = call.instrument().await?;
    cancel_matching(&call.app, &signer.account, instrument.symbol, is_order).await?;
    let message = "The operation of cancel all open order is done.";
    Ok(Answer::of(&json!({ "code": 200, "msg": message })))
}

/// Cancels the algo orders of an instrument, and removes the stop-losses and take-profits of its
/// positions.
pub async fn cancel_all_algo(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let instrument = call.instrument().await?;
    let (app, account) = (&call.app, &signer.account);
    cancel_matching(app, account, instrument.symbol, is_waiting).await?;
    for exit in exits::list(app, account, Some(instrument.symbol)).await? {
        match exits::remove(app, account, &exit).await {
            Err(error) if error != Error::UNKNOWN_ORDER => return Err(error),
            _ => {}
        }
    }
    let message = "The operation of cancel all open order is done.";
    Ok(Answer::of(&json!({ "code": 200, "msg": message })))
}

/// Cancels the resting orders of an instrument that are meant. One that ends meanwhile is no error.
pub async fn cancel_matching(
    app: &AppState,
    account: &Account,
    symbol: Symbol,
    is_meant: fn(&Order) -> bool,
) -> Result<(), Error> {
    let resting = app.engine.open_orders(account, Some(symbol)).await?;
    let meant = resting.iter().filter(|resting| is_meant(&resting.order));
    let ends = meant.map(|resting| {
        let request_id = RequestId(Uuid::now_v7());
        cancel_one(app, account, request_id, OrderRef::from(resting.order.order_id))
    });
    for outcome in join_all(ends).await {
        match outcome {
            Err(error) if error != Error::UNKNOWN_ORDER => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Places up to five orders, one after the other.
pub async fn place_batch(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let markets = call.markets().await?;
    let mut results: Vec<Value> = Vec::new();
    for (params, n) in items(call)?.iter().zip(0..) {
        let request_id = request_id::of_item(n);
        let placed = place_one(&call.app, &signer.account, request_id, &markets, params).await;
        results.push(item(placed));
    }
    Ok(Answer::of(&results))
}

/// Changes up to five orders, one after the other.
pub async fn amend_batch(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let markets = call.markets().await?;
    let mut results: Vec<Value> = Vec::new();
    for params in items(call)? {
        let amended = amend_one(&call.app, &signer.account, &markets, &params).await;
        results.push(item(amended));
    }
    Ok(Answer::of(&results))
}

/// Cancels up to ten orders of an instrument, one after the other.
pub async fn cancel_batch(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let instrument = call.instrument().await?;
    let orders = match ids(&call.params, "orderIdList")? {
        Some(numbers) => numbers
            .iter()
            .map(|number| number.parse().map(OrderRef::numbered))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| Error::malformed("orderIdList"))?,
        None => match ids(&call.params, "origClientOrderIdList")? {
            Some(ids) => ids.iter().map(|id| client_ref(id)).collect::<Result<_, _>>()?,
            None => return Err(Error::missing("orderIdList")),
        },
    };
    let mut results: Vec<Value> = Vec::new();
    for (order, n) in orders.into_iter().zip(0..) {
        let (app, account, id) = (&call.app, &signer.account, request_id::of_item(n));
        let meant = Meant::OrderOf(instrument.symbol);
        let canceled = cancel_named(app, account, id, order, meant).await;
        let view = canceled.map(|order| OrderView::of(&order, Some(&instrument)));
        results.push(item(view));
    }
    Ok(Answer::of(&results))
}

/// Reads the orders of a batch: a JSON list of objects, whose numbers may be without quotes.
fn items(call: &Call) -> Result<Vec<Params>, Error> {
    let text = call.params.get("batchOrders").ok_or_else(|| Error::missing("batchOrders"))?;
    let items: Vec<BTreeMap<String, Box<RawValue>>> =
        serde_json::from_str(text).map_err(|_| Error::malformed("batchOrders"))?;
    if !(1..=ORDERS_MAX).contains(&items.len()) {
        return Err(Error::invalid("batchOrders"));
    }
    Ok(items.into_iter().map(Params::of_object).collect())
}

/// Reads a JSON list of ids, with or without quotes, which some clients encode once more.
fn ids(params: &Params, name: &'static str) -> Result<Option<Vec<String>>, Error> {
    let Some(text) = params.get(name) else { return Ok(None) };
    let list: Vec<Value> = serde_json::from_str(text)
        .or_else(|_| {
            serde_json::from_str(&percent_encoding::percent_decode_str(text).decode_utf8_lossy())
        })
        .map_err(|_| Error::malformed(name))?;
    if !(1..=CANCELS_MAX).contains(&list.len()) {
        return Err(Error::invalid(name));
    }
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(Some(list.into_iter().map(text).collect()))
}
