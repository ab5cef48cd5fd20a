//! The operations of this API: paths, who may call them, and what they cost.

use super::call::{Call, Running, Signer};
use super::params::Params;
use super::{
    account, book, candles, countdown, figures, market, order_lists, orders, premium, records,
    settings, tickers, trades, user_stream,
};
use axum::http::Method;
use serde::de::IgnoredAny;

/// An operation.
pub struct Operation {
    pub method: Method,
    pub path: &'static str,
    pub weight: Weight,
    pub handler: Handler,
}

/// The handler of an operation, by what its caller must show.
#[derive(Clone, Copy)]
pub enum Handler {
    /// Nothing.
    Public(for<'a> fn(&'a Call) -> Running<'a>),
    /// A key.
    Keyed(for<'a> fn(&'a Call, &'a Signer) -> Running<'a>),
    /// A signature.
    Signed(for<'a> fn(&'a Call, &'a Signer) -> Running<'a>),
    /// A signature of a key that may trade.
    Trading(for<'a> fn(&'a Call, &'a Signer) -> Running<'a>),
}

/// The weight of a request.
#[derive(Clone, Copy)]
pub enum Weight {
    /// Always this one.
    Of(u32),
    /// The first for one instrument, the second for all.
    BySymbol(u32, u32),
    /// That of candles, by their number.
    Candles,
    /// That of the order book, by its depth.
    Depth,
    /// No weight of the address, but an order of the account.
    Order,
    /// The weight, and an order for each item of a batch.
    Batch(u32),
}

/// The cost of one request.
pub struct Cost {
    pub weight: u32,
    pub orders: u32,
}

impl Weight {
    /// Returns the cost of a request with these parameters.
    pub fn cost(self, params: &Params) -> Cost {
        let limit = || params.get("limit").and_then(|text| text.parse::<u32>().ok());
        let weight = match self {
            Self::Of(weight) | Self::Batch(weight) => weight,
            Self::BySymbol(one, all) => {
                if params.get("symbol").is_some() {
                    one
                } else {
                    all
                }
            }
            Self::Candles => match limit().unwrap_or(500) {
                ..100 => 1,
                100..500 => 2,
                500..=1_000 => 5,
                1_001.. => 10,
            },
            Self::Depth => match limit().unwrap_or(500) {
                ..=50 => 2,
                51..=100 => 5,
                101..=500 => 10,
                501.. => 20,
            },
            Self::Order => 0,
        };
        let orders = match self {
            Self::Order => 1,
            Self::Batch(_) => params
                .get("batchOrders")
                .and_then(|text| serde_json::from_str::<Vec<IgnoredAny>>(text).ok())
                .map_or(1, |items| items.len()),
            _ => 0,
        };
        Cost { weight, orders: u32::try_from(orders).unwrap_or(u32::MAX) }
    }
}

/// Declares the operations: method, path, who may call it, its weight, and its handler.
macro_rules! operations {
    ($($method:ident $path:literal $who:ident $weight:expr => $handler:path;)+) => {
        /// The operations.
        pub static OPERATIONS: &[Operation] = &[$(Operation {
            method: Method::$method,
            path: $path,
            weight: $weight,
            handler: operations!(@handler $who $handler),
        },)+];
    };
    (@handler Public $handler:path) => {{
        fn run(call: &Call) -> Running<'_> {
            Box::pin($handler(call))
        }
        Handler::Public(run)
    }};
    (@handler $who:ident $handler:path) => {{
        fn run<'a>(call: &'a Call, signer: &'a Signer) -> Running<'a> {
            Box::pin($handler(call, signer))
        }
        Handler::$who(run)
    }};
}

operations! {
    GET "/fapi/v1/ping" Public Weight::Of(1) => market::ping;
    GET "/fapi/v1/time" Public Weight::Of(1) => market::time;
    GET "/fapi/v1/exchangeInfo" Public Weight::Of(1) => market::exchange_info;

    POST "/fapi/v1/order" Trading Weight::Order => orders::place;
    POST "/fapi/v1/order/test" Trading Weight::Of(1) => orders::test;
    GET "/fapi/v1/order" Signed Weight::Of(1) => orders::read;
    PUT "/fapi/v1/order" Trading Weight::Order => orders::amend;
    DELETE "/fapi/v1/order" Trading Weight::Of(1) => orders::cancel;
    GET "/fapi/v1/openOrder" Signed Weight::Of(1) => orders::read_open;
    GET "/fapi/v1/openOrders" Signed Weight::BySymbol(1, 40) => order_lists::open;
    GET "/fapi/v1/allOrders" Signed Weight::Of(5) => order_lists::all;
    DELETE "/fapi/v1/allOpenOrders" Trading Weight::Of(1) => order_lists::cancel_all;
    POST "/fapi/v1/batchOrders" Trading Weight::Batch(5) => order_lists::place_batch;
    PUT "/fapi/v1/batchOrders" Trading Weight::Batch(5) => order_lists::amend_batch;
    DELETE "/fapi/v1/batchOrders" Trading Weight::Of(1) => order_lists::cancel_batch;
    POST "/fapi/v1/countdownCancelAll" Trading Weight::Of(10) => countdown::set;
    GET "/fapi/v1/orderAmendment" Signed Weight::Of(1) => records::none_of_symbol;

    POST "/fapi/v1/algoOrder" Trading Weight::Order => orders::place_algo;
    GET "/fapi/v1/algoOrder" Signed Weight::Of(1) => orders::read_algo;
    DELETE "/fapi/v1/algoOrder" Trading Weight::Of(1) => orders::cancel_algo;
    GET "/fapi/v1/openAlgoOrders" Signed Weight::BySymbol(1, 40) => order_lists::open_algo;
    GET "/fapi/v1/allAlgoOrders" Signed Weight::Of(5) => order_lists::all_algo;
    DELETE "/fapi/v1/algoOpenOrders" Trading Weight::Of(1) => order_lists::cancel_all_algo;

    GET "/fapi/v3/account" Signed Weight::Of(5) => account::read;
    GET "/fapi/v2/account" Signed Weight::Of(5) => account::read_older;
    GET "/fapi/v3/balance" Signed Weight::Of(5) => account::balance;
    GET "/fapi/v2/balance" Signed Weight::Of(5) => account::balance;
    GET "/fapi/v3/positionRisk" Signed Weight::Of(5) => account::risk;
    GET "/fapi/v2/positionRisk" Signed Weight::Of(5) => account::risk_older;
    POST "/fapi/v1/positionMargin" Trading Weight::Of(1) => account::change_margin;
    GET "/fapi/v1/positionMargin/history" Signed Weight::Of(1) => records::none_of_symbol;
    GET "/fapi/v1/accountConfig" Signed Weight::Of(5) => settings::account_config;
    GET "/fapi/v1/symbolConfig" Signed Weight::Of(5) => settings::symbol_config;
    GET "/fapi/v1/commissionRate" Signed Weight::Of(20) => settings::commission_rate;
    GET "/fapi/v1/leverageBracket" Signed Weight::Of(1) => settings::leverage_brackets;
    POST "/fapi/v1/leverage" Trading Weight::Of(1) => settings::set_leverage;
    POST "/fapi/v1/marginType" Trading Weight::Of(1) => settings::set_margin_type;
    GET "/fapi/v1/positionSide/dual" Signed Weight::Of(30) => settings::position_mode;
    POST "/fapi/v1/positionSide/dual" Trading Weight::Of(1) => settings::set_position_mode;
    GET "/fapi/v1/multiAssetsMargin" Signed Weight::Of(30) => settings::multi_assets;
    POST "/fapi/v1/multiAssetsMargin" Trading Weight::Of(1) => settings::set_multi_assets;
    GET "/fapi/v1/feeBurn" Signed Weight::Of(30) => settings::fee_burn;
    POST "/fapi/v1/feeBurn" Trading Weight::Of(1) => settings::set_fee_burn;
    GET "/fapi/v1/rateLimit/order" Signed Weight::Of(1) => settings::order_limits;

    GET "/fapi/v1/userTrades" Signed Weight::Of(5) => records::trades;
    GET "/fapi/v1/income" Signed Weight::Of(30) => records::statement;
    GET "/fapi/v1/forceOrders" Signed Weight::BySymbol(20, 50) => records::liquidations;
    GET "/fapi/v1/adlQuantile" Signed Weight::Of(5) => records::none;

    POST "/fapi/v1/listenKey" Keyed Weight::Of(1) => user_stream::open;
    PUT "/fapi/v1/listenKey" Keyed Weight::Of(1) => user_stream::extend;
    DELETE "/fapi/v1/listenKey" Keyed Weight::Of(1) => user_stream::close;
    GET "/fapi/v1/depth" Public Weight::Depth => book::depth;
    GET "/fapi/v1/ticker/bookTicker" Public Weight::BySymbol(2, 5) => book::tickers;
    GET "/fapi/v1/ticker/price" Public Weight::BySymbol(1, 2) => tickers::last_prices;
    GET "/fapi/v2/ticker/price" Public Weight::BySymbol(1, 2) => tickers::last_prices;
    GET "/fapi/v1/ticker/24hr" Public Weight::BySymbol(1, 40) => tickers::last_days;
    GET "/fapi/v1/klines" Public Weight::Candles => candles::klines;
    GET "/fapi/v1/continuousKlines" Public Weight::Candles => candles::continuous;
    GET "/fapi/v1/markPriceKlines" Public Weight::Candles => candles::mark;
    GET "/fapi/v1/indexPriceKlines" Public Weight::Candles => candles::index;
    GET "/fapi/v1/premiumIndexKlines" Public Weight::Candles => candles::premium;
    GET "/fapi/v1/aggTrades" Public Weight::Of(20) => trades::aggregates;
    GET "/fapi/v1/trades" Public Weight::Of(5) => trades::newest;
    GET "/fapi/v1/historicalTrades" Keyed Weight::Of(20) => trades::historical;
    GET "/fapi/v1/premiumIndex" Public Weight::BySymbol(1, 10) => premium::index;
    GET "/fapi/v1/fundingRate" Public Weight::Of(1) => premium::rates;
    GET "/fapi/v1/fundingInfo" Public Weight::Of(0) => premium::info;
    GET "/fapi/v1/openInterest" Public Weight::Of(1) => figures::open_interest;
    GET "/fapi/v1/constituents" Public Weight::Of(2) => figures::constituents;
    GET "/fapi/v1/indexInfo" Public Weight::Of(1) => figures::nothing_of;
    GET "/fapi/v1/assetIndex" Public Weight::BySymbol(1, 10) => figures::nothing;
    GET "/fapi/v1/insuranceBalance" Public Weight::Of(1) => figures::nothing_of;
    GET "/futures/data/openInterestHist" Public Weight::Of(0) => figures::statistics;
    GET "/futures/data/topLongShortAccountRatio" Public Weight::Of(0) => figures::statistics;
    GET "/futures/data/topLongShortPositionRatio" Public Weight::Of(0) => figures::statistics;
    GET "/futures/data/globalLongShortAccountRatio" Public Weight::Of(0) => figures::statistics;
    GET "/futures/data/takerlongshortRatio" Public Weight::Of(0) => figures::statistics;
    GET "/futures/data/basis" Public Weight::Of(0) => figures::statistics_of_pair;
    GET "/futures/data/delivery-price" Public Weight::Of(0) => figures::statistics_of_pair;
    GET "/sapi/v1/capital/config/getall" Public Weight::Of(10) => figures::nothing;
}
