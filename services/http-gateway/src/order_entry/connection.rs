//! One connection, from its upgrade to its end.

use super::message::{Received, answer};
use super::operation::carry_out;
use super::outbox::{self, Close, Ended};
use super::seats::Seat;
use crate::access::admission;
use crate::access::caller::{Arrival, Stranger, Trader};
use crate::engine::turn::{Queue, Turn};
use crate::error::ApiError;
use crate::request_id;
use crate::state::AppState;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// The most requests of one connection that are under way. Beyond it nothing more is read until one
/// of them is answered.
const UNDER_WAY_MAX: usize = 32;

/// A connection.
pub struct Connection {
    socket: WebSocket,
    client: Client,
    seat: Seat,
}

/// The client of a connection. Cheap to clone, which every message does.
#[derive(Clone)]
struct Client {
    app: AppState,
    arrival: Arrival,
}

/// The answer to a message.
struct Answer {
    text: String,
    /// Whether the client is no longer authenticated.
    is_last: bool,
}

impl Connection {
    pub const fn new(app: AppState, arrival: Arrival, socket: WebSocket, seat: Seat) -> Self {
        Self { socket, client: Client { app, arrival }, seat }
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
                        text.map(|text| handle(self.client.clone(), text, queue.join())),
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
        let Client { app, arrival } = &self.client;
        let checked = app.access.check(&arrival.claim, &app.pool).await;
        if matches!(checked, Err(Stranger::Unauthenticated | Stranger::Expired)) {
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

/// Handles a message when its turn has come. One that is no request counts against the limits, too.
async fn handle(client: Client, text: Utf8Bytes, turn: Turn) -> Answer {
    let received = Received::read(&text);
    let (method, request_id) = (received.method(), received.request_id);
    let Client { app, arrival } = &client;
    let handling = async {
        let Received { id, request, .. } = received;
        let outcome = turn.take(async {
            let Trader(account) = admission::admit_message(app, arrival).await?;
            carry_out(app, &account, request?).await
        });
        let outcome = outcome.await;
        let is_last = matches!(outcome, Err(ApiError::Unauthenticated | ApiError::TokenExpired));
        let (status, text) = answer(id, request_id, outcome);
        (status, Answer { text, is_last })
    };
    Box::pin(request_id::assign_to_message(request_id, method, handling)).await
}
