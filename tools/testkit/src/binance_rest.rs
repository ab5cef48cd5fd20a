//! A mock of Binance's HTTP server for futures, controlled by the test.

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::collections::{HashMap, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A settled funding as Binance reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedFunding {
    /// The symbol, such as `BTCUSDT`.
    pub symbol: String,
    /// The rate as a decimal.
    pub rate: String,
    /// The mark price as a decimal.
    pub mark: String,
    /// The time, Unix ms.
    pub time_ms: u64,
}

/// The server.
pub struct BinanceRest {
    url: String,
    venue: Arc<Mutex<Venue>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Venue {
    fundings: Vec<RecordedFunding>,
    /// The answers before those of the server itself: a status and a body.
    wrong: VecDeque<(u16, String)>,
    asked: u64,
}

impl BinanceRest {
    /// Starts the server on a free port.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("a bound socket has one"));
        let venue = Arc::<Mutex<Venue>>::default();
        let router =
            Router::new().route("/fapi/v1/fundingRate", get(rates)).with_state(venue.clone());
        let task = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("a server runs until it is dropped");
        });
        Self { url, venue, task }
    }

    /// The value of `BINANCE_FUTURES_REST_URL`.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Adds a funding.
    pub fn settle(&self, funding: RecordedFunding) {
        lock(&self.venue).fundings.push(funding);
    }

    /// Answers the next request with this status and body.
    pub fn answer_wrong(&self, status: u16, body: &str) {
        lock(&self.venue).wrong.push_back((status, body.to_owned()));
    }

    /// The number of requests so far.
    pub fn asked(&self) -> u64 {
        lock(&self.venue).asked
    }
}

impl Drop for BinanceRest {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(venue: &Mutex<Venue>) -> MutexGuard<'_, Venue> {
    venue.lock().expect("nothing panics while it holds this lock")
}

async fn rates(
    State(venue): State<Arc<Mutex<Venue>>>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let mut venue = lock(&venue);
    venue.asked += 1;
    if let Some((status, body)) = venue.wrong.pop_front() {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        return (status, body).into_response();
    }
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<u64>().ok());
    let (symbol, from_ms) = (query.get("symbol"), number("startTime").unwrap_or(0));
    let wanted = venue.fundings.iter().filter(|funding| {
        symbol.is_none_or(|symbol| *symbol == funding.symbol) && funding.time_ms >= from_ms
    });
    let limit = usize::try_from(number("limit").unwrap_or(100)).unwrap_or(usize::MAX);
    let mut body = "[".to_owned();
    for (n, RecordedFunding { symbol, rate, mark, time_ms }) in wanted.take(limit).enumerate() {
        let comma = if n == 0 { "" } else { "," };
        write!(
            body,
            r#"{comma}{{"symbol":"{symbol}","fundingTime":{time_ms},"fundingRate":"{rate}","markPrice":"{mark}"}}"#
        )
        .expect("a String takes all that is written to it");
    }
    body.push(']');
    body.into_response()
}
