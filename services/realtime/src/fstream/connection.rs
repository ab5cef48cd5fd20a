//! The session of one client.

use super::listener::{Heard, Listener, Outcome, Refused};
use super::names::Stream;
use super::paths::Opening;
use super::requests::{self, Invalid, Method, Request};
use super::subscriptions::Subscriptions;
use crate::members::Membership;
use crate::outbox;
use crate::protocol::Close;
use crate::server::Shared;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, close_code};
use connections::websocket;
use serde_json::{Value, json};
use session::is_listen_key;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};
use uuid::Uuid;

/// The number of requests per second; further ones wait.
const REQUESTS_PER_SECOND_MAX: u32 = 10;

/// The interval of pings.
const PING_INTERVAL: Duration = Duration::from_mins(3);

/// The time without a sign of the client after which it is dropped.
const SILENCE_MAX: Duration = Duration::from_mins(10);

/// The longest duration of a connection.
const DURATION_MAX: Duration = Duration::from_hours(24);

/// The number of texts that are sent at a time.
const TEXTS_MAX: usize = 256;

/// The end of a session.
enum Ended {
    /// The client is gone.
    Gone,
    /// The connection is to be closed with a code and a reason.
    Closing(u16, &'static str),
}

impl From<outbox::Ended> for Ended {
    fn from(ended: outbox::Ended) -> Self {
        match ended {
            outbox::Ended::Gone => Self::Gone,
            outbox::Ended::Closing(close) => Self::from(close),
        }
    }
}

impl From<Close> for Ended {
    fn from(close: Close) -> Self {
        let (code, reason) = match close {
            Close::TooLarge => (close_code::SIZE, "message too large: the maximum is 64 KiB"),
            close => close.code(),
        };
        Self::Closing(code, reason)
    }
}

impl From<Refused> for Ended {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::TryAgain => {
                Self::Closing(close_code::AGAIN, "the listen key can't be checked; try again")
            }
            Refused::TooMany => {
                Self::Closing(close_code::POLICY, "too many connections for this user")
            }
        }
    }
}

/// Serves a client until either side closes the connection.
pub async fn serve(socket: WebSocket, shared: &Shared, opening: Opening) {
    let member = match shared.members.join(None, &Uuid::new_v4().to_string()) {
        Ok(member) => member,
        Err(close) => return outbox::close(socket, close).await,
    };
    let mut client = Client {
        socket,
        member,
        is_combined: opening.is_combined,
        subscriptions: Subscriptions::new(&shared.hub),
        listener: Listener::new(shared),
        is_public: shared.config.ws_public,
        patience: shared.config.ping_interval(),
        pace: Pace::new(),
    };
    let ended = client.run(opening.names).await;
    let Client { socket, listener, subscriptions, .. } = client;
    drop(subscriptions);
    listener.leave().await;
    match ended {
        Ended::Gone => websocket::let_go(socket).await,
        Ended::Closing(code, reason) => {
            metrics::counter!("velox_ws_closed_total", "code" => code.to_string()).increment(1);
            websocket::close(socket, (code, reason)).await;
        }
    }
}

struct Client<'a> {
    socket: WebSocket,
    member: Membership,
    is_combined: bool,
    subscriptions: Subscriptions<'a>,
    listener: Listener<'a>,
    is_public: bool,
    /// The time in which the client must read what it is sent.
    patience: Duration,
    pace: Pace,
}

impl Client<'_> {
    async fn run(&mut self, names: Vec<String>) -> Ended {
        match self.subscribe(&names).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => {
                let reason = "too many streams, or public ones where there are none";
                return Ended::Closing(close_code::POLICY, reason);
            }
            Err(ended) => return ended,
        }
        let began = Instant::now();
        let mut last_sign = began;
        let mut pings = interval_at(began + PING_INTERVAL, PING_INTERVAL);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let step = tokio::select! {
                biased;
                close = outbox::wanted(&mut self.member.closing) => return close.into(),
                heard = self.listener.hear() => self.tell(heard).await,
                message = self.socket.recv(), if self.pace.has_room() => {
                    last_sign = Instant::now();
                    self.answer(message).await
                }
                () = sleep_until(self.pace.next), if !self.pace.has_room() => Ok(()),
                () = self.subscriptions.mailbox.arrived() => self.forward().await,
                _ = pings.tick() => {
                    if last_sign.elapsed() >= SILENCE_MAX {
                        return Ended::Gone;
                    }
                    self.send([Message::Ping(Vec::new().into())]).await
                }
                () = sleep_until(began + DURATION_MAX) => {
                    return Ended::Closing(close_code::NORMAL, "24 hours are over; connect again");
                }
            };
            if let Err(ended) = step {
                return ended;
            }
        }
    }

    async fn send(&mut self, messages: impl IntoIterator<Item = Message>) -> Result<(), Ended> {
        let closing = &mut self.member.closing;
        outbox::send(&mut self.socket, messages, closing, self.patience).await.map_err(Ended::from)
    }

    /// Sends the market events that have arrived.
    async fn forward(&mut self) -> Result<(), Ended> {
        let mut messages = Vec::new();
        for (stream, text) in self.subscriptions.mailbox.take() {
            for name in self.subscriptions.names_of(stream) {
                messages.push(Message::Text(if self.is_combined {
                    requests::combined(name, &text).into()
                } else {
                    text.clone()
                }));
            }
        }
        if messages.is_empty() {
            return Ok(());
        }
        self.send(messages).await
    }

    /// Sends what was heard of listen keys.
    async fn tell(&mut self, heard: Heard) -> Result<(), Ended> {
        let mut outcome = match heard {
            Heard::TooSlow => {
                let reason = "too slow: account events were lost; reconnect and fetch";
                return Err(Ended::Closing(close_code::POLICY, reason));
            }
            Heard::Due(number) => self.listener.due(number).await,
            Heard::News(news) => self.listener.take(news).await,
        };
        let mut messages = Vec::new();
        loop {
            match outcome {
                None => {}
                Some(Outcome::Texts(number, texts)) => {
                    let key = self.listener.key(number).unwrap_or_default().to_owned();
                    let texts = texts.iter().map(|text| self.wrapped(&key, text));
                    messages.extend(texts.collect::<Vec<_>>());
                }
                Some(Outcome::Ended(key, text)) => {
                    messages.push(self.wrapped(&key, &text));
                    self.send(messages).await?;
                    return Err(Ended::Closing(close_code::NORMAL, "the listen key has ended"));
                }
                Some(Outcome::Lost) => {
                    let reason = "account events were lost; reconnect and fetch";
                    return Err(Ended::Closing(close_code::POLICY, reason));
                }
            }
            if messages.len() >= TEXTS_MAX {
                break;
            }
            let Some(news) = self.listener.more() else { break };
            outcome = self.listener.take(news).await;
        }
        self.send(messages).await?;
        self.listener.set_sent();
        Ok(())
    }

    fn wrapped(&self, name: &str, text: &str) -> Message {
        Message::Text(if self.is_combined {
            requests::combined(name, text).into()
        } else {
            Utf8Bytes::from(text)
        })
    }

    async fn answer(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), Ended> {
        let text = match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
            Some(Ok(Message::Binary(_))) => return Err(Close::Binary.into()),
            Some(Err(error)) => return Err(outbox::Ended::by(error).into()),
            Some(Ok(Message::Close(_))) | None => return Err(Ended::Gone),
        };
        self.pace.count();
        let answer = match Request::parse(&text) {
            Ok(Request { id, method }) => match self.execute(method).await? {
                Ok(result) => requests::answer(&id, &result),
                Err(problem) => requests::error(&id, &problem),
            },
            Err(Invalid { id, problem }) => requests::error(&id, &problem),
        };
        self.send([Message::Text(answer.into())]).await
    }

    /// Executes a request, and returns its result or the problem with it.
    async fn execute(&mut self, method: Method) -> Result<Result<Value, String>, Ended> {
        let result = match method {
            Method::Subscribe(names) => {
                return Ok(self.subscribe(&names).await?.map(|()| Value::Null));
            }
            Method::Unsubscribe(names) => {
                for name in &names {
                    self.subscriptions.remove(name);
                    self.listener.remove(name).await;
                }
                Value::Null
            }
            Method::ListSubscriptions => json!(self.subscriptions.names()),
            Method::SetCombined(is_combined) => {
                self.is_combined = is_combined;
                Value::Null
            }
            Method::IsCombined => json!(self.is_combined),
        };
        Ok(Ok(result))
    }

    /// Subscribes to streams and listen keys. Where prices are not public, only a client with a
    /// listen key gets market streams.
    async fn subscribe(&mut self, names: &[String]) -> Result<Result<(), String>, Ended> {
        let names = match self.subscriptions.unknown(names) {
            Ok(names) => names,
            Err(problem) => return Ok(Err(problem)),
        };
        for key in names.iter().filter(|name| is_listen_key(name)) {
            self.listener.add(key).await?;
            self.subscriptions.add(key);
        }
        if !self.is_public
            && self.listener.is_empty()
            && names.iter().any(|name| Stream::parse(name).is_some())
        {
            return Ok(Err(
                "prices are not public here; subscribe to a listen key first".to_owned()
            ));
        }
        for name in names.iter().filter(|name| !is_listen_key(name)) {
            self.subscriptions.add(name);
        }
        Ok(Ok(()))
    }
}

/// Counts a client's requests per second.
struct Pace {
    count: u32,
    /// The end of the second.
    next: Instant,
}

impl Pace {
    fn new() -> Self {
        Self { count: 0, next: Instant::now() }
    }

    fn has_room(&self) -> bool {
        self.count < REQUESTS_PER_SECOND_MAX || Instant::now() >= self.next
    }

    fn count(&mut self) {
        if Instant::now() >= self.next {
            *self = Self { count: 0, next: Instant::now() + Duration::from_secs(1) };
        }
        self.count += 1;
    }
}
