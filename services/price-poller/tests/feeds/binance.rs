//! The Binance feed, against a mock server.

use crate::studio::{NEVER_STALE, Studio, check_ticks, trade_of, trades_of};
use messages::Feed;
use testkit::binance::{BinanceServer, RecordedTrade, recorded_trades};
use testkit::stack::eventually;

fn settings(venue: &BinanceServer) -> Vec<String> {
    let url = venue.url();
    let settings = [["--price-feed", "binance"], ["--binance-url", &url], NEVER_STALE];
    settings.as_flattened().iter().map(|&setting| setting.to_owned()).collect()
}

fn start(studio: &Studio, venue: &BinanceServer, more: &[&str]) -> crate::studio::Poller {
    let settings = settings(venue);
    let all: Vec<&str> = settings.iter().map(String::as_str).chain(more.iter().copied()).collect();
    studio.start(&all)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_trade_arrives_once_in_order_to_the_digit() {
    let (studio, venue) = (Studio::new(), BinanceServer::start().await);
    let recorded = recorded_trades();
    studio.remember(trade_of(&recorded[0])).await;
    let poller = start(&studio, &venue, &[]);
    venue.send(&recorded).await;
    studio.wait_for_ticks(recorded.len()).await;
    assert_eq!(studio.trades().await, trades_of(&recorded));
    check_ticks(&studio.ticks().await, &trades_of(&recorded), 10);
    eventually("the status says that it is connected", async || {
        studio.status().await.is_some_and(|status| status.feed == Feed::Binance && status.connected)
    })
    .await;
    eventually("pings are answered", async || venue.pongs() >= 3).await;
    assert_eq!(venue.connections(), 1);
    poller.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_and_unknown_frames_do_not_stop_the_trades() {
    let (studio, venue) = (Studio::new(), BinanceServer::start().await);
    let poller = start(&studio, &venue, &[]);
    let recorded = &recorded_trades()[..20];
    for trade in recorded {
        for frame in ["", "garbage", "{", "[1]", r#"{"result":null,"id":1}"#, r#"{"e":"kline"}"#] {
            venue.send_text(frame);
        }
        let broken = RecordedTrade { price: "NaN".to_owned(), ..trade.clone() };
        venue.send(&[broken, trade.clone()]).await;
    }
    studio.wait_for_trades(recorded.len()).await;
    assert_eq!(studio.trades().await, trades_of(recorded));
    assert_eq!(venue.connections(), 1, "none of it ends the connection");
    poller.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_connection_is_made_again_and_repeated_trades_are_dropped() {
    let (studio, venue) = (Studio::new(), BinanceServer::start().await);
    let poller = start(&studio, &venue, &[]);
    let recorded = &recorded_trades()[..60];
    venue.send(&recorded[..30]).await;
    venue.drop_connection();
    // The new connection begins with repeated trades, some of them older than the last one.
    venue.send(&recorded[20..40]).await;
    venue.send(&recorded[10..20]).await;
    venue.send_text(r#"{"stream":"!","data":{"e":"serverShutdown"}}"#);
    eventually("a third connection", async || venue.connections() == 3).await;
    venue.send(&recorded[35..]).await;
    studio.wait_for_trades(recorded.len()).await;
    assert_eq!(studio.trades().await, trades_of(recorded));
    poller.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_yet_is_waited_for() {
    let studio = Studio::new();
    let closed = devstack::servers::free_port();
    let url = format!("ws://127.0.0.1:{closed}");
    let poller = studio.start(&["--price-feed", "binance", "--binance-url", &url]);
    eventually("it says that it is not connected", async || {
        studio
            .status()
            .await
            .is_some_and(|status| !status.connected && status.message.contains("no connection"))
    })
    .await;
    poller.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_odd_print_is_stored_and_is_no_price() {
    let (studio, venue) = (Studio::new(), BinanceServer::start().await);
    let mut trades = recorded_trades()[..3].to_vec();
    studio.remember(trade_of(&trades[0])).await;
    let poller = start(&studio, &venue, &[]);
    trades[1].price = "20000.00000000".to_owned();
    venue.send(&trades).await;
    studio.wait_for_trades(3).await;
    assert_eq!(studio.trades().await, trades_of(&trades), "the record is what it was");
    let ids: Vec<u64> = studio.ticks().await.iter().map(|tick| tick.trade_id).collect();
    assert_eq!(ids, [trades[0].trade_id, trades[2].trade_id]);
    poller.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn auto_stays_with_a_venue_that_answers_and_simulates_without_one() {
    let (studio, venue) = (Studio::new(), BinanceServer::start().await);
    let url = venue.url();
    let poller = studio.start(&["--price-feed", "auto", "--binance-url", &url]);
    let recorded = &recorded_trades()[..5];
    venue.send(recorded).await;
    studio.wait_for_trades(5).await;
    eventually("the status says where prices come from", async || {
        studio.status().await.is_some_and(|status| status.feed == Feed::Binance)
    })
    .await;
    poller.stop().await.unwrap();

    let studio = Studio::new();
    let url = format!("ws://127.0.0.1:{}", devstack::servers::free_port());
    let poller = studio.start(&["--price-feed", "auto", "--binance-url", &url]);
    studio.wait_for_trades(3).await;
    eventually("the status says that prices are simulated", async || {
        studio.status().await.is_some_and(|status| status.feed == Feed::Sim && status.connected)
    })
    .await;
    poller.stop().await.unwrap();
}
