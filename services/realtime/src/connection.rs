//! The session of one client, from its first message to the close.

use crate::board::{Topic, Topics};
use crate::identity::Credential;
use crate::members::Membership;
use crate::outbox::{self, Ended};
use crate::protocol::{self, ClientMessage, Close, channel, channel_name, check_client_id};
use crate::server::Shared;
use crate::tape::TapeReader;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use connections::websocket;
use markets::Markets;
use messages::Timeframe;
use session::Ticket;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};
use uuid::Uuid;

/// The maximum number of messages per second; no client has a reason to send more.
const MESSAGES_PER_SECOND_MAX: u32 = 50;

/// The maximum duration of an authenticated connection: a year, whatever its session says.
const SESSION_LEN_MAX_S: u64 = 365 * 24 * 60 * 60;

/// A socket, with the state that all connections share.
pub struct Client<'a> {
    pub socket: WebSocket,
    pub shared: &'a Shared,
}

/// The credential and client id that a client has sent in its request.
pub struct Opening {
    pub credential: Option<Credential>,
    pub client_id: Option<String>,
}

/// A client after its first message.
struct Introduced {
    client_id: String,
    /// The session and its account, if the client is authenticated.
    ticket: Option<Ticket>,
}

/// Serves a client until either side closes the connection.
pub async fn serve(mut client: Client<'_>, opening: Opening) {
    match client.run(opening).await {
        Ended::Closing(close) => outbox::close(client.socket, close).await,
        Ended::Gone => websocket::let_go(client.socket).await,
    }
}

impl Client<'_> {
    async fn run(&mut self, opening: Opening) -> Ended {
        let introduced = match self.introduce(opening).await {
            Ok(introduced) => introduced,
            Err(ended) => return ended,
        };
        let Introduced { client_id, ticket } = &introduced;
        let mut membership = match self.shared.members.join(*ticket, client_id) {
            Ok(membership) => membership,
            Err(close) => return Ended::Closing(close),
        };
        // Checked after joining: an earlier end of the session was not announced to this
        // connection.
        if let Some(ticket) = ticket
            && let Err(close) = self.shared.identity.check_open(&ticket.session).await
        {
            return Ended::Closing(close);
        }
        self.converse(&introduced, &mut membership).await
    }

    async fn introduce(&mut self, opening: Opening) -> Result<Introduced, Ended> {
        let failed = Ended::Closing(Close::AuthFailed);
        let Opening { mut credential, mut client_id } = opening;
        if client_id.as_deref().is_some_and(|id| check_client_id(id).is_err()) {
            return Err(failed);
        }
        if credential.is_none() {
            let patience = self.shared.config.auth_timeout();
            let message = timeout(patience, self.first_message()).await;
            match message.unwrap_or(Err(Ended::Closing(Close::AuthTimeout)))? {
                ClientMessage::Hello { client_id: id } if self.shared.config.ws_public => {
                    client_id = id.or(client_id);
                }
                ClientMessage::Auth { client_id: id, ticket, token } => {
                    client_id = id.or(client_id);
                    credential = ticket.map(Credential::Ticket).or(token.map(Credential::Token));
                    if credential.is_none() {
                        return Err(failed);
                    }
                }
                _ => return Err(failed),
            }
        }
        let ticket = match &credential {
            None => None,
            Some(credential) => {
                let checked = self.shared.identity.check(credential).await;
                Some(checked.map_err(Ended::Closing)?)
            }
        };
        let client_id = client_id.unwrap_or_else(|| Uuid::new_v4().to_string());
        Ok(Introduced { client_id, ticket })
    }

    async fn first_message(&mut self) -> Result<ClientMessage, Ended> {
        loop {
            match self.socket.recv().await {
                Some(Ok(Message::Text(text))) => {
                    let parsed = ClientMessage::parse(&text);
                    return parsed.map_err(|_| Ended::Closing(Close::AuthFailed));
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Binary(_))) => return Err(Ended::Closing(Close::Binary)),
                Some(Err(error)) => return Err(Ended::by(error)),
                Some(Ok(Message::Close(_))) | None => return Err(Ended::Gone),
            }
        }
    }

    async fn converse(&mut self, who: &Introduced, membership: &mut Membership) -> Ended {
        let shared = self.shared;
        let seconds_left = who.ticket.map_or(u64::MAX, |ticket| ticket.session.seconds_left());
        let session_over =
            Instant::now() + Duration::from_secs(seconds_left.min(SESSION_LEN_MAX_S));
        let patience = shared.config.ping_interval();
        let mut interests = Interests::default();
        let markets = shared.markets.now();
        let mut reader = shared.board.reader();
        // The texts read here are older than those that the reader will find new.
        let mut texts = vec![
            protocol::connection(&who.client_id, who.ticket, shared.status.feed(), &markets).into(),
        ];
        texts.extend(reader.read(&shared.board, interests.topics(&markets)));
        if let Err(ended) = self.send(texts, membership, patience).await {
            return ended;
        }
        let mut pings = interval_at(Instant::now() + patience, patience);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut was_heard = true;
        let mut flood = Flood::new();
        loop {
            let step = tokio::select! {
                biased;
                close = outbox::wanted(&mut membership.closing) => return Ended::Closing(close),
                Some(text) = membership.private.recv() => {
                    let mut texts = vec![text];
                    while let Ok(text) = membership.private.try_recv() {
                        texts.push(text);
                    }
                    self.send(texts, membership, patience).await
                }
                message = self.socket.recv() => {
                    was_heard = true;
                    match self.hear(message, &mut interests, &mut flood) {
                        Ok(texts) => self.send(texts, membership, patience).await,
                        Err(ended) => Err(ended),
                    }
                }
                () = sleep_until(session_over), if who.ticket.is_some() => {
                    return Ended::Closing(Close::SessionEnded);
                }
                _ = pings.tick() => {
                    if !std::mem::take(&mut was_heard) {
                        return Ended::Gone;
                    }
                    let ping = [Message::Ping(Vec::new().into())];
                    outbox::send(&mut self.socket, ping, &mut membership.closing, patience).await
                }
                () = reader.changed() => {
                    let topics = interests.topics(&shared.markets.now());
                    let mut texts = reader.read(&shared.board, topics);
                    texts.extend(shared.tapes.read(&mut interests.tapes));
                    self.send(texts, membership, patience).await
                }
            };
            if let Err(ended) = step {
                return ended;
            }
        }
    }

    async fn send(
        &mut self,
        texts: Vec<Utf8Bytes>,
        membership: &mut Membership,
        patience: Duration,
    ) -> Result<(), Ended> {
        if texts.is_empty() {
            return Ok(());
        }
        let messages = texts.into_iter().map(Message::Text);
        outbox::send(&mut self.socket, messages, &mut membership.closing, patience).await
    }

    /// Handles a message, and returns the responses.
    fn hear(
        &self,
        message: Option<Result<Message, axum::Error>>,
        interests: &mut Interests,
        flood: &mut Flood,
    ) -> Result<Vec<Utf8Bytes>, Ended> {
        if !flood.has_room() {
            return Err(Ended::Closing(Close::Flood));
        }
        let text = match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(Vec::new()),
            Some(Ok(Message::Binary(_))) => return Err(Ended::Closing(Close::Binary)),
            Some(Err(error)) => return Err(Ended::by(error)),
            Some(Ok(Message::Close(_))) | None => return Err(Ended::Gone),
        };
        let markets = self.shared.markets.now();
        let wrong = |problem: &str| Ok(vec![protocol::error(problem).into()]);
        match ClientMessage::parse(&text) {
            Err(problem) => wrong(&problem),
            Ok(ClientMessage::Ping) => Ok(vec![protocol::pong().into()]),
            Ok(ClientMessage::Hello { .. } | ClientMessage::Auth { .. }) => {
                wrong("hello or auth was already sent on this connection; open another one")
            }
            Ok(ClientMessage::Subscribe { channels }) => match named(&channels, &markets) {
                Err(problem) => wrong(&problem),
                Ok(topics) => {
                    let mut texts = vec![interests.subscribe(&topics, &markets)];
                    texts.extend(self.shared.board.current(&topics.into_iter().collect()));
                    texts.extend(self.shared.tapes.read(&mut interests.tapes));
                    Ok(texts)
                }
            },
            Ok(ClientMessage::Unsubscribe { channels }) => match named(&channels, &markets) {
                Err(problem) => wrong(&problem),
                Ok(topics) => Ok(vec![interests.unsubscribe(&topics, &markets)]),
            },
        }
    }
}

fn named(channels: &[String], markets: &Markets) -> Result<Vec<Topic>, String> {
    channels
        .iter()
        .map(|name| channel(name, markets).map_err(|problem| format!("{name:?}: {problem}")))
        .collect()
}

/// The topics that a client is subscribed to.
#[derive(Default)]
struct Interests {
    topics: Topics,
    /// The trades among them.
    tapes: TapeReader,
    /// The number of markets that `topics` takes into account.
    known_markets: usize,
    /// Until a client names prices, it gets all of them.
    has_chosen_prices: bool,
}

impl Interests {
    /// Returns the topics, with the prices of new markets if the client gets all of them.
    fn topics(&mut self, markets: &Markets) -> &Topics {
        self.topics.insert(Topic::Status);
        let new = self.known_markets..markets.all().len();
        self.known_markets = new.end;
        if !self.has_chosen_prices {
            new.for_each(|market| self.topics.insert(Topic::Price(market)));
        }
        &self.topics
    }

    fn subscribe(&mut self, topics: &[Topic], markets: &Markets) -> Utf8Bytes {
        let names_price = topics.iter().any(|topic| matches!(topic, Topic::Price(_)));
        if names_price && !std::mem::replace(&mut self.has_chosen_prices, true) {
            for market in 0..self.known_markets {
                self.topics.remove(Topic::Price(market));
            }
        }
        for topic in topics {
            self.topics.insert(*topic);
            if let Topic::Trades(market) = topic {
                self.tapes.follow(*market);
            }
        }
        self.report(markets)
    }

    fn unsubscribe(&mut self, topics: &[Topic], markets: &Markets) -> Utf8Bytes {
        self.has_chosen_prices |= topics.iter().any(|topic| matches!(topic, Topic::Price(_)));
        for topic in topics {
            self.topics.remove(*topic);
            if let Topic::Trades(market) = topic {
                self.tapes.leave(*market);
            }
        }
        self.report(markets)
    }

    fn report(&mut self, markets: &Markets) -> Utf8Bytes {
        let count = markets.all().len();
        let topics = self.topics(markets);
        let prices = (0..count).map(Topic::Price).chain((0..count).map(Topic::Mark));
        let trades = (0..count).map(Topic::Trades);
        let candles = (0..count).flat_map(|market| {
            Timeframe::ALL.into_iter().map(move |timeframe| Topic::Candle(market, timeframe))
        });
        let wanted = prices.chain(trades).chain(candles).filter(|topic| topics.contains(*topic));
        let names = wanted.filter_map(|topic| channel_name(topic, markets));
        protocol::subscribed(&names.collect::<Vec<_>>()).into()
    }
}

/// Counts a client's messages per second.
struct Flood {
    since: Instant,
    count: u32,
}

impl Flood {
    fn new() -> Self {
        Self { since: Instant::now(), count: 0 }
    }

    fn has_room(&mut self) -> bool {
        if self.since.elapsed() >= Duration::from_secs(1) {
            *self = Self::new();
        }
        self.count += 1;
        self.count <= MESSAGES_PER_SECOND_MAX
    }
}
