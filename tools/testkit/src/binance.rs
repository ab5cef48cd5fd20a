//! A mock of Binance's market data servers, controlled by the test.

use futures_util::{SinkExt as _, StreamExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, accept_async};

/// Binance pings every 20 s; tests need pings sooner.
const PING_INTERVAL: Duration = Duration::from_millis(100);

/// The payloads of pings: a plain heartbeat, and one whose pong confirms the frames before it.
const HEARTBEAT: &[u8] = b"velox";
const RECEIPT: &[u8] = b"receipt";

/// A trade as Binance reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedTrade {
    /// The symbol, such as `BTCUSDT`.
    pub symbol: String,
    /// The trade id; consecutive trades have consecutive ids.
    pub trade_id: u64,
    /// The price as a decimal.
    pub price: String,
    /// The quantity as a decimal.
    pub qty: String,
    /// The time, Unix ms.
    pub time_ms: u64,
}

impl RecordedTrade {
    /// The trade as an event of a combined stream.
    pub fn frame(&self) -> String {
        let Self { symbol, trade_id, price, qty, time_ms } = self;
        format!(
            r#"{{"stream":"{}@trade","data":{{"e":"trade","E":{time_ms},"s":"{symbol}","t":{trade_id},"p":"{price}","q":"{qty}","T":{time_ms},"m":true,"M":true}}}}"#,
            symbol.to_lowercase()
        )
    }

    /// The trade as a line of a public archive.
    pub fn line(&self) -> String {
        let Self { trade_id, price, qty, time_ms, .. } = self;
        format!("{trade_id},{price},{qty},0.00000000,{time_ms},True,True")
    }
}

/// A mark price as Binance reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedMark {
    /// The symbol, such as `BTCUSDT`.
    pub symbol: String,
    /// The mark price as a decimal.
    pub mark: String,
    /// The index price as a decimal.
    pub index: String,
    /// The funding rate as a decimal.
    pub rate: String,
    /// The time of the next funding, Unix ms.
    pub next_funding_ms: u64,
    /// The time, Unix ms.
    pub time_ms: u64,
}

impl RecordedMark {
    /// The mark price as an event of a combined stream.
    pub fn frame(&self) -> String {
        let Self { symbol, mark, index, rate, next_funding_ms, time_ms } = self;
        format!(
            r#"{{"stream":"{}@markPrice@1s","data":{{"e":"markPriceUpdate","E":{time_ms},"s":"{symbol}","p":"{mark}","ap":"{mark}","i":"{index}","P":"{index}","r":"{rate}","T":{next_funding_ms}}}}}"#,
            symbol.to_lowercase()
        )
    }
}

/// The server. It serves one client at a time; messages sent while there is none wait for the next.
pub struct BinanceServer {
    url: String,
    commands: mpsc::UnboundedSender<Command>,
    connections: Arc<AtomicU64>,
    pongs: Arc<AtomicU64>,
    heard: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

enum Command {
    Text(String),
    Drop,
    Frames(Delivery),
}

/// Frames that a client has to confirm. If it disconnects before that, the next client gets them:
/// frames written to a dying connection were not delivered.
struct Delivery {
    frames: Vec<String>,
    delivered: oneshot::Sender<()>,
}

impl BinanceServer {
    /// Starts the server on a free port.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (commands, receiver) = mpsc::unbounded_channel();
        let (connections, pongs) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let (pongs_of_venue, heard_by_venue) = (Arc::clone(&pongs), Arc::clone(&heard));
        let venue = Venue {
            commands: receiver,
            pongs: pongs_of_venue,
            heard: heard_by_venue,
            unread: None,
        };
        let task = tokio::spawn(venue.serve(listener, Arc::clone(&connections)));
        Self { url: format!("ws://{address}"), commands, connections, pongs, heard, task }
    }

    /// The value of `BINANCE_URL` or `BINANCE_FUTURES_URL`.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Sends trades and waits until a client has read them.
    pub async fn send(&self, trades: &[RecordedTrade]) {
        self.deliver(trades.iter().map(RecordedTrade::frame).collect()).await;
    }

    /// Sends mark prices and waits until a client has read them.
    pub async fn send_marks(&self, marks: &[RecordedMark]) {
        self.deliver(marks.iter().map(RecordedMark::frame).collect()).await;
    }

    async fn deliver(&self, frames: Vec<String>) {
        let (delivered, read) = oneshot::channel();
        self.command(Command::Frames(Delivery { frames, delivered }));
        read.await.expect("the venue is open");
    }

    /// Sends a text frame unchanged.
    pub fn send_text(&self, text: &str) {
        self.command(Command::Text(text.to_owned()));
    }

    /// Drops the connection without a close frame, after everything that was sent before.
    pub fn drop_connection(&self) {
        self.command(Command::Drop);
    }

    /// The number of clients that have connected so far.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    /// The number of pings answered so far.
    pub fn pongs(&self) -> u64 {
        self.pongs.load(Ordering::Relaxed)
    }

    /// The text frames that clients have sent so far, such as subscriptions.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("nothing panics while it holds this lock").clone()
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
    heard: Arc<Mutex<Vec<String>>>,
    /// The frames written and not yet confirmed; nothing else is sent before they are.
    unread: Option<Delivery>,
}

type Socket = WebSocketStream<TcpStream>;

impl Venue {
    async fn serve(mut self, listener: TcpListener, connections: Arc<AtomicU64>) {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(socket) = accept_async(stream).await {
                connections.fetch_add(1, Ordering::Relaxed);
                // However the connection ended, wait for the next client.
                let _ = self.serve_client(socket).await;
            }
        }
    }

    async fn serve_client(&mut self, mut socket: Socket) -> Result<(), tungstenite::Error> {
        let mut pings = tokio::time::interval(PING_INTERVAL);
        if let Some(unread) = &self.unread {
            write(&mut socket, unread).await?;
        }
        loop {
            tokio::select! {
                command = self.commands.recv(), if self.unread.is_none() => match command {
                    Some(Command::Text(text)) => socket.feed(Message::text(text)).await?,
                    Some(Command::Frames(delivery)) => {
                        let delivery = self.unread.insert(delivery);
                        write(&mut socket, delivery).await?;
                    }
                    Some(Command::Drop) => return socket.flush().await,
                    None => return Ok(()),
                },
                _ = pings.tick() => socket.send(Message::Ping(HEARTBEAT.into())).await?,
                message = socket.next() => match message {
                    Some(Ok(Message::Pong(payload))) => self.confirm(&payload),
                    Some(Ok(Message::Text(text))) => {
                        let mut heard =
                            self.heard.lock().expect("nothing panics while it holds this lock");
                        heard.push(text.to_string());
                    }
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(error),
                    None => return Ok(()),
                },
            }
        }
    }

    fn confirm(&mut self, pong: &[u8]) {
        match pong {
            HEARTBEAT => _ = self.pongs.fetch_add(1, Ordering::Relaxed),
            RECEIPT => {
                if let Some(Delivery { delivered, .. }) = self.unread.take() {
                    // The receiver is gone only when the test has failed already.
                    let _ = delivered.send(());
                }
            }
            _ => {}
        }
    }
}

/// Writes the frames and a ping. Clients read in order, so the pong confirms the frames.
async fn write(socket: &mut Socket, delivery: &Delivery) -> Result<(), tungstenite::Error> {
    for frame in &delivery.frames {
        socket.feed(Message::text(frame.clone())).await?;
    }
    socket.send(Message::Ping(RECEIPT.into())).await
}

/// Two thousand consecutive trades: recorded ones where the recording is beside the checkout (or
/// where `VELOX_RECORDED_TRADES` says), otherwise generated ones in the same format.
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

/// Trades that rise by 0.3 % and fall again, with noise; the same on every call.
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
    use crate::stack::PATIENCE;
    use tokio_tungstenite::connect_async;

    #[tokio::test]
    async fn what_a_dying_client_was_sent_goes_to_the_next() {
        let (venue, trades) = (BinanceServer::start().await, &made_up_trades()[..2]);
        let (dying, _) = connect_async(venue.url()).await.unwrap();
        let (texts, mut read) = mpsc::unbounded_channel();
        let url = venue.url();
        let client = async move {
            drop(dying);
            let (mut next, _) = connect_async(url).await.unwrap();
            while let Some(Ok(message)) = next.next().await {
                if let Message::Text(text) = message {
                    texts.send(text.to_string()).unwrap();
                }
            }
        };
        let delivery = async {
            venue.send(trades).await;
            [read.recv().await, read.recv().await]
        };
        let received = tokio::select! {
            received = delivery => received,
            () = client => panic!("the venue hung up"),
            () = tokio::time::sleep(PATIENCE) => panic!("nothing came"),
        };
        assert_eq!(received, [Some(trades[0].frame()), Some(trades[1].frame())]);
    }

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
