//! The back-fill, from a mock of Binance's HTTP server.

use crate::history::parts_of;
use crate::studio::Studio;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use messages::{CandlePart, Timeframe};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use testkit::binance::{BinanceServer, RecordedTrade};
use testkit::stack::eventually;
use testkit::symbols::BTC;
use tokio::net::TcpListener;

/// 2021-01-08 13:07:41.250, the first live trade.
const FIRST_TRADE_MS: u64 = 1_610_111_261_250;
const CUTOFF_S: u64 = 1_610_111_261;

/// The number of successful requests for one symbol's past.
const REQUESTS: usize = 2 + 2 + 5 * 2 + 31;

/// The requests in order; some of them fail the first time.
type Asked = Arc<Mutex<Vec<String>>>;

/// The venue's deterministic candles of a stretch.
fn candle(from_s: u64, length_s: u64) -> CandlePart {
    let noise =
        from_s.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ length_s.wrapping_mul(0xD134_2543_DE82_EF95);
    let part = |shift: u32, below: u64| i64::try_from((noise >> shift) % below).unwrap();
    let (open, close) =
        (4_000_000_000_000 + part(3, 1_000_000), 4_000_000_000_000 + part(13, 1_000_000));
    CandlePart {
        from_s,
        until_s: from_s + length_s,
        open: open.into(),
        close: close.into(),
        high: (open.max(close) + part(23, 1_000)).into(),
        low: (open.min(close) - part(33, 1_000)).into(),
        volume: part(5, 1_000_000_000).into(),
        // Some candles have no trades.
        trades: (noise >> 41) % 5,
    }
}

async fn klines(State(asked): State<Asked>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let turn = {
        let mut asked = asked.lock().unwrap();
        asked.push(query.clone());
        asked.len()
    };
    match turn {
        2 => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        4 => return "<html>sorry</html>".into_response(),
        6 => return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "1")]).into_response(),
        _ => {}
    }
    let fields: BTreeMap<&str, &str> =
        query.split('&').map(|pair| pair.split_once('=').unwrap()).collect();
    let length_s = match fields["interval"] {
        "1s" => 1,
        name => name.parse::<Timeframe>().unwrap().seconds(),
    };
    let second = |name: &str| fields[name].parse::<u64>().unwrap() / 1_000;
    let rows: Vec<String> = (second("startTime")..=second("endTime"))
        .step_by(usize::try_from(length_s).unwrap())
        .take(fields["limit"].parse().unwrap())
        .map(|from_s| {
            let CandlePart { open, high, low, close, volume, trades, until_s, .. } = candle(from_s, length_s);
            format!(
                r#"[{},"{open}","{high}","{low}","{close}","{volume}",{},"0",{trades},"0","0","0"]"#,
                from_s * 1_000,
                until_s * 1_000 - 1,
            )
        })
        .collect();
    format!("[{}]", rows.join(",")).into_response()
}

async fn rest_server() -> (String, Asked) {
    let asked = Asked::default();
    let router = Router::new().route("/api/v3/klines", get(klines)).with_state(Arc::clone(&asked));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, asked)
}

fn trade(trade_id: u64, time_ms: u64) -> RecordedTrade {
    let (price, qty) = ("40000.00000000".to_owned(), "0.01000000".to_owned());
    RecordedTrade { symbol: "BTCUSDT".to_owned(), trade_id, price, qty, time_ms }
}

/// The expected parts of a timeframe: the venue's own candles, and a remainder of finer ones before
/// the cutoff.
fn expected(timeframe: Timeframe, count: u64) -> Vec<CandlePart> {
    let (length_s, start_s) = (timeframe.seconds(), timeframe.start_of(CUTOFF_S));
    let fine = |from_s: u64, until_s: u64, step_s: u64| {
        (from_s..until_s).step_by(usize::try_from(step_s).unwrap()).map(move |s| candle(s, step_s))
    };
    let merged = |parts: Vec<CandlePart>, from_s: u64, until_s: u64| {
        let traded: Vec<CandlePart> = parts.into_iter().filter(|part| part.trades > 0).collect();
        let (first, last) = (traded.first()?, traded.last()?);
        Some(CandlePart {
            from_s,
            until_s,
            open: first.open,
            close: last.close,
            high: traded.iter().map(|part| part.high).max()?,
            low: traded.iter().map(|part| part.low).min()?,
            volume: traded.iter().fold("0".parse().unwrap(), |sum: price::Qty, part| {
                sum.checked_add(part.volume).unwrap()
            }),
            trades: traded.iter().map(|part| part.trades).sum(),
        })
    };
    if timeframe == Timeframe::S30 {
        let first_s = start_s - count * length_s;
        return (first_s..CUTOFF_S)
            .step_by(30)
            .filter_map(|s| {
                merged(fine(s, (s + 30).min(CUTOFF_S), 1).collect(), s, (s + 30).min(CUTOFF_S))
            })
            .collect();
    }
    let minute_s = Timeframe::M1.start_of(CUTOFF_S);
    let head = fine(start_s, minute_s, 60).chain(fine(minute_s, CUTOFF_S, 1)).collect();
    let whole = fine(start_s - count * length_s, start_s, length_s).filter(|part| part.trades > 0);
    whole.chain(merged(head, start_s, CUTOFF_S)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_exact_ends_where_recording_begins_and_goes_on_after_a_restart() {
    let (studio, venue) = (Studio::new(), BinanceServer::start().await);
    let (rest_url, asked) = rest_server().await;
    let (stream_url, count) = (venue.url(), || asked.lock().unwrap().len());
    let settings =
        ["--price-feed", "binance", "--binance-url", &stream_url, "--binance-rest-url", &rest_url];
    let poller = studio.start_with_history(&settings);
    venue.send(&[trade(1, FIRST_TRADE_MS)]).await;
    eventually("half of the past is there", async || count() >= REQUESTS / 2).await;
    poller.stop().await.unwrap();
    let before = count();
    assert!(before < REQUESTS, "it was stopped in the middle");

    let poller = studio.start_with_history(&settings);
    venue.send(&[trade(2, FIRST_TRADE_MS + 3_600_000)]).await;
    let is_done = async || {
        let progress = studio.streams.get("feed:history:BTCUSDT").await.unwrap();
        progress.unwrap_or_default().contains(r#""isDone":true"#)
    };
    eventually("all of the past is there", is_done).await;
    // Three requests failed, and one or two were in flight or in an interrupted step.
    assert!((REQUESTS + 3..=REQUESTS + 6).contains(&count()), "{} requests", count());
    let (trades, histories) = studio.market_data().await;
    assert_eq!(trades.len(), 2);
    for timeframe in Timeframe::ALL {
        let candles = match timeframe {
            Timeframe::S30 => 1_000,
            Timeframe::M1 => 2_000,
            _ => 1_500,
        };
        let parts = parts_of(&histories, BTC, timeframe);
        assert_eq!(parts, expected(timeframe, candles), "{timeframe}");
    }

    // A symbol whose back-fill is complete is not requested again.
    poller.stop().await.unwrap();
    let total = count();
    let poller = studio.start_with_history(&settings);
    venue.send(&[trade(3, FIRST_TRADE_MS + 7_200_000)]).await;
    eventually("the poller is at work", async || studio.market_data().await.0.len() == 3).await;
    poller.stop().await.unwrap();
    assert_eq!(count(), total);
}
