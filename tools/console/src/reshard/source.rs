//! The shards of a backup at its end: their states, and the events that the database may not have.

use super::dumped;
use crate::archive::{Manifest, ShardCopy, StreamCopy, read_pages};
use crate::history::{self, Origin, Replay, state_hash};
use anyhow::{Context as _, Result, bail, ensure};
use exchange::Exchange;
use messages::{
    EntryId, Event, REQUEST_STREAM, RESPONSE_STREAM, SHARDS_MAX, Shard, Shards, StreamMessage as _,
    UserId, dead_letter_stream,
};
use std::path::Path;
use streams::Entry;

/// The shards to be divided.
pub struct Source {
    /// The states of the shards, in the order of their numbers.
    pub states: Vec<Exchange>,
    /// The events that workers may not have handled, by id, each with its account.
    pub events: Vec<(UserId, Entry)>,
    /// The entry with which the new shards begin: after everything.
    pub end: EntryId,
}

/// The files of a backup.
struct Files<'a> {
    manifest: &'a Manifest,
    dir: &'a Path,
}

/// The shards of a backup.
pub fn shards(manifest: &Manifest) -> Result<Shards> {
    let count = u16::try_from(manifest.shards.len()).unwrap_or(u16::MAX);
    ensure!((1..=SHARDS_MAX).contains(&count), "the backup is that of {count} shards");
    let tagged = Shards::new(count, true);
    let name = tagged.first().key(REQUEST_STREAM);
    let on_cluster = manifest.streams.iter().any(|stream| stream.name == name);
    Ok(Shards::new(count, on_cluster))
}

impl Source {
    pub fn read(manifest: &Manifest, dir: &Path, pg_restore: &Path) -> Result<Self> {
        let (shards, files) = (shards(manifest)?, Files { manifest, dir });
        for shard in shards.all() {
            files.check_dead_letters(shard)?;
        }
        let ids: Vec<i64> = manifest.shards.iter().filter_map(|copied| copied.snapshot).collect();
        let mut rows = dumped::read(dir, &ids, pg_restore)?;
        let mut source = Self { states: Vec::new(), events: Vec::new(), end: EntryId::MIN };
        for shard in shards.all() {
            let copied = manifest.shards.iter().find(|copied| copied.shard == shard.number());
            let copied = copied.with_context(|| format!("the backup has no {shard}"))?;
            let begin = match copied.snapshot {
                Some(id) => {
                    let row = rows.remove(&id);
                    let row = row.with_context(|| format!("the dump has no snapshot {id}"))?;
                    let exchange = history::read_state(&row.last_id, &row.data, &row.state);
                    exchange.with_context(|| format!("snapshot {id}"))?
                }
                None => Exchange::default(),
            };
            source.add(files.advance(shard, begin, copied).context(shard)?);
        }
        ensure!(source.end > EntryId::MIN, "the backup has no history: nothing is to be divided");
        source.events.sort_by_key(|(_, event)| event.id);
        // A millisecond of its own, in which none of the old shards has an entry.
        source.end = EntryId::new(source.end.ms + 1, 0);
        Ok(source)
    }

    fn add(&mut self, shard: Self) {
        self.states.extend(shard.states);
        self.events.extend(shard.events);
        self.end = self.end.max(shard.end);
    }
}

impl Files<'_> {
    fn stream(&self, name: &str) -> Option<&StreamCopy> {
        self.manifest.streams.iter().find(|stream| stream.name == name)
    }

    /// Checks that the shard has no dead letters: they belong to it, and which account is concerned may
    /// be illegible.
    fn check_dead_letters(&self, shard: Shard) -> Result<()> {
        for stream in [REQUEST_STREAM, RESPONSE_STREAM].map(|name| shard.key(name)) {
            let count = self.stream(&dead_letter_stream(&stream)).map_or(0, |copy| copy.entries);
            ensure!(
                count == 0,
                "the backup has {count} dead letters of {stream}: start the services, retry or drop \
                 them (`velox dead-letters list`), and make another backup"
            );
        }
        Ok(())
    }

    /// Advances the state of a shard to the end of its history.
    fn advance(&self, shard: Shard, begin: Exchange, copied: &ShardCopy) -> Result<Source> {
        let (mut events, written) = self.events(shard)?;
        let read = begin.last_id();
        let origin = copied.snapshot.map_or(Origin::Beginning, Origin::Snapshot);
        let mut replay = Replay { origin, exchange: begin, read };
        if let Some(requests) = self.stream(&shard.key(REQUEST_STREAM)) {
            for page in read_pages(&self.dir.join(&requests.file))? {
                for entry in page?.iter().filter(|entry| entry.id > read) {
                    let step = replay.step(entry, shard);
                    if let Err(error) = &step.outcome {
                        bail!(
                            "entry {} can't be read ({error}): start the engine, wait for its next \
                             snapshot, and make another backup",
                            entry.id
                        );
                    }
                    let missing = step.events().filter(|(id, _)| *id > written);
                    events.extend(missing.map(|(id, event)| {
                        (event.user_id, Entry { id, fields: event.encode_for(id).0 })
                    }));
                }
            }
        }
        let (read, hash) = (replay.read, state_hash(&replay.exchange));
        ensure!(read == copied.watermark, "the history ends with {read}, not {}", copied.watermark);
        ensure!(hash == copied.state_hash, "the state hash is {hash}, not {}", copied.state_hash);
        let end = copied.watermark.max(written.origin());
        Ok(Source { states: vec![replay.exchange], events, end })
    }

    /// The events that the backup has, and the last id that was written.
    fn events(&self, shard: Shard) -> Result<(Vec<(UserId, Entry)>, EntryId)> {
        let stream = shard.key(RESPONSE_STREAM);
        let Some(copy) = self.stream(&stream) else { return Ok((Vec::new(), EntryId::MIN)) };
        let mut events = Vec::new();
        for page in read_pages(&self.dir.join(&copy.file))? {
            for entry in page? {
                let event = Event::decode(&entry.fields);
                let event = event.with_context(|| format!("{} of {stream}", entry.id))?;
                events.push((event.user_id, entry));
            }
        }
        Ok((events, copy.last_generated))
    }
}
