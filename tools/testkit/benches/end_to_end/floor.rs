//! Entries appended to `request:stream` without a gateway.

use messages::{
    Fields, OrderId, PlaceOrder, PriceUpdate, REQUEST_STREAM, RegisterUser, Request, RequestEntry,
    Side, StreamMessage as _, UserId,
};
use price::{Price, Qty, Usd};
use testkit::stack::Stack;
use testkit::symbols::BTC;
use uuid::Uuid;

/// The number of appends that are pipelined.
const AT_ONCE: usize = 1_000;

pub fn fields(request: Request) -> Fields {
    RequestEntry { request_id: None, timestamp_ms: 0, reply_to: None, request }.encode()
}

/// A price, in cents, without a spread.
pub fn tick(cents: u64) -> Fields {
    let price = Price::from_scaled(i128::from(cents) * 1_000_000);
    let symbol = BTC;
    fields(Request::PriceUpdate(PriceUpdate::new(symbol, price, price, 1)))
}

pub fn register(user: u64) -> Fields {
    let deposit = Usd::from_scaled(100_000_000_000_000);
    fields(Request::RegisterUser(user_id(user), RegisterUser { deposit }))
}

/// An order for a long of 0.001 BTC.
pub fn long(user: u64, order: u64, leverage: u32) -> Fields {
    fields(Request::PlaceOrder(
        user_id(user),
        PlaceOrder::market(
            OrderId(Uuid::from_u64_pair(2, order)),
            "BTCUSDT",
            Side::Long,
            leverage,
            Qty::from_scaled(100_000),
        ),
    ))
}

fn user_id(n: u64) -> UserId {
    UserId(Uuid::from_u64_pair(1, n))
}

/// Appends the entries in order.
pub async fn append(stack: &Stack, entries: impl IntoIterator<Item = Fields>) {
    let mut batch = stack.streams.batch();
    for fields in entries {
        batch.append(REQUEST_STREAM, &fields);
        if batch.len() == AT_ONCE {
            batch.send().await.unwrap();
            batch.clear();
        }
    }
    batch.send().await.unwrap();
}
