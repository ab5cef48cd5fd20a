//! A venue that speaks Binance's protocol, at the pace of the test.

use futures_util::{SinkExt as _, StreamExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async};

/// The real one pings every 20 s; a test wants to see some.
const PING_INTERVAL: Duration = Duration::from_millis(100);

/// A trade as the venue writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedTrade {
    /// `BTCUSDT`.
    pub symbol: String,
    /// Rises by one.
    pub trade_id: u64,
    /// A decimal.
    pub price: String,
    /// A decimal.
    pub qty: String,
    /// Unix ms.
    pub time_ms: u64,
}

impl RecordedTrade {
    /// As an event of a combined stream.
    pub fn frame(&self) -> String {
        let Self { symbol, trade_id, price, qty, time_ms } = self;
        format!(
            r#"{{"stream":"{}@trade","data":{{"e":"trade","E":{time_ms},"s":"{symbol}","t":{trade_id},"p":"{price}","q":"{qty}","T":{time_ms},"m":true,"M":true}}}}"#,
            symbol.to_lowercase()
        )
    }

    /// As a line of an archive.
    pub fn line(&self) -> String {
        let Self { trade_id, price, qty, time_ms, .. } = self;
        format!("{trade_id},{price},{qty},0.00000000,{time_ms},True,True")
    }
}

/// The venue. It takes one client at a time; what a test sends waits for one.
pub struct BinanceServer {
    url: String,
    commands: mpsc::UnboundedSender<Command>,
    connections: Arc<AtomicU64>,
    pongs: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

enum Command {
    Text(String),
    Drop,
    /// Tells when everything before it was written.
    Done(oneshot::Sender<()>),
}

impl BinanceServer {
    /// Opens on a free port.
    ///
    /// # Panics
    /// When there is none.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (commands, receiver) = mpsc::unbounded_channel();
        let (connections, pongs) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let venue = Venue { commands: receiver, pongs: Arc::clone(&pongs) };
        let task = tokio::spawn(venue.serve(listener, Arc::clone(&connections)));
        Self { url: format!("ws://{address}"), commands, connections, pongs, task }
    }

    /// For `BINANCE_URL`.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Sends trades and waits until they are written to a client.
    pub async fn send(&self, trades: &[RecordedTrade]) {
        for trade in trades {
            self.send_text(&trade.frame());
        }
        let (done, written) = oneshot::channel();
        self.command(Command::Done(done));
        written.await.expect("the venue is open");
    }

    /// Sends a frame as it is.
    pub fn send_text(&self, text: &str) {
        self.command(Command::Text(text.to_owned()));
    }

    /// Cuts the connection without a word, after everything that was sent before.
    pub fn drop_connection(&self) {
        self.command(Command::Drop);
    }

    /// How many clients have connected so far.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    /// How many pings were answered.
    pub fn pongs(&self) -> u64 {
        self.pongs.load(Ordering::Relaxed)
    }

    fn command(&self, command: Command) {
        assert!(self.commands.send(command).is_ok(), "the venue is open");
    }
}

impl Drop for BinanceServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Venue {
    commands: mpsc::UnboundedReceiver<Command>,
    pongs: Arc<AtomicU64>,
}

impl Venue {
    async fn serve(mut self, listener: TcpListener, connections: Arc<AtomicU64>) {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(socket) = accept_async(stream).await {
                connections.fetch_add(1, Ordering::Relaxed);
                // However it ends, the next client is waited for.
                let _ = self.serve_client(socket).await;
            }
        }
    }

    async fn serve_client(
        &mut self,
        mut socket: WebSocketStream<TcpStream>,
    ) -> Result<(), tokio_tungstenite::tungstenite::Error> {
        let mut pings = tokio::time::interval(PING_INTERVAL);
        loop {
            tokio::select! {
                command = self.commands.recv() => match command {
                    Some(Command::Text(text)) => socket.feed(Message::text(text)).await?,
                    Some(Command::Done(done)) => {
                        socket.flush().await?;
                        // A test that stopped waiting has failed already.
                        let _ = done.send(());
                    }
                    Some(Command::Drop) => return socket.flush().await,
                    None => return Ok(()),
                },
                _ = pings.tick() => socket.send(Message::Ping(b"velox".as_slice().into())).await?,
                message = socket.next() => match message {
                    Some(Ok(Message::Pong(payload))) if payload.as_ref() == b"velox" => {
                        self.pongs.fetch_add(1, Ordering::Relaxed);
                    }
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(error),
                    None => return Ok(()),
                },
            }
        }
    }
}

/// Two thousand consecutive trades: recorded ones where the recording is beside the checkout (or
/// where `VELOX_RECORDED_TRADES` says), else ones that are made up in the same form.
///
/// # Panics
/// When the recording can't be read.
pub fn recorded_trades() -> Vec<RecordedTrade> {
    let Some(path) = recording() else { return made_up_trades() };
    let text = std::fs::read_to_string(&path).expect("the recording can be read");
    text.lines()
        .map(|line| {
            let columns: Vec<_> = line.split(',').collect();
            RecordedTrade {
                symbol: "BTCUSDT".to_owned(),
                trade_id: columns[0].parse().expect("a trade id"),
                price: columns[1].to_owned(),
                qty: columns[2].to_owned(),
                time_ms: columns[4].parse().expect("a time"),
            }
        })
        .collect()
}

fn recording() -> Option<PathBuf> {
    const BESIDE_THE_CHECKOUT: &str = "../../../shared/data/BTCUSDT-trades-2021-01-08.csv";
    let named = std::env::var_os("VELOX_RECORDED_TRADES").map(PathBuf::from);
    let path =
        named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(BESIDE_THE_CHECKOUT));
    path.is_file().then_some(path)
}

/// Up by 0.3 % and down again, with noise, always the same.
fn made_up_trades() -> Vec<RecordedTrade> {
    const LEN: u64 = 2_001;
    const TOP: u64 = 1_400;
    let mut noise: u64 = 42;
    (0..LEN)
        .map(|n| {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let trend = if n < TOP { n * 12_000 / TOP } else { (LEN - n) * 12_000 / (LEN - TOP) };
            let cents = 3_943_000 + trend + (noise >> 33) % 500;
            RecordedTrade {
                symbol: "BTCUSDT".to_owned(),
                trade_id: 553_287_559 + n,
                price: format!("{}.{:02}000000", cents / 100, cents % 100),
                qty: format!("0.{:08}", (noise >> 40) % 90_000_000 + 1),
                time_ms: 1_610_064_000_278 + n * 23,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_trades_are_like_recorded_ones() {
        let trades = made_up_trades();
        assert_eq!(trades, made_up_trades());
        assert!(trades.windows(2).all(|pair| pair[1].trade_id == pair[0].trade_id + 1));
        let decimals = |text: &str| text.split_once('.').map(|(_, fraction)| fraction.len());
        assert!(
            trades.iter().all(|t| (decimals(&t.price), decimals(&t.qty)) == (Some(8), Some(8)))
        );
    }
}
