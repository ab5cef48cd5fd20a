//! One connection, from its upgrade to its end.

use super::outbox::{self, Close, Ended};
use super::seats::Seat;
use crate::engine::turn::{Queue, Turn};
use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// The most requests of one connection that are under way. Beyond it nothing more is read until one
/// of them is answered.
const UNDER_WAY_MAX: usize = 32;

/// A protocol: what is done with the messages of a connection. Cheap to clone, which every message does.
pub trait Protocol: Clone + Send + 'static {
    /// Handles a message, whose requests to the engine wait for their turn.
    fn handle(self, text: Utf8Bytes, turn: Turn) -> impl Future<Output = Answer> + Send;

    /// Reports whether the client is no longer authenticated.
    fn is_over(&self) -> impl Future<Output = bool> + Send;
}

/// The answer to a message.
pub struct Answer {
    /// Its text.
    pub text: String,
    /// Whether the client is no longer authenticated.
    pub is_last: bool,
}

/// A connection.
pub struct Connection<P> {
    socket: WebSocket,
    protocol: P,
    seat: Seat,
}

impl<P: Protocol> Connection<P> {
    pub const fn new(protocol: P, socket: WebSocket, seat: Seat) -> Self {
        Self { socket, protocol, seat }
    }

    /// Serves the client until either side closes the connection.
    pub async fn serve(mut self) {
        let ended = self.converse().await;
        outbox::end(self.socket, ended).await;
        drop(self.seat);
    }

    /// Reads and answers messages. A request that was read is carried out, even if the connection
    /// ends before its answer.
    async fn converse(&mut self) -> Ended {
        let (mut queue, mut under_way) = (Queue::default(), FuturesUnordered::new());
        let patience = self.seat.ping_interval();
        let mut pings = interval_at(Instant::now() + patience, patience);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut was_heard = true;
        let mut ended = loop {
            let has_room = under_way.len() < UNDER_WAY_MAX;
            let step = tokio::select! {
                () = self.seat.closing() => Err(Ended::Closing(Close::GoingAway)),
                Some(answer) = under_way.next() => self.send(answer).await,
                message = self.socket.recv(), if has_room => {
                    was_heard = true;
                    hear(message).map(|text| under_way.extend(
                        text.map(|text| self.protocol.clone().handle(text, queue.join())),
                    ))
                }
                _ = pings.tick() => {
                    // A client whose messages are not read can't be heard.
                    if std::mem::replace(&mut was_heard, !has_room) {
                        self.ping().await
                    } else {
                        Err(Ended::Gone)
                    }
                }
            };
            if let Err(ended) = step {
                break ended;
            }
        };
        while let Some(answer) = under_way.next().await {
            if matches!(ended, Ended::Closing(_)) && self.send(answer).await == Err(Ended::Gone) {
                ended = Ended::Gone;
            }
        }
        ended
    }

    async fn send(&mut self, Answer { text, is_last }: Answer) -> Result<(), Ended> {
        let patience = self.seat.ping_interval();
        outbox::send(&mut self.socket, Message::Text(text.into()), patience).await?;
        if is_last { Err(Ended::Closing(Close::SessionEnded)) } else { Ok(()) }
    }

    /// Sends a ping, unless the client is no longer authenticated: an idle connection ends then, too.
    async fn ping(&mut self) -> Result<(), Ended> {
        if self.protocol.is_over().await {
            return Err(Ended::Closing(Close::SessionEnded));
        }
        let ping = Message::Ping(Vec::new().into());
        outbox::send(&mut self.socket, ping, self.seat.ping_interval()).await
    }
}

/// Returns the text of a message, or `None` if it has none.
fn hear(message: Option<Result<Message, axum::Error>>) -> Result<Option<Utf8Bytes>, Ended> {
    match message {
        Some(Ok(Message::Text(text))) => Ok(Some(text)),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
        Some(Ok(Message::Binary(_))) => Err(Ended::Closing(Close::Binary)),
        Some(Err(error)) => Err(Ended::by(error)),
        Some(Ok(Message::Close(_))) | None => Err(Ended::Gone),
    }
}
