//! Registry of connections: limits, replacement by client id, and delivery to an account's
//! connections.

use crate::metering;
use crate::protocol::Close;
use axum::extract::ws::Utf8Bytes;
use messages::UserId;
use session::{Ended, Session, Ticket};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::{mpsc, watch};

/// The maximum number of account messages waiting for a client: several times as many as closing
/// all positions of an account at once makes.
const PRIVATE_WAITING_MAX: usize = 1_024;

/// A client id together with its user, so that a client can replace only its own user's
/// connections.
type ClientKey = (Option<UserId>, String);

/// All connections of this server. Clones share them.
#[derive(Clone)]
pub struct Members {
    shared: Arc<Shared>,
}

struct Shared {
    limits: Limits,
    /// Held for looking up and inserting, never across an await.
    inner: Mutex<Inner>,
}

/// The maximum numbers of connections.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub total: usize,
    pub per_address: usize,
    pub per_user: usize,
}

#[derive(Default)]
struct Inner {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
    by_client: HashMap<ClientKey, Handle>,
    /// The connections of each person, for limits and the end of sessions.
    by_user: HashMap<UserId, Vec<Handle>>,
    /// The same connections by the accounts that they are for.
    by_account: HashMap<UserId, Vec<Handle>>,
    next_number: u64,
}

/// A handle to a connection.
#[derive(Clone)]
struct Handle {
    number: u64,
    ticket: Option<Ticket>,
    private: mpsc::Sender<Utf8Bytes>,
    closing: watch::Sender<Option<Close>>,
}

/// A connection counted against the limits until this is dropped.
pub struct Seat {
    members: Members,
    address: IpAddr,
}

/// The limit that is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// The server's limit.
    Server,
    /// The address's limit.
    Address,
}

/// The registration of a connection by its user and client id, until this is dropped.
pub struct Membership {
    members: Members,
    key: ClientKey,
    ticket: Option<Ticket>,
    number: u64,
    /// Texts for this account alone, in order.
    pub private: mpsc::Receiver<Utf8Bytes>,
    /// Set when the connection has to end.
    pub closing: watch::Receiver<Option<Close>>,
}

impl Members {
    pub fn new(limits: Limits) -> Self {
        Self { shared: Arc::new(Shared { limits, inner: Mutex::default() }) }
    }

    /// Takes a seat for a client that is not authenticated yet.
    pub fn seat(&self, address: IpAddr) -> Result<Seat, Full> {
        let limits = self.shared.limits;
        let mut inner = self.inner();
        if inner.total >= limits.total {
            return Err(Full::Server);
        }
        let at_address = inner.by_address.entry(address).or_default();
        if *at_address >= limits.per_address {
            return Err(Full::Address);
        }
        *at_address += 1;
        inner.total += 1;
        metering::connections(inner.total);
        Ok(Seat { members: self.clone(), address })
    }

    /// Registers a connection; an existing one with the same client id is closed.
    pub fn join(&self, ticket: Option<Ticket>, client_id: &str) -> Result<Membership, Close> {
        let user_id = ticket.map(|ticket| ticket.session.user_id);
        let key = (user_id, client_id.to_owned());
        let (private, private_receiver) = mpsc::channel(PRIVATE_WAITING_MAX);
        let (closing, closing_receiver) = watch::channel(None);
        let mut inner = self.inner();
        inner.next_number += 1;
        let number = inner.next_number;
        let handle = Handle { number, ticket, private, closing };
        if let Some(replaced) = inner.by_client.remove(&key) {
            inner.leave(replaced.ticket, replaced.number);
            replaced.closing.send_replace(Some(Close::Replaced));
        }
        if let Some(user_id) = user_id {
            let connections = inner.by_user.entry(user_id).or_default();
            if connections.len() >= self.shared.limits.per_user {
                return Err(Close::TooManyConnections);
            }
            connections.push(handle.clone());
        }
        if let Some(ticket) = ticket {
            inner.by_account.entry(ticket.account()).or_default().push(handle.clone());
        }
        inner.by_client.insert(key.clone(), handle);
        drop(inner);
        let (private, closing) = (private_receiver, closing_receiver);
        Ok(Membership { members: self.clone(), key, ticket, number, private, closing })
    }

    /// Returns whether a connection to this server is for the account.
    pub fn has(&self, account: UserId) -> bool {
        self.inner().by_account.contains_key(&account)
    }

    /// Queues texts for all connections of an account. A connection whose queue is full is closed,
    /// because it would miss a message.
    pub fn deliver(&self, account: UserId, texts: &[String]) {
        let connections = self.inner().by_account.get(&account).cloned().unwrap_or_default();
        for text in texts.iter().map(Utf8Bytes::from) {
            metering::private(connections.len());
            for connection in &connections {
                if connection.private.try_send(text.clone()).is_err() {
                    connection.closing.send_replace(Some(Close::TooSlow));
                }
            }
        }
    }

    /// The sessions of all authenticated connections.
    pub fn sessions(&self) -> Vec<Session> {
        let inner = self.inner();
        let tickets = inner.by_user.values().flatten().filter_map(|handle| handle.ticket);
        tickets.map(|ticket| ticket.session).collect()
    }

    /// Closes the connections of sessions that have ended, whatever accounts they are for.
    pub fn end(&self, ended: &Ended) {
        let is_over =
            |Ticket { session, .. }: Ticket| ended.session_id.is_none_or(|id| id == session.id);
        for handle in self.inner().by_user.get(&ended.user_id).into_iter().flatten() {
            if handle.ticket.is_some_and(is_over) {
                handle.closing.send_replace(Some(Close::SessionEnded));
            }
        }
    }

    /// Closes every connection.
    pub fn close_all(&self, close: Close) {
        for handle in self.inner().by_client.values() {
            handle.closing.send_replace(Some(close));
        }
    }

    /// The number of connections, authenticated or not.
    pub fn len(&self) -> usize {
        self.inner().total
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.shared.inner.lock().expect("nothing panics while it holds this lock")
    }
}

impl Inner {
    /// Removes a connection from those of its person and of its account.
    fn leave(&mut self, ticket: Option<Ticket>, number: u64) {
        let Some(ticket) = ticket else { return };
        remove(&mut self.by_user, ticket.session.user_id, number);
        remove(&mut self.by_account, ticket.account(), number);
    }
}

fn remove(connections: &mut HashMap<UserId, Vec<Handle>>, id: UserId, number: u64) {
    if let Some(of_one) = connections.get_mut(&id) {
        of_one.retain(|handle| handle.number != number);
        if of_one.is_empty() {
            connections.remove(&id);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut inner = self.members.inner();
        inner.total -= 1;
        metering::connections(inner.total);
        if let Some(at_address) = inner.by_address.get_mut(&self.address) {
            *at_address -= 1;
            if *at_address == 0 {
                inner.by_address.remove(&self.address);
            }
        }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        let mut inner = self.members.inner();
        inner.leave(self.ticket, self.number);
        // The entry may belong to the connection that replaced this one.
        if inner.by_client.get(&self.key).is_some_and(|handle| handle.number == self.number) {
            inner.by_client.remove(&self.key);
        }
    }
}
