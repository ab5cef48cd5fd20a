//! The API's view of the last 24 hours of an asset.

use crate::part::{Part, views};
use messages::Symbol;
use price::{Price, Qty, Rate, Usd};
use serde::ser::SerializeMap;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema};

views! {
    /// The last 24 hours of an asset.
    pub struct Ticker {
        /// The traded contract.
        asset: Symbol = "asset", "BTCUSDT";
        /// The start of the 24 hours, in Unix milliseconds, inclusive.
        open_time_ms: u64 = "openTime", "1795407101491";
        /// The end of the 24 hours, in Unix milliseconds: the time at which the figures were
        /// computed.
        close_time_ms: u64 = "closeTime", "1795493501491";
        /// The price of the first trade.
        open: Price = "open", "91200.5";
        /// The highest price.
        high: Price = "high", "92846.12";
        /// The lowest price.
        low: Price = "low", "90911.07";
        /// The price of the last trade.
        last: Price = "last", "92285.3";
        /// The change from `open` to `last`; negative if the price fell.
        change: Usd = "change", "1084.8";
        /// The traded volume.
        volume: Qty = "volume", "16199.9905";
        /// The traded volume in the quote asset: the sum of prices times quantities.
        quote_volume: Usd = "quoteVolume", "1487315812.84";
        /// The quantity of all open positions, longs and shorts; null while the engine has not told
        /// it.
        open_interest: Option<Qty> = "openInterest", "12.5";
        /// The value of the open interest at the mark price, or at the last price where there is
        /// none; null with it.
        open_interest_value: Option<Usd> = "openInterestValue", "1153566.25";
        /// The rate that the next funding would have now; null if the market has no fundings.
        funding_rate: Option<Rate> = "fundingRate", "0.0001";
        /// The time of the next funding, in Unix milliseconds; null if the market has no fundings.
        next_funding_ms: Option<u64> = "nextFundingTime", "1795507200000";
        /// The last prices of as many equal parts of the 24 hours as `sparkline` asked for, oldest
        /// first; where nothing was traded in a part, the last price before it. Absent if it was not
        /// asked for.
        sparkline: Sparkline = "sparkline", "92285.3";
    }
}

/// The course of a price in a few points; none if nobody asked for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sparkline(pub Option<Vec<Price>>);

impl Part for Sparkline {
    fn write<M: SerializeMap>(&self, name: &str, object: &mut M) -> Result<(), M::Error> {
        let Some(prices) = &self.0 else { return Ok(()) };
        let texts = |text: fn(&Price) -> String| prices.iter().map(text).collect::<Vec<_>>();
        object.serialize_entry(name, &texts(Price::to_string))?;
        object.serialize_entry(&format!("{name}Int"), &texts(|price| price.scaled().to_string()))
    }

    fn describe(object: ObjectBuilder, name: &str, about: &str, example: &str) -> ObjectBuilder {
        let one = Price::describe(ObjectBuilder::new(), name, about, example).build();
        one.properties.into_iter().fold(object, |object, (name, item)| {
            let mut list = ArrayBuilder::new();
            if let RefOr::T(Schema::Object(item)) = &item {
                list = list.description(item.description.clone());
            }
            object.property(name, list.items(item))
        })
    }
}
