//! Client of Binance's HTTP server, within its rate limits.

use crate::feed::unix_ms;
use crate::history::klines::{self, MalformedKlines};
use crate::history::plan::{PAGE_LEN, Page};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::header::{HeaderMap, RETRY_AFTER};
use hyper::{Request, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use messages::{CandlePart, Symbol};
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};

/// The interval between requests of all symbols together: a fifth of the rate that Binance allows.
const REQUEST_INTERVAL: Duration = Duration::from_millis(250);

/// The request weight per minute at which the back-fill pauses; the rest of the 6,000 that an
/// address may use is left to others.
const WEIGHT_MAX: u64 = 4_800;
const USED_WEIGHT: &str = "x-mbx-used-weight-1m";

/// The pause after a rate-limit response without `Retry-After`.
const PAUSE: Duration = Duration::from_mins(1);

const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// The maximum size of a response; a page has about 200 kB.
const ANSWER_LEN_MAX: usize = 4 * 1024 * 1024;

/// The number of characters of a refusal that are logged.
const REFUSAL_LEN_MAX: usize = 300;

/// The source of past candles, or of funding rates.
pub struct Venue {
    http: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    /// The address of what is fetched.
    url: String,
    /// The time at which the next request may be sent. Never held across an await.
    next_request: Mutex<Instant>,
}

/// The reason an answer could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No response arrived.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// The response can't be parsed.
    #[error("an answer can't be read: {0}")]
    Malformed(#[from] MalformedKlines),
    /// The server failed, or limits the request rate.
    #[error("HTTP {0}")]
    Unavailable(StatusCode),
    /// The request was refused, and a retry would be as well.
    #[error("HTTP {status}: {body}")]
    Refused {
        /// The status, 4xx.
        status: StatusCode,
        /// The start of the response body.
        body: String,
    },
}

impl Venue {
    /// Creates a client of a server's path, without connecting yet.
    pub fn new(base: &str, path: &str) -> Self {
        let https = HttpsConnectorBuilder::new().with_webpki_roots().https_or_http();
        Self {
            http: Client::builder(TokioExecutor::new()).build(https.enable_http1().build()),
            url: format!("{}/{path}", base.trim_end_matches('/')),
            next_request: Mutex::new(Instant::now()),
        }
    }

    /// Fetches the candles of a page that have trades.
    pub async fn candles(
        &self,
        feed_symbol: Symbol,
        page: &Page,
    ) -> Result<Vec<CandlePart>, FetchError> {
        let (interval, from_ms) = (page.interval.as_str(), page.span_s.start * 1_000);
        // Binance's end time is inclusive.
        let until_ms = page.span_s.end * 1_000 - 1;
        let query = format!(
            "symbol={feed_symbol}&interval={interval}&startTime={from_ms}&endTime={until_ms}\
             &limit={PAGE_LEN}"
        );
        Ok(klines::parse(&self.fetch(&query).await?, page)?)
    }

    /// Fetches the answer to a query.
    pub async fn fetch(&self, query: &str) -> Result<Bytes, FetchError> {
        self.turn().await;
        let answer = timeout(ANSWER_TIMEOUT, self.get(format!("{}?{query}", self.url))).await;
        let late = |_| FetchError::NoAnswer(format!("not within {ANSWER_TIMEOUT:?}"));
        let (status, headers, body) = answer.map_err(late)?.map_err(FetchError::NoAnswer)?;
        if let Some(pause) = pause(status, &headers, unix_ms()) {
            tracing::info!(seconds = pause.as_secs(), %status, "requests to the venue pause");
            let mut next =
                self.next_request.lock().expect("nothing panics while it holds this lock");
            *next = (*next).max(Instant::now() + pause);
        }
        match status {
            StatusCode::OK => Ok(body),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::IM_A_TEAPOT => {
                Err(FetchError::Unavailable(status))
            }
            status if status.is_client_error() => {
                let body = String::from_utf8_lossy(&body).chars().take(REFUSAL_LEN_MAX).collect();
                Err(FetchError::Refused { status, body })
            }
            status => Err(FetchError::Unavailable(status)),
        }
    }

    /// Waits until the next request may be sent; concurrent callers are spaced out.
    async fn turn(&self) {
        loop {
            let free_at = {
                let mut next =
                    self.next_request.lock().expect("nothing panics while it holds this lock");
                let now = Instant::now();
                if *next <= now {
                    *next = now + REQUEST_INTERVAL;
                    return;
                }
                *next
            };
            sleep_until(free_at).await;
        }
    }

    async fn get(&self, url: String) -> Result<(StatusCode, HeaderMap, Bytes), String> {
        let request = Request::get(url).body(Empty::new()).map_err(|error| error.to_string())?;
        let answer = self.http.request(request).await;
        let answer = answer.map_err(|error| format!("{:#}", anyhow::Error::from(error)))?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, ANSWER_LEN_MAX).collect().await;
        Ok((head.status, head.headers, body.map_err(|error| error.to_string())?.to_bytes()))
    }
}

/// Returns the pause of all requests after a response that arrived at `now_ms` (Unix ms).
fn pause(status: StatusCode, headers: &HeaderMap, now_ms: u64) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.parse::<u32>().ok().map(u64::from);
    if status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::IM_A_TEAPOT {
        return Some(number(RETRY_AFTER.as_str()).map_or(PAUSE, Duration::from_secs));
    }
    let is_heavy = number(USED_WEIGHT).is_some_and(|weight| weight > WEIGHT_MAX);
    is_heavy.then(|| Duration::from_millis(60_000 - now_ms % 60_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binance_says_when_it_is_too_much() {
        let rows = [
            (200, vec![], None),
            (200, vec![(USED_WEIGHT, "4800")], None),
            (200, vec![(USED_WEIGHT, "4801")], Some(43_750)),
            (200, vec![(USED_WEIGHT, "many")], None),
            (200, vec![("retry-after", "5")], None),
            (429, vec![("retry-after", "5"), (USED_WEIGHT, "6001")], Some(5_000)),
            (418, vec![("retry-after", "7200")], Some(7_200_000)),
            (418, vec![("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")], Some(60_000)),
            (429, vec![], Some(60_000)),
            (500, vec![], None),
        ];
        for (status, headers, pause_ms) in rows {
            let map =
                headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            let status = StatusCode::from_u16(status).unwrap();
            let pause = pause(status, &map.collect(), 1_610_111_296_250);
            assert_eq!(pause, pause_ms.map(Duration::from_millis), "{status} {headers:?}");
        }
    }
}
