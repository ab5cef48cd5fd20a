//! A model of Redis: streams, a lease, an epoch, and an append-only file that may lose its end.

use messages::{EntryId, Fields, REQUEST_STREAM};
use std::collections::BTreeMap;
use std::time::Duration;
use streams::{Entry, Refusal, StreamInfo};

/// The expiry of a lease, as in production.
const LEASE_TTL: Duration = Duration::from_millis(600);

/// A command that writes or publishes.
#[derive(Clone, Debug)]
pub enum Write {
    /// Appends an entry under this id, or under the server's next one.
    Append { stream: String, id: Option<EntryId>, fields: Fields },
    /// Removes all entries below an id.
    Trim { stream: String, oldest_kept: EntryId },
    /// Sets a key; not written to the file.
    Set { key: String, value: String },
    /// Publishes a message to the subscribers; not written to the file.
    Publish { channel: String, message: String },
}

/// A published message.
#[derive(Clone, Debug)]
pub struct Heard {
    pub channel: String,
    pub message: String,
}

#[derive(Clone, Default)]
struct Stream {
    entries: Vec<Entry>,
    last_id: EntryId,
    added: u64,
}

/// The append-only file.
pub enum File {
    /// The transactions in it.
    Kept(Vec<Record>),
    /// No file, for more than the memory holds: the server must not restart.
    Absent,
}

impl Default for File {
    fn default() -> Self {
        Self::Kept(Vec::new())
    }
}

impl File {
    fn records(&self) -> &[Record] {
        match self {
            Self::Kept(records) => records,
            Self::Absent => &[],
        }
    }
}

/// One transaction in the file.
#[derive(Clone)]
pub struct Record {
    at: Duration,
    what: Recorded,
}

#[derive(Clone)]
enum Recorded {
    Writes(Vec<Write>),
    Lease(Option<(String, Duration)>),
    Epoch(String),
}

/// The server. Its lock serializes commands, as Redis' single thread does.
#[derive(Default)]
pub struct Server {
    streams: BTreeMap<String, Stream>,
    lease: Option<(String, Duration)>,
    epoch: Option<String>,
    pub file: File,
    /// The number of restarts: a connection made before the last one is broken.
    pub start: u64,
    pub is_down: bool,
    pub refuses_writes: bool,
    pub stalled_until: Duration,
    pub status: Option<(String, Duration)>,
    pub heard: Vec<Heard>,
    pub keys: BTreeMap<String, String>,
    /// True if `request:stream` was once lost entirely.
    pub was_emptied: bool,
    /// The complete history of `request:stream` before each loss.
    pub forks: Vec<Vec<Entry>>,
}

impl Server {
    /// Executes one transaction. Skips and counts entries whose id is not above the stream's last.
    pub fn transact(&mut self, writes: Vec<Write>, at: Duration, now_ms: u64) -> u32 {
        let mut already_there = 0;
        let mut done = Vec::with_capacity(writes.len());
        for write in writes {
            match write {
                Write::Publish { channel, message } => self.heard.push(Heard { channel, message }),
                Write::Set { key, value } => drop(self.keys.insert(key, value)),
                Write::Append { stream, id, fields } => {
                    let last_id = self.streams.get(&stream).map_or(EntryId::MIN, |s| s.last_id);
                    let id = id.unwrap_or_else(|| next_id(last_id, now_ms));
                    if id > last_id {
                        done.push(Write::Append { stream, id: Some(id), fields });
                        self.carry_out(done.last().expect("it was pushed just now"));
                    } else {
                        already_there += 1;
                    }
                }
                Write::Trim { .. } => {
                    self.carry_out(&write);
                    done.push(write);
                }
            }
        }
        if !done.is_empty() {
            self.record(at, Recorded::Writes(done));
        }
        already_there
    }

    fn record(&mut self, at: Duration, what: Recorded) {
        if let File::Kept(records) = &mut self.file {
            records.push(Record { at, what });
        }
    }

    fn carry_out(&mut self, write: &Write) {
        match write {
            Write::Append { stream, id, fields } => {
                let stream = self.streams.entry(stream.clone()).or_default();
                let id = id.expect("it was given one");
                stream.entries.push(Entry { id, fields: fields.clone() });
                stream.last_id = id;
                stream.added += 1;
            }
            Write::Trim { stream, oldest_kept } => {
                if let Some(stream) = self.streams.get_mut(stream) {
                    stream.entries.retain(|entry| entry.id >= *oldest_kept);
                }
            }
            Write::Publish { .. } | Write::Set { .. } => {}
        }
    }

    /// Restarts the server after a power failure that lost all writes after `kept_until`.
    pub fn restart(&mut self, kept_until: Duration) {
        self.start += 1;
        let everything = self.request_history();
        if let File::Kept(records) = &mut self.file {
            records.retain(|record| record.at <= kept_until);
        }
        let left = self.request_history().len();
        if everything.len() > left {
            self.was_emptied |= left == 0;
            self.forks.push(everything);
        }
        (self.streams, self.lease, self.epoch) = (BTreeMap::new(), None, None);
        for record in self.file.records().to_vec() {
            match record.what {
                Recorded::Writes(writes) => writes.iter().for_each(|write| self.carry_out(write)),
                Recorded::Lease(lease) => self.lease = lease,
                Recorded::Epoch(epoch) => self.epoch = Some(epoch),
            }
        }
    }

    /// Returns every entry of `request:stream` in the file, trimmed or not.
    pub fn request_history(&self) -> Vec<Entry> {
        let writes = self.file.records().iter().filter_map(|record| match &record.what {
            Recorded::Writes(writes) => Some(writes),
            Recorded::Lease(_) | Recorded::Epoch(_) => None,
        });
        let appended = writes.flatten().filter_map(|write| match write {
            Write::Append { stream, id, fields } if stream == REQUEST_STREAM => {
                Some(Entry { id: id.expect("it was given one"), fields: fields.clone() })
            }
            _ => None,
        });
        appended.collect()
    }

    pub fn entries(&self, stream: &str) -> &[Entry] {
        self.streams.get(stream).map_or(&[], |stream| &stream.entries)
    }

    pub fn after(&self, stream: &str, after: EntryId, count: usize) -> &[Entry] {
        let entries = self.entries(stream);
        let start = entries.partition_point(|entry| entry.id <= after);
        &entries[start..entries.len().min(start.saturating_add(count))]
    }

    pub fn entry(&self, stream: &str, id: EntryId) -> Option<Entry> {
        let entries = self.entries(stream);
        let found = entries.binary_search_by_key(&id, |entry| entry.id).ok()?;
        Some(entries[found].clone())
    }

    /// The entries after an id.
    pub fn all_after(&self, stream: &str, after: EntryId) -> &[Entry] {
        self.after(stream, after, usize::MAX)
    }

    pub fn last_id(&self, stream: &str) -> EntryId {
        self.streams.get(stream).map_or(EntryId::MIN, |stream| stream.last_id)
    }

    pub fn info(&self, stream: &str) -> Option<StreamInfo> {
        self.streams.get(stream).map(|stream| StreamInfo {
            length: stream.entries.len() as u64,
            last_generated_id: stream.last_id,
            entries_added: stream.added,
            first_entry_id: stream.entries.first().map(|entry| entry.id),
            max_deleted_entry_id: EntryId::MIN,
        })
    }

    /// The holder of the lease.
    pub fn holder(&self, now: Duration) -> Option<&str> {
        self.lease.as_ref().filter(|(_, until)| *until > now).map(|(holder, _)| holder.as_str())
    }

    pub fn epoch(&self) -> Option<&str> {
        self.epoch.as_deref()
    }

    /// Takes the lease as the script of `streams::Lease` does.
    pub fn acquire(&mut self, holder: &str, floor: u64, now: Duration) -> Option<u64> {
        if self.holder(now).is_some_and(|other| other != holder) {
            return None;
        }
        let last = self.epoch.as_ref().and_then(|text| text.split(' ').next()?.parse().ok());
        let number = last.unwrap_or(0_u64).max(floor) + 1;
        let epoch = format!("{number} {holder}");
        self.epoch = Some(epoch.clone());
        self.record(now, Recorded::Epoch(epoch));
        self.set_lease(Some(holder), now);
        Some(number)
    }

    pub fn renew(&mut self, holder: &str, epoch: &str, now: Duration) -> bool {
        if self.epoch() != Some(epoch) || self.holder(now).is_some_and(|other| other != holder) {
            return false;
        }
        self.set_lease(Some(holder), now);
        true
    }

    pub fn release(&mut self, holder: &str, now: Duration) {
        if self.holder(now) == Some(holder) {
            self.set_lease(None, now);
        }
    }

    fn set_lease(&mut self, holder: Option<&str>, now: Duration) {
        self.lease = holder.map(|holder| (holder.to_owned(), now + LEASE_TTL));
        self.record(now, Recorded::Lease(self.lease.clone()));
    }
}

/// Returns the id of the clock's time, or the one after the last if the clock has gone back.
fn next_id(last: EntryId, now_ms: u64) -> EntryId {
    if now_ms > last.ms { EntryId::new(now_ms, 0) } else { EntryId::new(last.ms, last.seq + 1) }
}

/// The error of a full disk.
pub fn misconf() -> streams::Error {
    let message = "Errors writing to the AOF file: No space left on device".to_owned();
    streams::Error::Refused(Refusal { code: "MISCONF".to_owned(), message })
}
