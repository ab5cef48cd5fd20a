//! A test fixture: a server in this process, and its clients.

use clap::Parser as _;
use devstack::servers::RedisServer;
use futures_util::{SinkExt as _, StreamExt as _};
use messages::{
    FEED_STATUS, MarkPrice, MarketPrice, Trade, UserId, last_mark_key, last_price_key,
    mark_channel, market_channel, ticket_key,
};
use realtime::config::Config;
use serde_json::{Value, json};
use service::Health;
use session::{Method, Origin, Session, Sessions, Ticket, Tokens};
use std::time::Duration;
use streams::Redis;
use testkit::stack::{PATIENCE, eventually};
use testkit::symbols::{BTC, publish_shipped};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

const SECRET: &str = "a secret that is long enough for tests";

pub struct Desk {
    pub redis: RedisServer,
    pub streams: Redis,
    tokens: Tokens,
    pub sessions: Sessions,
    pub address: String,
    pub health: Health,
    shutdown: DropGuard,
}

pub struct Client {
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

pub fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

pub fn price(trade_id: u64, mid: &str, second: u64) -> MarketPrice {
    let (mid, qty) = (mid.parse().unwrap(), "0.5".parse().unwrap());
    let time_us = second * 1_000_000;
    let trade = Trade { symbol: BTC, trade_id, price: mid, qty, time_us };
    let (ask, timestamp_ms) = ("92092.5".parse().unwrap(), second * 1_000);
    MarketPrice { bid: mid, ask, timestamp_ms, trade, disputed: None, run: None }
}

pub async fn feed_says(streams: &Redis, feed: &str) {
    let status =
        json!({ "feed": feed, "connected": true, "timestamp": 1, "message": "simulated prices" });
    let ttl = Duration::from_hours(1);
    streams.set_expiring(FEED_STATUS, &status.to_string(), ttl).await.unwrap();
}

impl Desk {
    pub async fn open(settings: &[&str]) -> Self {
        let redis = RedisServer::private().unwrap();
        publish_shipped(&Redis::new(&redis.url()).unwrap()).await;
        Self::on(redis, settings).await
    }

    /// A server without a list of instruments.
    pub async fn unlisted() -> Self {
        Self::on(RedisServer::private().unwrap(), &[]).await
    }

    async fn on(redis: RedisServer, settings: &[&str]) -> Self {
        let streams = Redis::new(&redis.url()).unwrap();
        let arguments = ["realtime", "--jwt-secret", SECRET].iter().chain(settings);
        let config = Config::parse_from(arguments);
        let tokens = Tokens::new(&config.signing);
        let sessions = Sessions::new(streams.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("ws://{}", listener.local_addr().unwrap());
        feed_says(&streams, "sim").await;
        let (health, shutdown) = (Health::new(), CancellationToken::new());
        let server =
            realtime::run(config, streams.clone(), listener, health.clone(), shutdown.clone());
        tokio::spawn(server);
        let desk = Self {
            redis,
            streams,
            tokens,
            sessions,
            address,
            health,
            shutdown: shutdown.drop_guard(),
        };
        eventually("the server listens", async || desk.health.not_ready_reason().is_none()).await;
        desk
    }

    /// Stops the server as SIGTERM does.
    pub fn stop(self) {
        drop(self.shutdown);
    }

    /// Publishes as the price poller does.
    pub async fn publish(&self, price: &MarketPrice) {
        let (symbol, json) = (price.trade.symbol, price.to_json());
        let mut batch = self.streams.batch();
        batch.publish(&market_channel(symbol), &json);
        batch.set_expiring(&last_price_key(symbol), &json, Duration::from_hours(1));
        batch.send().await.unwrap();
    }

    /// Publishes a mark price as the price poller does.
    pub async fn publish_mark(&self, mark: &MarkPrice) {
        let json = mark.to_json();
        let mut batch = self.streams.batch();
        batch.publish(&mark_channel(mark.symbol), &json);
        batch.set_expiring(&last_mark_key(mark.symbol), &json, Duration::from_hours(1));
        batch.send().await.unwrap();
    }

    /// Another server on the same Redis.
    pub async fn restarted(self) -> Self {
        drop(self.shutdown);
        Self::on(self.redis, &[]).await
    }

    pub async fn connect(&self) -> Client {
        self.connect_with("/", &[]).await.unwrap()
    }

    pub async fn connect_with(
        &self,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Client, tungstenite::Error> {
        let mut request = format!("{}{path}", self.address).into_client_request().unwrap();
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).unwrap();
            request.headers_mut().insert(HeaderName::from_static(name), value);
        }
        connect_async(request).await.map(|(socket, _)| Client { socket })
    }

    /// A client that has sent hello.
    pub async fn visitor(&self, client_id: &str) -> Client {
        let mut client = self.connect().await;
        client.say(&json!({ "type": "hello", "clientId": client_id })).await;
        assert_eq!(client.expect("connection").await["status"], "public");
        client
    }

    /// An open session.
    pub async fn session(&self, user_id: UserId, ttl_s: u64) -> Session {
        let session = Session::begin(user_id, 0, ttl_s);
        let origin = Origin {
            method: Method::Password,
            created_at_ms: 1,
            address: "127.0.0.1".to_owned(),
            user_agent: "a test".to_owned(),
        };
        self.sessions.open(&session, origin).await.unwrap();
        session
    }

    pub fn token(&self, session: &Session) -> String {
        self.tokens.sign(session)
    }

    /// A client authenticated by a token.
    pub async fn trader(&self, user_id: UserId, client_id: &str) -> Client {
        let session = self.session(user_id, 60).await;
        self.trader_with(&session, client_id).await
    }

    /// A client authenticated by the token of this session.
    pub async fn trader_with(&self, session: &Session, client_id: &str) -> Client {
        self.authenticated(self.connect().await, session, client_id).await
    }

    /// A client authenticated by a ticket of this session for an account.
    pub async fn trader_for(&self, session: Session, account: UserId, client_id: &str) -> Client {
        let ticket = format!("{:064x}", Uuid::now_v7().as_u128());
        let content = Ticket { session, account_id: Some(account) };
        let (key, json) = (ticket_key(&ticket), serde_json::to_string(&content).unwrap());
        self.streams.set_expiring(&key, &json, Duration::from_secs(30)).await.unwrap();
        let mut client = self.connect().await;
        client.say(&json!({ "type": "auth", "clientId": client_id, "ticket": ticket })).await;
        let connection = client.expect("connection").await;
        let ids = json!([session.user_id, account]);
        assert_eq!(json!([connection["userId"], connection["accountId"]]), ids);
        client
    }

    /// Authenticates a connection with the token of this session.
    pub async fn authenticated(
        &self,
        mut client: Client,
        session: &Session,
        client_id: &str,
    ) -> Client {
        let token = self.token(session);
        client.say(&json!({ "type": "auth", "clientId": client_id, "token": token })).await;
        assert_eq!(client.expect("connection").await["status"], "authenticated");
        client
    }
}

impl Client {
    pub async fn say(&mut self, message: &Value) {
        self.socket.send(Message::text(message.to_string())).await.unwrap();
    }

    pub async fn message(&mut self) -> Option<Result<Message, tungstenite::Error>> {
        timeout(PATIENCE, self.socket.next()).await.expect("something is heard in time")
    }

    pub async fn text(&mut self) -> String {
        loop {
            match self.message().await {
                Some(Ok(Message::Text(text))) => return text.to_string(),
                Some(Ok(Message::Ping(_))) => {}
                other => panic!("a text, not {other:?}"),
            }
        }
    }

    /// The next text; none if the connection ends.
    pub async fn text_or_close(&mut self) -> Option<String> {
        loop {
            match self.message().await {
                Some(Ok(Message::Text(text))) => return Some(text.to_string()),
                Some(Ok(Message::Ping(_))) => {}
                _ => return None,
            }
        }
    }

    /// The next message of this type; others are skipped.
    pub async fn expect(&mut self, kind: &str) -> Value {
        loop {
            let message: Value = serde_json::from_str(&self.text().await).unwrap();
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// The code with which the server closes; messages before it are skipped.
    pub async fn close_code(&mut self) -> u16 {
        loop {
            match self.message().await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(Message::Text(_) | Message::Ping(_))) => {}
                other => panic!("a close frame, not {other:?}"),
            }
        }
    }
}
