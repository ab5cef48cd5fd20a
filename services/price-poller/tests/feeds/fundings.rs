//! Fundings: those that the venue has settled, and those of premiums.

use crate::marks::unix_ms;
use crate::studio::{NEVER_STALE, Poller, Studio};
use messages::{
    Funding, FundingSource, Instrument, MarkPrice, SettleFunding, last_funding_key, last_mark_key,
};
use std::time::Duration;
use testkit::binance::BinanceServer;
use testkit::binance_rest::{BinanceRest, RecordedFunding};
use testkit::stack::eventually;
use testkit::symbols::{BTC, ETH, shipped};

const HOUR_MS: u64 = 60 * 60 * 1_000;

/// Bitcoin with fundings each hour, and Ether with none.
fn instruments(source: FundingSource) -> [Instrument; 2] {
    let funding = Funding { source, interval_hours: 1, cap_ppm: 3_000 };
    [Instrument { funding: Some(funding), ..shipped(BTC) }, shipped(ETH)]
}

async fn remember(studio: &Studio, key: &str, value: &str) {
    studio.streams.set_expiring(key, value, Duration::from_hours(1)).await.unwrap();
}

/// A settled funding, and what is made of it.
fn recorded(time_ms: u64, rate: &str) -> (RecordedFunding, SettleFunding) {
    let (symbol, mark) = ("BTCUSDT".to_owned(), "39432.12345678".to_owned());
    let parsed = (rate.parse().unwrap(), mark.parse().unwrap());
    let funding =
        SettleFunding { symbol: BTC, funding_ms: time_ms, rate: parsed.0, mark: parsed.1 };
    (RecordedFunding { symbol, rate: rate.to_owned(), mark, time_ms }, funding)
}

fn start(studio: &Studio, venue: &BinanceServer, rest: &BinanceRest) -> Poller {
    let (url, rest_url) = (venue.url(), rest.url());
    let settings = [
        ["--price-feed", "binance"],
        ["--binance-url", &url],
        ["--binance-futures-url", &url],
        ["--binance-futures-rest-url", &rest_url],
        NEVER_STALE,
    ];
    studio.start(settings.as_flattened())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulation_settles_what_it_missed_and_announces_the_next_in_each_mark() {
    let studio = Studio::new();
    studio.list(&instruments(FundingSource::Venue)).await;
    // An earlier poller stopped within the hour before the last two fundings.
    let hour_ms = unix_ms() / HOUR_MS * HOUR_MS;
    let (missed_ms, last_ms) = (hour_ms - HOUR_MS, hour_ms - 2 * HOUR_MS);
    let mark = "92000.5".parse().unwrap();
    let announced = MarkPrice {
        funding_rate: Some("-0.0002".parse().unwrap()),
        next_funding_ms: Some(missed_ms),
        ..MarkPrice::new(BTC, mark, None)
    };
    remember(&studio, &last_mark_key(BTC), &announced.to_json()).await;
    remember(&studio, &last_funding_key(BTC), &last_ms.to_string()).await;
    let poller = studio.start(&["--price-feed", "sim", "--sim-rate", "20"]);
    eventually("marks", async || studio.marks().await.len() >= 3).await;
    poller.stop().await.unwrap();
    let of = |funding_ms, rate: &str| {
        let rate = rate.parse().unwrap();
        SettleFunding { symbol: BTC, funding_ms, rate, mark }
    };
    let mut expected = vec![of(missed_ms, "-0.0002"), of(hour_ms, "0.0000125")];
    let (of_engine, stored) = studio.fundings().await;
    assert_eq!(of_engine[..2], expected);
    assert_eq!(stored, of_engine);
    // The hour may have ended during the test.
    expected = of_engine;
    for mark in studio.marks().await {
        let next_ms = mark.next_funding_ms.unwrap();
        assert_eq!(next_ms, mark.marked_at_ms.unwrap() / HOUR_MS * HOUR_MS + HOUR_MS);
        assert!(mark.funding_rate.is_some_and(|rate| rate.scaled().abs() <= 300_000));
    }
    // Nothing is settled twice.
    let poller = studio.start(&["--price-feed", "sim", "--sim-rate", "20"]);
    let count = studio.marks().await.len();
    eventually("more marks", async || studio.marks().await.len() >= count + 2).await;
    poller.stop().await.unwrap();
    let again = studio.fundings().await.0;
    assert_eq!(again[..expected.len()], expected);
    assert!(again.len() <= 3, "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_venue_s_rates_are_fetched_once_each_also_those_that_were_missed() {
    let studio = Studio::new();
    let (venue, rest) = (BinanceServer::start().await, BinanceRest::start().await);
    studio.list(&instruments(FundingSource::Venue)).await;
    let hour_ms = unix_ms() / HOUR_MS * HOUR_MS;
    let old = recorded(hour_ms - 8 * 24 * HOUR_MS, "0.0001");
    let known = recorded(hour_ms - 5 * HOUR_MS, "0.0002");
    let missed = recorded(hour_ms - 3 * HOUR_MS + 7, "-0.00037500");
    let newest = recorded(hour_ms + 2, "0.00010000");
    for funding in [&old, &known, &missed] {
        rest.settle(funding.0.clone());
    }
    remember(&studio, &last_funding_key(BTC), &known.1.funding_ms.to_string()).await;
    let hostile = [
        (500, ""),
        (200, "<html>"),
        (200, r#"[{"symbol":"ETHUSDT","fundingTime":1,"fundingRate":"1","markPrice":"1"}]"#),
    ];
    for (status, body) in hostile {
        rest.answer_wrong(status, body);
    }
    let poller = start(&studio, &venue, &rest);
    eventually("the missed one is settled", async || studio.fundings().await.0.len() == 1).await;
    assert!(rest.asked() >= 4, "wrong answers are asked for again");
    rest.settle(newest.0.clone());
    eventually("the newest one is settled", async || studio.fundings().await.0.len() == 2).await;
    let expected = vec![missed.1, newest.1];
    assert_eq!(studio.fundings().await, (expected.clone(), expected));
    poller.stop().await.unwrap();
    let last = studio.streams.get(&last_funding_key(BTC)).await.unwrap();
    assert_eq!(last, Some(newest.1.funding_ms.to_string()));

    // Another poller asks from there on, at most once before the next funding.
    let (asked, poller) = (rest.asked(), start(&studio, &venue, &rest));
    eventually("it has asked", async || rest.asked() > asked).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(studio.fundings().await.0.len(), 2);
    poller.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fundings_that_are_new_do_not_begin_in_the_past() {
    let studio = Studio::new();
    let (venue, rest) = (BinanceServer::start().await, BinanceRest::start().await);
    let hour_ms = unix_ms() / HOUR_MS * HOUR_MS;
    rest.settle(recorded(hour_ms - HOUR_MS, "0.0001").0);
    studio.list(&[shipped(BTC), shipped(ETH)]).await;
    remember(&studio, &last_funding_key(BTC), &(hour_ms - 3 * HOUR_MS).to_string()).await;
    let poller = start(&studio, &venue, &rest);
    eventually("the poller is at work", async || venue.connections() == 1).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(rest.asked(), 0, "no instrument has fundings");
    studio.list(&instruments(FundingSource::Venue)).await;
    eventually("rates are asked for", async || rest.asked() >= 1).await;
    let began = async || {
        let last = studio.streams.get(&last_funding_key(BTC)).await.unwrap().unwrap();
        last.parse::<u64>().unwrap() > hour_ms
    };
    eventually("they begin now", began).await;
    poller.stop().await.unwrap();
    assert_eq!(studio.fundings().await.0, []);
}
