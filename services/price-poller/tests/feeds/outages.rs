//! Outages of Redis.

use crate::studio::{NEVER_STALE, Studio, trade_of, trades_of};
use testkit::binance::{BinanceServer, recorded_trades};

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_redis_loses_no_trade() {
    let (mut studio, venue) = (Studio::new(), BinanceServer::start().await);
    let url = venue.url();
    let recorded = &recorded_trades()[..300];
    studio.remember(trade_of(&recorded[0])).await;
    let settings = [["--price-feed", "binance"], ["--binance-url", &url], NEVER_STALE];
    let poller = studio.start(settings.as_flattened());
    venue.send(&recorded[..100]).await;
    studio.wait_for_trades(100).await;
    studio.redis.stop().unwrap();
    venue.send(&recorded[100..200]).await;
    studio.redis.start().unwrap();
    venue.send(&recorded[200..]).await;
    studio.wait_for_trades(300).await;
    let mut trades = studio.trades().await;
    // Entries that were in flight when the connection broke may be written twice.
    trades.dedup_by_key(|trade| trade.trade_id);
    assert_eq!(trades, trades_of(recorded));
    assert_eq!(studio.ticks().await.last().unwrap().trade_id, recorded[299].trade_id);
    poller.stop().await.unwrap();
}
