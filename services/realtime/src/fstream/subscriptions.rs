//! The subscriptions of one client.

use super::hub::{Hub, Mailbox};
use super::names::Stream;
use super::requests::STREAMS_MAX;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The names that a client has subscribed to, in order, and the streams that they mean. Names that
/// mean no stream are kept as well: clients use them to tell their connections apart.
pub struct Subscriptions<'a> {
    hub: &'a Hub,
    pub mailbox: Arc<Mailbox>,
    /// The names, each with its place in the order of subscription.
    names: HashMap<String, u64>,
    next_place: u64,
    /// The names under which the client asked for each stream.
    by_stream: HashMap<Stream, Vec<String>>,
}

impl<'a> Subscriptions<'a> {
    pub fn new(hub: &'a Hub) -> Self {
        let (mailbox, names, by_stream) = (Arc::default(), HashMap::new(), HashMap::new());
        Self { hub, mailbox, names, next_place: 0, by_stream }
    }

    /// Returns the names that a client is not yet subscribed to, each once.
    ///
    /// # Errors
    /// When they would be too many.
    pub fn unknown(&self, names: &[String]) -> Result<Vec<String>, String> {
        let (mut new, mut seen) = (Vec::new(), HashSet::new());
        for name in names {
            if !self.names.contains_key(name) && seen.insert(name) {
                if self.names.len() + new.len() == STREAMS_MAX {
                    return Err(format!(
                        "a connection may have at most {STREAMS_MAX} streams; open another one"
                    ));
                }
                new.push(name.clone());
            }
        }
        Ok(new)
    }

    /// Adds a name that is unknown.
    pub fn add(&mut self, name: &str) {
        self.next_place += 1;
        self.names.insert(name.to_owned(), self.next_place);
        if let Some(stream) = Stream::parse(name) {
            self.by_stream.entry(stream).or_default().push(name.to_owned());
            self.hub.subscribe(stream, &self.mailbox);
        }
    }

    /// Removes a name; has no effect on an unknown one.
    pub fn remove(&mut self, name: &str) {
        self.names.remove(name);
        let Some(stream) = Stream::parse(name) else { return };
        let Some(names) = self.by_stream.get_mut(&stream) else { return };
        names.retain(|known| known != name);
        if names.is_empty() {
            self.by_stream.remove(&stream);
            self.hub.unsubscribe(stream, &self.mailbox);
        }
    }

    /// The names, in the order in which the client subscribed to them.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.names.iter().collect();
        names.sort_by_key(|(_, place)| **place);
        names.into_iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The names under which the client asked for a stream.
    pub fn names_of(&self, stream: Stream) -> &[String] {
        self.by_stream.get(&stream).map_or(&[], Vec::as_slice)
    }
}

impl Drop for Subscriptions<'_> {
    fn drop(&mut self) {
        for stream in self.by_stream.keys() {
            self.hub.unsubscribe(*stream, &self.mailbox);
        }
    }
}
