//! Mark prices, of every source.

use crate::studio::{NEVER_STALE, Poller, Studio, trade_of, trades_of};
use messages::{Instrument, MarkPrice, PriceSource, last_mark_key, mark_channel};
use std::time::{Duration, SystemTime};
use streams::{Message, Subscription};
use testkit::binance::{BinanceServer, RecordedMark, RecordedTrade, recorded_trades};
use testkit::stack::eventually;
use testkit::symbols::{BTC, ETH, shipped};

/// Bitcoin with a mark price, and Ether without.
fn instruments() -> [Instrument; 2] {
    [Instrument { trigger_price: PriceSource::Mark, ..shipped(BTC) }, shipped(ETH)]
}

pub fn unix_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap()
}

fn mark(mark: &str, time_ms: u64) -> RecordedMark {
    RecordedMark {
        symbol: "BTCUSDT".to_owned(),
        mark: mark.to_owned(),
        index: "39400.00000000".to_owned(),
        rate: "0.00010000".to_owned(),
        next_funding_ms: 1_610_092_800_000,
        time_ms,
    }
}

fn start(studio: &Studio, spot: &BinanceServer, futures: &BinanceServer) -> Poller {
    let (spot, futures) = (spot.url(), futures.url());
    let settings = [
        ["--price-feed", "binance"],
        ["--binance-url", &spot],
        ["--binance-futures-url", &futures],
        NEVER_STALE,
    ];
    studio.start(settings.as_flattened())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulation_has_a_mark_each_second() {
    let studio = Studio::new();
    studio.list(&instruments()).await;
    let mut heard = Subscription::open(&studio.streams, &["mark:*"]).await.unwrap();
    let poller = studio.start(&["--price-feed", "sim", "--sim-rate", "20"]);
    eventually("four marks", async || studio.marks().await.len() >= 4).await;
    poller.stop().await.unwrap();
    let (marks, trades) = (studio.marks().await, studio.trades().await);
    let prices = trades.iter().filter(|trade| trade.symbol == BTC).map(|trade| trade.price);
    let (low, high) = (prices.clone().min().unwrap(), prices.max().unwrap());
    for (mark, next) in marks.iter().zip(marks.iter().skip(1)) {
        assert_eq!(next.marked_at_ms, mark.marked_at_ms.map(|at_ms| at_ms + 1_000));
    }
    for mark in &marks {
        assert_eq!((mark.symbol, mark.funding_rate, mark.next_funding_ms), (BTC, None, None));
        assert!(low <= mark.mark && mark.mark <= high && mark.index.is_some(), "{mark:?}");
    }
    let Message::Text { channel, payload } = heard.next().await else { panic!("a mark") };
    assert_eq!(channel, mark_channel(BTC));
    assert_eq!(serde_json::from_str::<MarkPrice>(&payload).unwrap(), marks[0]);
    let last = studio.streams.get(&last_mark_key(BTC)).await.unwrap().unwrap();
    assert_eq!(serde_json::from_str::<MarkPrice>(&last).unwrap(), marks[marks.len() - 1]);
    assert_eq!(studio.streams.get(&last_mark_key(ETH)).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_venue_s_marks_arrive_once_to_the_digit_whatever_comes_between() {
    let studio = Studio::new();
    let (spot, futures) = (BinanceServer::start().await, BinanceServer::start().await);
    studio.list(&instruments()).await;
    let trades = &recorded_trades()[..2];
    studio.remember(trade_of(&trades[0])).await;
    let poller = start(&studio, &spot, &futures);
    // Before a trade is accepted there is nothing to close at it.
    let now_ms = unix_ms();
    futures.send_marks(&[mark("39400.00000001", now_ms - 5_000)]).await;
    spot.send(&trades[..1]).await;
    studio.wait_for_ticks(1).await;
    let good = [mark("39432.12345678", now_ms - 4_000), mark("39433.5", now_ms - 3_000)];
    futures.send_marks(&good[..1]).await;
    eventually("the first mark", async || studio.marks().await.len() == 1).await;
    for frame in ["", "garbage", "{", "[1]", r#"{"result":null,"id":1}"#, r#"{"e":"kline"}"#] {
        futures.send_text(frame);
    }
    let wrong = [
        good[0].clone(),
        mark("39000", now_ms - 6_000),
        mark("NaN", now_ms - 2_900),
        mark("-1", now_ms - 2_900),
        mark("39000", now_ms + 3_600_000),
        mark("39000", u64::MAX),
        RecordedMark { symbol: "ETHUSDT".to_owned(), ..mark("39000", now_ms) },
        RecordedMark { index: "0".to_owned(), ..mark("39000", now_ms) },
        RecordedMark { rate: "much".to_owned(), ..mark("39000", now_ms) },
    ];
    futures.send_marks(&wrong).await;
    // A trade on the wrong connection is none.
    futures.send(&trades[1..]).await;
    futures.send_marks(&good[1..]).await;
    eventually("the second mark", async || studio.marks().await.len() == 2).await;
    for (sent, found) in good.iter().zip(studio.marks().await) {
        let expected = MarkPrice {
            marked_at_ms: Some(sent.time_ms),
            ..MarkPrice::new(BTC, sent.mark.parse().unwrap(), Some(sent.index.parse().unwrap()))
        };
        assert_eq!(found, expected);
    }
    assert_eq!((futures.connections(), studio.trades().await.len()), (1, 1));

    // The connection is made again, and repeats nothing.
    futures.drop_connection();
    futures.send_marks(&[good[1].clone(), mark("39434", now_ms)]).await;
    eventually("the third mark", async || studio.marks().await.len() == 3).await;
    assert_eq!((futures.connections(), spot.connections()), (2, 1));
    poller.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn instruments_that_come_to_need_marks_get_them() {
    let studio = Studio::new();
    let (spot, futures) = (BinanceServer::start().await, BinanceServer::start().await);
    studio.list(&[shipped(BTC), shipped(ETH)]).await;
    let trades = &recorded_trades()[..1];
    studio.remember(trade_of(&trades[0])).await;
    let poller = start(&studio, &spot, &futures);
    spot.send(trades).await;
    studio.wait_for_ticks(1).await;
    assert_eq!(futures.connections(), 0, "nothing needs a mark");
    studio.list(&instruments()).await;
    futures.send_marks(&[mark("39432", unix_ms())]).await;
    eventually("the mark", async || studio.marks().await.len() == 1).await;
    let both = instruments()
        .map(|instrument| Instrument { trigger_price: PriceSource::Mark, ..instrument });
    studio.list(&both).await;
    eventually("the other is subscribed to", async || {
        futures.heard().iter().any(|text| text.contains("ethusdt@markPrice@1s"))
    })
    .await;
    poller.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn trades_of_futures_are_prices_if_they_were_on_the_market() {
    let (studio, futures) = (Studio::new(), BinanceServer::start().await);
    let trades = &recorded_trades()[..4];
    studio.remember(trade_of(&trades[0])).await;
    let url = futures.url();
    let settings = [
        ["--price-feed", "binance"],
        ["--binance-market", "futures"],
        ["--binance-futures-url", &url],
        NEVER_STALE,
    ];
    let poller = studio.start(settings.as_flattened());
    let executed = |trade: &RecordedTrade, by: &str| {
        trade.frame().replace(r#""m":true"#, &format!(r#""X":"{by}","m":true"#))
    };
    let aggregate = |trade: &RecordedTrade| {
        let RecordedTrade { trade_id, .. } = trade;
        let last_id = format!(r#""a":1,"f":{trade_id},"l":{trade_id},"#);
        let frame = trade.frame().replace(r#""e":"trade""#, r#""e":"aggTrade""#);
        frame.replace(&format!(r#""t":{trade_id},"#), &last_id)
    };
    futures.send_text(&executed(&trades[0], "MARKET"));
    futures.send_text(&executed(&trades[1], "INSURANCE_FUND"));
    futures.send_text(&executed(&trades[1], "ADL"));
    futures.send_text(&aggregate(&trades[2]));
    futures.send_text(&executed(&trades[3], "MARKET"));
    studio.wait_for_ticks(3).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let expected = [trades[0].clone(), trades[2].clone(), trades[3].clone()];
    assert_eq!(studio.trades().await, trades_of(&expected));
    poller.stop().await.unwrap();
}
