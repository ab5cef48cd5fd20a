//! The simulation.

use crate::studio::Studio;
use messages::{Instrument, Timeframe, Trade};
use price_poller::sim::Walk;
use price_poller::sim_history::Past;
use std::path::Path;
use testkit::symbols::{BTC, SYMBOLS, publish, shipped};

/// The twenty instruments that trade like Binance's.
fn twenty() -> Vec<Instrument> {
    markets::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../markets.binance.toml"))
        .unwrap()
}

fn walk(seed: u64, last: Option<&Trade>, len: usize) -> Vec<Trade> {
    let mut walk = Walk::new(&shipped(BTC), seed, 100, last);
    (0..len).map(|n| walk.next(n as u64)).collect()
}

#[test]
fn the_same_seed_gives_the_same_prices_and_another_gives_others() {
    assert_eq!(walk(1, None, 1_000), walk(1, None, 1_000));
    assert_ne!(walk(1, None, 1_000), walk(2, None, 1_000));
}

#[test]
fn prices_move_like_prices() {
    let trades = walk(7, None, 200_000);
    let moves: Vec<i128> = trades
        .windows(2)
        .map(|pair| {
            (pair[1].price.scaled() - pair[0].price.scaled()) * 1_000_000_000
                / pair[0].price.scaled()
        })
        .collect();
    assert!(trades.iter().all(|trade| trade.price.is_positive() && trade.qty.is_positive()));
    assert!(trades.windows(2).all(|pair| pair[1].trade_id == pair[0].trade_id + 1));
    // Jumps: some moves are far larger than the median.
    let mut sizes: Vec<i128> = moves.iter().map(|size| size.abs()).collect();
    sizes.sort_unstable();
    let (median, largest) = (sizes[sizes.len() / 2], sizes[sizes.len() - 1]);
    assert!(median > 0 && largest > 15 * median, "median {median}, largest {largest}");
    // Clusters: large moves follow large moves more often than by chance.
    let is_large = |size: &i128| size.abs() > 3 * median;
    let large = moves.iter().filter(|size| is_large(size)).count();
    let after_large =
        moves.windows(2).filter(|pair| is_large(&pair[0]) && is_large(&pair[1])).count();
    assert!(after_large * moves.len() > 2 * large * large, "{after_large} of {large}");
    // The price stays near its start.
    let (low, high) = (46_000 * 100_000_000, 184_000 * 100_000_000);
    assert!(trades.iter().all(|trade| (low..high).contains(&trade.price.scaled())));
}

#[test]
fn it_goes_on_from_the_last_price_whichever_feed_that_came_from() {
    let mut last = walk(1, None, 500).pop().unwrap();
    let next = walk(1, Some(&last), 1).pop().unwrap();
    assert_eq!(next.trade_id, last.trade_id + 1);
    let near =
        |a: &Trade, b: &Trade| (a.price.scaled() - b.price.scaled()).abs() * 100 < b.price.scaled();
    assert!(near(&next, &last));
    // A venue's ids are never continued: the venue may issue the next one itself.
    last.trade_id = 3_312_345_678;
    let next = walk(1, Some(&last), 1).pop().unwrap();
    assert!(next.trade_id > last.trade_id * 1_000 && near(&next, &last));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_three_assets_are_priced_and_a_restart_goes_on() {
    let studio = Studio::new();
    let settings = ["--price-feed", "sim", "--sim-rate", "1000"];
    let poller = studio.start(&settings);
    studio.wait_for_trades(600).await;
    poller.stop().await.unwrap();
    let before = studio.trades().await;
    for symbol in SYMBOLS {
        assert!(before.iter().filter(|trade| trade.symbol == symbol).count() >= 100);
    }
    let poller = studio.start(&settings);
    studio.wait_for_trades(before.len() + 3).await;
    poller.stop().await.unwrap();
    let all = studio.trades().await;
    for symbol in SYMBOLS {
        let ids: Vec<u64> =
            all.iter().filter(|t| t.symbol == symbol).map(|trade| trade.trade_id).collect();
        assert!(ids.windows(2).all(|pair| pair[1] == pair[0] + 1), "no id twice and none left out");
    }
}

#[test]
fn the_volume_of_a_day_fits_in_a_candle_however_cheap_the_coin_is() {
    let cheapest = twenty().into_iter().min_by_key(|listed| listed.simulation.first_price).unwrap();
    assert_eq!(cheapest.symbol.as_str(), "1000PEPEUSDT");
    for rate in [5, 1_000] {
        let past = Past::new(&cheapest, 1, rate, 1_764_000_001).unwrap();
        for day in past.candles(Timeframe::D1).unwrap() {
            day.volume.to_i64().unwrap();
        }
        let mut walk = Walk::new(&cheapest, 1, rate, Some(&past.last));
        let day = i128::from(rate) * 86_400;
        let sizes: Vec<i128> = (0..10_000).map(|n| walk.next(n).qty.scaled()).collect();
        assert!(sizes.iter().all(|qty| qty * day <= i128::from(i64::MAX)));
        assert!(sizes.iter().max() > sizes.iter().min().map(|qty| qty * 100).as_ref());
    }
}

#[test]
fn simulated_prices_are_on_the_tick_and_do_not_stand_still() {
    for instrument in twenty() {
        let tick = instrument.price_tick.unwrap().scaled();
        let mut walk = Walk::new(&instrument, 1, 5, None);
        let prices: Vec<i128> = (0..500).map(|n| walk.next(n).price.scaled()).collect();
        assert!(prices.iter().all(|price| price % tick == 0), "{}", instrument.symbol);
        let moves = prices.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!(moves > 50, "{}: {moves} of 499 trades moved the price", instrument.symbol);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pasts_of_new_markets_do_not_stop_the_others() {
    let studio = Studio::new();
    let poller = studio.start_with_history(&["--price-feed", "sim", "--sim-rate", "20"]);
    studio.wait_for_ticks(20).await;
    let listed: Vec<Instrument> =
        markets::shipped().into_iter().chain(twenty().split_off(15)).collect();
    let symbols: Vec<_> = listed.iter().map(|instrument| instrument.symbol).collect();
    publish(&studio.streams, listed).await;
    studio.wait_for_a_tick_of(&symbols).await;
    poller.stop().await.unwrap();
    let times: Vec<u64> =
        studio.trades().await.iter().filter(|t| t.symbol == BTC).map(|t| t.time_us).collect();
    let pause_us = times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(pause_us < 2_000_000, "BTCUSDT stood still for {pause_us} µs");
}
