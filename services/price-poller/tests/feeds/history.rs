//! The past candles of the first run.

use crate::studio::Studio;
use messages::{CandleHistory, CandlePart, Symbol, Timeframe, Trade};
use price_poller::candles::fold;
use price_poller::sim_history::Past;
use std::ops::Range;
use testkit::symbols::{ETH, SYMBOLS, shipped};

/// All parts of one timeframe, by time; asserts that none overlap.
pub fn parts_of(
    histories: &[CandleHistory],
    symbol: Symbol,
    timeframe: Timeframe,
) -> Vec<CandlePart> {
    let wanted =
        |history: &&CandleHistory| (history.symbol, history.timeframe) == (symbol, timeframe);
    assert!(histories.iter().all(|history| history.parts.len() <= 500));
    let mut parts: Vec<CandlePart> =
        histories.iter().filter(wanted).flat_map(|history| history.parts.clone()).collect();
    parts.sort_by_key(|part| part.from_s);
    assert!(parts.windows(2).all(|pair| pair[0].until_s <= pair[1].from_s), "{timeframe}");
    parts
}

fn near(a: &Trade, close: price::Price) -> bool {
    (a.price.scaled() - close.scaled()).abs() * 100 < close.scaled()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulation_begins_with_a_past_and_makes_it_up_only_once() {
    let studio = Studio::new();
    let settings = ["--price-feed", "sim", "--sim-rate", "20", "--sim-seed", "1"];
    let poller = studio.start_with_history(&settings);
    studio.wait_for_a_tick_of(&SYMBOLS).await;
    poller.stop().await.unwrap();
    let (trades, histories) = studio.market_data().await;
    for symbol in SYMBOLS {
        let first = trades.iter().find(|trade| trade.symbol == symbol).unwrap();
        let finest = parts_of(&histories, symbol, Timeframe::S30);
        let span_s = finest[0].from_s..finest.last().unwrap().until_s;
        assert!(span_s.end - span_s.start >= 7 * 24 * 3_600);
        assert!(first.time_us >= span_s.end * 1_000_000, "the past ends before the first trade");
        assert!(near(first, finest.last().unwrap().close));
        let past = Past::new(&shipped(symbol), 1, 20, span_s.end).unwrap();
        assert_eq!(first.trade_id, past.last.trade_id + 1);
        let mut finer = finest;
        for timeframe in Timeframe::ALL {
            let parts = parts_of(&histories, symbol, timeframe);
            let shared_s = finer[0].from_s.max(parts[0].from_s)..span_s.end;
            let inside = |parts: &[CandlePart]| {
                let is_inside = |part: &&CandlePart| part.from_s >= shared_s.start;
                parts.iter().filter(is_inside).copied().collect::<Vec<_>>()
            };
            let made = fold(timeframe, &shared_s, &inside(&finer)).unwrap();
            assert_eq!(inside(&parts), made, "{timeframe}: made of the shorter ones");
            assert_without_gaps(&parts, timeframe, &(parts[0].from_s..span_s.end));
            finer = parts;
        }
        let days = finer.len();
        assert!((300..=301).contains(&days), "{days} days are a chart");
    }

    let ticks = studio.ticks().await.len();
    let poller = studio.start_with_history(&settings);
    studio.wait_for_ticks(ticks + 30).await;
    poller.stop().await.unwrap();
    assert_eq!(studio.market_data().await.1, histories, "there is one past");
}

fn assert_without_gaps(parts: &[CandlePart], timeframe: Timeframe, span_s: &Range<u64>) {
    assert_eq!((parts[0].from_s, parts.last().unwrap().until_s), (span_s.start, span_s.end));
    assert!(parts.windows(2).all(|pair| pair[0].until_s == pair[1].from_s));
    assert!(parts.iter().all(|part| part.from_s == timeframe.start_of(part.from_s)));
}

#[test]
fn a_made_up_past_is_the_same_again_and_moves_like_the_live_market() {
    let past = |seed, now_s| Past::new(&shipped(ETH), seed, 5, now_s).unwrap();
    let (now_s, before) = (1_764_000_001, past(1, 1_764_000_001));
    assert_eq!((&before.steps, before.last), (&past(1, now_s).steps, past(1, now_s).last));
    assert_ne!(before.last.price, past(2, now_s).last.price);
    assert_eq!(before.steps.last().unwrap().until_s, now_s);
    assert!(before.steps.iter().all(|step| step.low.is_positive()));
    let finest = before.steps.iter().filter(|step| step.trades == 15);
    // In half a minute ETH moves by some 0.05 %, in the past as live.
    let closes: Vec<i128> = finest.map(|step| step.close.scaled()).collect();
    assert!(closes.len() >= 7 * 86_400 / 3);
    let mut moves: Vec<i128> =
        closes.windows(11).map(|w| (w[10] - w[0]).abs() * 1_000_000 / w[0]).collect();
    moves.sort_unstable();
    let median_ppm = moves[moves.len() / 2];
    assert!((200..1_500).contains(&median_ppm), "{median_ppm}");
    let (low, high) = (1_550 * 100_000_000, 6_200 * 100_000_000);
    assert!(closes.iter().all(|close| (low..high).contains(close)));
}
