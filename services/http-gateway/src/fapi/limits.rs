//! The limits of this API: weights for each address, and orders for each account.

use super::error::Error;
use crate::access::account::AccountId;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use proxies::limited_address;
use serde_json::Value;
use std::net::IpAddr;
use streams::{Quota, Redis, Spending};

const USED_WEIGHT: HeaderName = HeaderName::from_static("x-mbx-used-weight-1m");
const ORDERS_10S: HeaderName = HeaderName::from_static("x-mbx-order-count-10s");
const ORDERS_1M: HeaderName = HeaderName::from_static("x-mbx-order-count-1m");

/// The limits, as settings: `2400/60s` is the sum of weights in a minute.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::struct_field_names, reason = "the settings are called so")]
pub struct LimitArgs {
    /// Limit of the weights of requests to `/fapi` from one address.
    #[arg(long, env = "FAPI_LIMIT_WEIGHT", default_value = "2400/60s")]
    pub fapi_limit_weight: Quota,
    /// Limit of the orders that one account places through `/fapi`, over a short time.
    #[arg(long, env = "FAPI_LIMIT_ORDERS", default_value = "300/10s")]
    pub fapi_limit_orders: Quota,
    /// Limit of the orders that one account places through `/fapi`, over a longer time.
    #[arg(long, env = "FAPI_LIMIT_ORDERS_LONG", default_value = "1200/60s")]
    pub fapi_limit_orders_long: Quota,
}

/// Counts requests against the limits.
#[derive(Clone)]
pub struct Limits {
    redis: Redis,
    args: LimitArgs,
}

/// The sums that a request has left behind, for the headers of its response.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    weight: Option<u32>,
    orders: Option<[u32; 2]>,
}

impl Limits {
    pub const fn new(redis: Redis, args: LimitArgs) -> Self {
        Self { redis, args }
    }

    /// The limits.
    pub const fn args(&self) -> &LimitArgs {
        &self.args
    }

    /// The orders that an account may place, as clients are told.
    pub fn of_orders(&self) -> [Quota; 2] {
        [self.args.fapi_limit_orders, self.args.fapi_limit_orders_long]
    }

    /// Charges the weight of a request to an address. While Redis is unavailable nothing is counted.
    ///
    /// # Errors
    /// 429 beyond the limit, and 418 for an address that goes on.
    pub async fn charge_weight(
        &self,
        counts: &mut Counts,
        address: IpAddr,
        weight: u32,
    ) -> Result<(), Error> {
        let key = format!("rate:fapi:address:{}", limited_address(address));
        let limit = self.args.fapi_limit_weight;
        let Ok(spent) = self.redis.spend(&key, weight, limit).await else {
            return uncounted();
        };
        counts.weight = Some(spent.used);
        match spent.outcome {
            Spending::Admitted => Ok(()),
            Spending::Refused(after) => {
                metrics::counter!("velox_http_rate_limited_total").increment(1);
                Err(Error::too_many_requests(limit.count(), after))
            }
            Spending::Banned(after) => {
                metrics::counter!("velox_http_rate_limited_total").increment(1);
                Err(Error::banned(after))
            }
        }
    }

    /// Charges new orders to an account.
    ///
    /// # Errors
    /// 429 beyond one of the limits; nothing was counted then.
    pub async fn charge_orders(
        &self,
        counts: &mut Counts,
        account: AccountId,
        orders: u32,
    ) -> Result<(), Error> {
        let key = format!("rate:fapi:orders:{}", account.0);
        let limits = self.of_orders();
        let Ok(spent) = self.redis.spend_in_both(&key, orders, limits).await else {
            return uncounted();
        };
        counts.orders = Some(spent.used);
        match spent.refused.and_then(|(index, after)| Some((limits.get(index)?, after))) {
            None => Ok(()),
            Some((limit, after)) => {
                metrics::counter!("velox_http_rate_limited_total").increment(1);
                Err(Error::too_many_orders(limit.count(), limit.window(), after))
            }
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is the outcome of a charge")]
fn uncounted() -> Result<(), Error> {
    metrics::counter!("velox_http_uncounted_total").increment(1);
    Ok(())
}

impl Counts {
    /// Adds the sums that another request has left behind.
    pub fn merge(&mut self, other: Self) {
        self.weight = other.weight.or(self.weight);
        self.orders = other.orders.or(self.orders);
    }

    /// Returns the limits with what a request has used up of each, as answers to messages have them.
    pub fn shown(&self, limits: &Limits) -> Vec<Value> {
        let of_orders = limits.of_orders().into_iter().zip(self.orders.into_iter().flatten());
        let of_weight = self.weight.map(|count| (limits.args.fapi_limit_weight, count));
        let named = of_orders
            .map(|used| ("ORDERS", used))
            .chain(of_weight.map(|used| ("REQUEST_WEIGHT", used)));
        let shown = named.map(|(name, (quota, count))| {
            let mut limit = super::market::limit(name, quota);
            limit["count"] = count.into();
            limit
        });
        shown.collect()
    }

    /// Writes the headers.
    pub fn write(&self, headers: &mut HeaderMap) {
        let [short, long] = self.orders.map_or([None; 2], |orders| orders.map(Some));
        for (name, count) in [(USED_WEIGHT, self.weight), (ORDERS_10S, short), (ORDERS_1M, long)] {
            if let Some(count) = count {
                headers.insert(name, HeaderValue::from(count));
            }
        }
    }
}
