//! The API over a WebSocket: messages whose methods are operations of this API.
//!
//! Each message has its own key and signature, unless the connection has logged on with a key that
//! signs with Ed25519. The signature is of the parameters in alphabetical order.

use super::admission::{Shown, perform};
use super::call::{Answer as Done, Call};
use super::error::Error;
use super::limits::Counts;
use super::operations::Operation;
use super::params::Params;
use super::routing::BY_PATH;
use super::session::{self, Session};
use super::signature::Signed;
use crate::access::key_pair;
use crate::clock::unix_ms;
use crate::engine::turn::Turn;
use crate::request_id;
use crate::sockets::{self, Answer, Holder, Protocol};
use crate::state::AppState;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Utf8Bytes, WebSocketUpgrade};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use messages::RequestId;
use proxies::limited_address;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::time::timeout;
use uuid::Uuid;

/// The weight of opening a connection.
const OPENING_WEIGHT: u32 = 5;

/// The methods, and the operations that they stand for.
static METHODS: [(&str, Method, &str); 18] = [
    ("order.place", Method::POST, "/fapi/v1/order"),
    ("order.modify", Method::PUT, "/fapi/v1/order"),
    ("order.cancel", Method::DELETE, "/fapi/v1/order"),
    ("order.status", Method::GET, "/fapi/v1/order"),
    ("algoOrder.place", Method::POST, "/fapi/v1/algoOrder"),
    ("algoOrder.cancel", Method::DELETE, "/fapi/v1/algoOrder"),
    ("account.status", Method::GET, "/fapi/v2/account"),
    ("v2/account.status", Method::GET, "/fapi/v3/account"),
    ("account.balance", Method::GET, "/fapi/v2/balance"),
    ("v2/account.balance", Method::GET, "/fapi/v3/balance"),
    ("account.position", Method::GET, "/fapi/v2/positionRisk"),
    ("v2/account.position", Method::GET, "/fapi/v3/positionRisk"),
    ("userDataStream.start", Method::POST, "/fapi/v1/listenKey"),
    ("userDataStream.ping", Method::PUT, "/fapi/v1/listenKey"),
    ("userDataStream.stop", Method::DELETE, "/fapi/v1/listenKey"),
    ("depth", Method::GET, "/fapi/v1/depth"),
    ("ticker.price", Method::GET, "/fapi/v2/ticker/price"),
    ("ticker.book", Method::GET, "/fapi/v1/ticker/bookTicker"),
];

/// The operation that a message asks for.
#[derive(Clone, Copy)]
enum Asked {
    Operation(&'static Operation),
    Session(session::Method),
}

/// Returns the method with this name, and its name as it may be recorded.
fn find(method: &str) -> Option<(&'static str, Asked)> {
    let of_session = session::Method::ALL.into_iter().find(|(name, _)| *name == method);
    if let Some((name, method)) = of_session {
        return Some((name, Asked::Session(method)));
    }
    let (name, method, path) = METHODS.iter().find(|(name, ..)| *name == method)?;
    BY_PATH.get(&(*path, method)).map(|operation| (*name, Asked::Operation(operation)))
}

/// Opens a connection.
pub async fn open(
    State(app): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    method: Method,
    headers: HeaderMap,
    uri: Uri,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Error> {
    let upgrade = upgrade.map_err(|_| Error::no_such_route(method.as_str(), uri.path()))?;
    let address = app.proxies.client_address(peer.ip(), &headers);
    app.fapi_limits.charge_weight(&mut Counts::default(), address, OPENING_WEIGHT).await?;
    let seat = app.sockets.take(Holder::Address(limited_address(address)));
    let seat = seat.map_err(|_| Error::TOO_MANY_CONNECTIONS)?;
    let session = Arc::new(Session::new());
    Ok(sockets::serve(upgrade, seat, Client { app, address, session }))
}

/// The client of a connection.
#[derive(Clone)]
struct Client {
    app: AppState,
    address: IpAddr,
    session: Arc<Session>,
}

/// A message as clients send it.
struct Message {
    method: String,
    params: BTreeMap<String, Box<RawValue>>,
}

impl Message {
    /// Reads a message, and the id of its answer, which may be there without a message. Ids are
    /// texts or numbers that are whole.
    fn read(text: &str) -> (Value, Option<Self>) {
        let Ok(fields) = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(text) else {
            return (Value::Null, None);
        };
        let field = |name: &str| fields.get(name).map(|json| json.get());
        let id: Option<Value> = field("id").and_then(|json| serde_json::from_str(json).ok());
        let id = id.filter(|id| id.is_string() || id.is_i64() || id.is_u64()).unwrap_or_default();
        let method = field("method").and_then(|json| serde_json::from_str(json).ok());
        let params: Option<Option<_>> =
            field("params").map_or(Some(None), |json| serde_json::from_str(json).ok());
        let message = method.zip(params);
        let message =
            message.map(|(method, params)| Self { method, params: params.unwrap_or_default() });
        (id, message)
    }
}

/// The answer to a message.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    id: Value,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
    rate_limits: Vec<Value>,
}

impl Protocol for Client {
    async fn handle(self, text: Utf8Bytes, turn: Turn) -> Answer {
        let (id, message) = Message::read(&text);
        let found = message.as_ref().and_then(|message| find(&message.method));
        let (method, asked) = found.map_or(("none", None), |(name, asked)| (name, Some(asked)));
        let request_id = RequestId(Uuid::now_v7());
        let handling = async {
            let mut counts = Counts::default();
            let answering = turn.take(self.answer(message, asked, &mut counts));
            let outcome = timeout(self.app.request_timeout, answering).await;
            let outcome = outcome.unwrap_or(Err(Error::TIMEOUT));
            let status = outcome.as_ref().map_or_else(Error::status, |_| StatusCode::OK);
            let text = body(id, &outcome, counts.shown(&self.app.fapi_limits));
            (status, Answer { text, is_last: false })
        };
        Box::pin(request_id::assign_to_message(request_id, method, handling)).await
    }

    /// A connection belongs to nobody: each message may show another key.
    async fn is_over(&self) -> bool {
        false
    }
}

impl Client {
    async fn answer(
        &self,
        message: Option<Message>,
        asked: Option<Asked>,
        counts: &mut Counts,
    ) -> Result<Done, Error> {
        let Self { app, address, session } = self;
        let address = *address;
        let Some(asked) = asked else {
            app.fapi_limits.charge_weight(counts, address, 1).await?;
            return Err(match message {
                None => Error::NO_REQUEST,
                Some(Message { method, .. }) => Error::no_such_method(&method),
            });
        };
        let params = message.map(|message| Params::of_object(message.params)).unwrap_or_default();
        let call = Call { app: app.clone(), params, now_ms: unix_ms() };
        let (named, signed) = (call.params.get("apiKey"), Signed::Sorted);
        match asked {
            Asked::Session(method) => {
                let shown = Shown { address, key: named, signed, logged_on: None };
                session.perform(method, &call, &shown, counts).await
            }
            Asked::Operation(operation) => {
                let logged_on = session.key();
                let own = logged_on.map(key_pair::public_key);
                let shown = Shown { address, key: named.or(own.as_deref()), signed, logged_on };
                perform(&call, operation, &shown, counts).await
            }
        }
    }
}

/// Encodes an answer.
fn body(id: Value, outcome: &Result<Done, Error>, rate_limits: Vec<Value>) -> String {
    let (status, result, error) = match outcome {
        Ok(done) => (StatusCode::OK, Some(done), None),
        Err(error) => (error.status(), None, Some(error.body())),
    };
    let result: Option<&RawValue> =
        result.map(|done| serde_json::from_str(done.json()).expect("an answer is JSON"));
    let body = Body { id, status: status.as_u16(), result, error, rate_limits };
    serde_json::to_string(&body).expect("answers have string keys and no failing parts")
}
