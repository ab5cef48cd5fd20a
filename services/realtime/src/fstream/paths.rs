//! The paths and queries of requests.

use axum::http::{HeaderMap, Uri, header};

/// The prefix below which every path is one of this protocol.
const PREFIX: &str = "/binance";

/// The start of the host name under which every path is one of this protocol.
const HOST_START: &str = "fstream.";

/// The streams that a request asks for, and the form in which their events are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// Whether each event is wrapped with the name of its stream.
    pub is_combined: bool,
    /// The names of streams, among them listen keys.
    pub names: Vec<String>,
}

/// Returns whether the request was sent to a host that speaks this protocol alone.
pub fn is_host(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let start = host.and_then(|host| host.get(..HOST_START.len()));
    start.is_some_and(|start| start.eq_ignore_ascii_case(HOST_START))
}

/// Returns what a request asks for, unless its path is none of this protocol.
pub fn opening(uri: &Uri) -> Option<Opening> {
    let path = uri.path();
    let below = path.strip_prefix(PREFIX).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let mut segments = below.unwrap_or(path).split('/').filter(|segment| !segment.is_empty());
    let mut kind = segments.next()?;
    if matches!(kind, "public" | "market" | "private") {
        kind = segments.next()?;
    }
    let is_combined = match kind {
        "ws" => false,
        "stream" => true,
        _ => return None,
    };
    let mut names: Vec<String> = segments.filter_map(decoded).collect();
    let parameters = uri.query().unwrap_or_default().split('&');
    for (name, value) in parameters.filter_map(|parameter| parameter.split_once('=')) {
        let Some(value) = decoded(value) else { continue };
        match name {
            "streams" => names.extend(parts(&value, '/')),
            "listenKey" => names.extend(parts(&value, ',')),
            _ => {}
        }
    }
    Some(Opening { is_combined, names })
}

fn parts(value: &str, separator: char) -> impl Iterator<Item = String> {
    value.split(separator).filter(|part| !part.is_empty()).map(str::to_owned)
}

/// Decodes `%40` to `@`; text that is not UTF-8 after it names no stream.
fn decoded(text: &str) -> Option<String> {
    percent_encoding::percent_decode_str(text).decode_utf8().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use proptest::prelude::*;
    use testkit::hostile::{cases, damaged_text};

    fn of(text: &str) -> Option<Opening> {
        opening(&text.parse().unwrap())
    }

    #[test]
    fn each_path_of_the_clients_is_understood() {
        let rows: [(&str, bool, &[&str]); 16] = [
            ("/ws", false, &[]),
            ("/ws/btcusdt@trade", false, &["btcusdt@trade"]),
            ("/ws/btcusdt%40trade", false, &["btcusdt@trade"]),
            ("/market/ws/btcusdt@kline_1m", false, &["btcusdt@kline_1m"]),
            ("/public/ws/0", false, &["0"]),
            ("/stream?streams=a/b", true, &["a", "b"]),
            ("/stream?streams=a%2Fb&timeUnit=MICROSECOND", true, &["a", "b"]),
            ("/public/stream?streams=!ticker@arr", true, &["!ticker@arr"]),
            ("/market/stream", true, &[]),
            ("/private/ws?listenKey=K", false, &["K"]),
            ("/private/stream?listenKey=K&events=ORDER_TRADE_UPDATE", true, &["K"]),
            ("/stream?streams=K", true, &["K"]),
            ("/ws/K", false, &["K"]),
            ("/ws/", false, &[]),
            ("/ws?listenKey=", false, &[]),
            ("/ws/a/b", false, &["a", "b"]),
        ];
        for (path, is_combined, names) in rows {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            let expected = Some(Opening { is_combined, names });
            assert_eq!(of(path), expected, "{path}");
            assert_eq!(of(&format!("/binance{path}")), expected, "{path}");
        }
        for path in
            ["/", "/binance", "/binance/", "/public", "/metrics", "/wss", "/binancews", "/x/ws"]
        {
            assert_eq!(of(path), None, "{path}");
        }
    }

    #[test]
    fn a_host_is_known_by_its_start() {
        for (host, expected) in
            [("fstream.velox.test", true), ("FStream.velox.test:443", true), ("velox.test", false)]
        {
            let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]);
            assert_eq!(is_host(&headers), expected, "{host}");
        }
        assert!(!is_host(&HeaderMap::new()));
    }

    proptest! {
        #![proptest_config(cases(1_000))]

        #[test]
        fn hostile_paths(text in damaged_text(&["/binance/stream?streams=btcusdt%40trade/a&listenKey=K"])) {
            if let Ok(uri) = text.parse::<Uri>() && let Some(opening) = opening(&uri) {
                prop_assert!(opening.names.iter().all(|name| !name.is_empty()));
            }
        }
    }
}
