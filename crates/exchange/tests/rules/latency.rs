//! A trader who knows the next price before the house does: what such a trader earns where orders fill
//! at the last quote, and where they fill at the next one.

use crate::desk::{BTC, instrument, order_id, price, usd, user};
use exchange::Exchange;
use messages::{
    ChangePositionMode, ClosePositions, EntryId, FillPolicy, Instrument, PlaceOrder, PositionMode,
    PriceUpdate, Query, RegisterUser, Request, RequestEntry, Response, Side,
};
use price::{Price, Qty, Rounding, Usd};

/// The prices of 2,001 consecutive trades of BTCUSDT at Binance, from 2021-01-08 00:00:00 to 00:00:46
/// UTC (public archive of spot trades): 120 USD up and down, in moves of up to 7 basis points.
const RECORDED: &str = include_str!("../recorded/BTCUSDT-2021-01-08.txt");
const SECONDS: i128 = 46;
const SECONDS_A_DAY: i128 = 86_400;

/// The spread of the house, in basis points: the trader trades when the price moves further.
const SPREAD_BPS: u32 = 1;

/// An exchange that is fed with the recording.
struct House {
    exchange: Exchange,
    now_ms: u64,
}

impl House {
    fn open(fill: FillPolicy) -> Self {
        let mut house = Self { exchange: Exchange::default(), now_ms: 1_610_064_000_000 };
        let terms = Instrument { fill, spread_bps: SPREAD_BPS, ..instrument(BTC) };
        house.apply(Request::SetInstrument(Box::new(terms)));
        house.apply(Request::RegisterUser(user(1), RegisterUser { deposit: usd("10000") }));
        let change = ChangePositionMode { mode: PositionMode::OneWay };
        house.apply(Request::ChangePositionMode(user(1), change));
        house
    }

    fn apply(&mut self, request: Request) {
        self.now_ms += 1;
        let (request_id, reply_to) = (None, None);
        let entry = RequestEntry { request_id, timestamp_ms: self.now_ms, reply_to, request };
        let outcome = self.exchange.apply(EntryId::new(self.now_ms, 0), &entry);
        assert!(outcome.response.is_ok(), "{:?}", outcome.response);
    }

    /// Quotes a trade of this moment.
    fn quote(&mut self, mid: Price) {
        let half = |rounding| mid.ratio(SPREAD_BPS, 2 * messages::WHOLE_BPS, rounding).unwrap();
        let bid = mid.checked_sub(half(Rounding::Ceiling)).unwrap();
        let ask = mid.checked_add(half(Rounding::Ceiling)).unwrap();
        let update = PriceUpdate::new(BTC, bid, ask, 1);
        let traded_at_ms = Some(self.now_ms + 1);
        self.apply(Request::PriceUpdate(PriceUpdate { traded_at_ms, ..update }));
    }

    fn equity(&self) -> Usd {
        match self.exchange.answer(user(1), Query::GetBalance) {
            Ok(Response::Balance { balance }) => balance.equity,
            other => panic!("{other:?}"),
        }
    }
}

/// The gain of the trader over the recording, in hundredths of a per cent of the 10,000 USD that the
/// account begins with: one bitcoin in the direction of the next price whenever that moves by more
/// than the spread, and out again as soon as the house knows it.
fn gain_bps(fill: FillPolicy) -> i128 {
    let prices: Vec<Price> = RECORDED.lines().map(price).collect();
    let mut house = House::open(fill);
    house.quote(prices[0]);
    for (n, pair) in (1..).zip(prices.windows(2)) {
        let moved = pair[1].checked_sub(pair[0]).unwrap().scaled();
        let is_worth_it = moved.abs() * 10_000 > pair[0].scaled() * i128::from(SPREAD_BPS);
        if is_worth_it {
            let side = if moved > 0 { Side::Long } else { Side::Short };
            let qty: Qty = "1".parse().unwrap();
            let order = PlaceOrder::market(order_id(n), BTC.as_str(), side, 20, qty);
            house.apply(Request::PlaceOrder(user(1), PlaceOrder { leverage: 0, ..order }));
        }
        house.quote(pair[1]);
        if is_worth_it {
            house.apply(Request::ClosePositions(user(1), ClosePositions { asset: None }));
        }
    }
    house.quote(prices[prices.len() - 1]);
    (house.equity().scaled() - usd("10000").scaled()) * 10_000 / usd("10000").scaled()
}

#[test]
fn who_knows_the_next_price_earns_nothing_where_orders_fill_at_it() {
    let per_day = |bps: i128| bps * SECONDS_A_DAY / SECONDS / 100;
    let (last, next) = (gain_bps(FillPolicy::Last), gain_bps(FillPolicy::Next));
    println!(
        "last: {last} bp, {} % a day; next: {next} bp, {} % a day",
        per_day(last),
        per_day(next)
    );
    assert!(per_day(last) > 1_000, "at the last quote the trader takes the house's money");
    assert!(next <= 0, "at the next quote the knowledge is worth nothing");
}
