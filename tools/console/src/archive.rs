//! The format of a backup: a folder with a manifest, a dump of the database, and a file for each
//! stream.
//!
//! A stream's file has a line of JSON for each entry, compressed with zstd, so that `zstdcat` shows
//! it. Everything else is in the manifest, which is written last: a folder without one is not a
//! backup.

use anyhow::{Context as _, Result, ensure};
use messages::{EntryId, Fields};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use streams::{Entry, GroupInfo, PendingEntry, StreamInfo};
use zstd::stream::{read::Decoder, write::Encoder};

/// The version of this format.
pub const FORMAT: u64 = 2;
/// The format of backups from before there were shards.
const FORMAT_OF_ONE_SHARD: u64 = 1;

/// The name of the manifest's file.
pub const MANIFEST: &str = "manifest.json";
/// The name of the database's dump, in the custom format of `pg_dump`.
pub const DUMP: &str = "database.dump";

/// zstd's default: entries shrink to a tenth.
const COMPRESSION_LEVEL: i32 = 3;

/// The number of entries per page.
const PAGE_LEN: usize = 1_000;

/// The contents of a backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The version of the format: [`FORMAT`].
    pub format: u64,
    /// The version of Velox that wrote it.
    pub velox: String,
    /// The time of the backup, as text.
    pub created_at: String,
    pub redis: String,
    pub postgres: String,
    /// True if the database used TimescaleDB, which has to be prepared for a restore.
    pub timescaledb: bool,
    /// The state of each shard.
    pub shards: Vec<ShardCopy>,
    pub streams: Vec<StreamCopy>,
    /// Other keys of Redis: the value, and the time to live (ms).
    pub keys: BTreeMap<String, (String, u64)>,
    pub files: BTreeMap<String, FileMark>,
}

/// The point to which a shard is restored.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShardCopy {
    /// The shard's number.
    pub shard: u16,
    /// The last entry of its `request:stream` in the backup.
    pub watermark: EntryId,
    /// The hash of the engine's state after that entry.
    pub state_hash: String,
    /// The newest snapshot from which the streams continue. Newer ones in the dump are deleted by a
    /// restore.
    pub snapshot: Option<i64>,
}

/// The description of a stream, without its entries.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamCopy {
    pub name: String,
    pub file: String,
    pub entries: u64,
    pub last_generated: EntryId,
    pub entries_added: u64,
    pub groups: Vec<GroupCopy>,
}

/// The state of a consumer group.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupCopy {
    pub name: String,
    pub last_delivered: EntryId,
    pub entries_read: Option<u64>,
    /// The pending entries: id, consumer, number of deliveries.
    pub pending: Vec<(EntryId, String, u64)>,
}

/// The size and hash of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMark {
    pub bytes: u64,
    pub blake3: String,
}

/// An entry on one line. Values are text, or a list of bytes if they are not UTF-8.
#[derive(Serialize, Deserialize)]
struct Line {
    id: EntryId,
    fields: Vec<(String, Bytes)>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Bytes {
    Text(String),
    Raw(Vec<u8>),
}

/// A writer of a stream's file.
pub struct EntryWriter {
    encoder: Encoder<'static, File>,
    pub entries: u64,
    pub last: Option<EntryId>,
}

impl Manifest {
    /// Reads the manifest of a backup, and verifies the size and hash of every file.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(MANIFEST);
        let text = fs::read_to_string(&path).with_context(|| {
            format!("{} can't be read: without it this is not a complete backup", path.display())
        })?;
        let manifest = Self::parse(&text).with_context(|| format!("{}", path.display()))?;
        for (name, expected) in &manifest.files {
            let found = FileMark::of(&folder.join(name))?;
            ensure!(found == *expected, "{name} does not match the manifest: it is damaged");
        }
        Ok(manifest)
    }

    fn parse(text: &str) -> Result<Self> {
        let mut manifest: Value = serde_json::from_str(text)?;
        let format = manifest["format"].as_u64().unwrap_or_default();
        ensure!(
            (FORMAT_OF_ONE_SHARD..=FORMAT).contains(&format),
            "the backup has format {format}; this version of Velox reads {FORMAT_OF_ONE_SHARD} to \
             {FORMAT}",
        );
        if format == FORMAT_OF_ONE_SHARD {
            let mut only = json!({ "shard": 0 });
            for name in ["watermark", "stateHash", "snapshot"] {
                only[name] = manifest[name].take();
            }
            manifest["shards"] = json!([only]);
        }
        Ok(serde_json::from_value(manifest)?)
    }

    /// Writes the manifest, which completes the backup.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let (path, unfinished) = (folder.join(MANIFEST), folder.join("manifest.unfinished"));
        let mut file = File::create(&unfinished).context("the manifest can't be written")?;
        file.write_all(serde_json::to_string_pretty(self)?.as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
        File::open(folder)?.sync_all().context("the folder can't be flushed to the disk")
    }
}

impl FileMark {
    /// Computes the mark of a file.
    pub fn of(path: &Path) -> Result<Self> {
        let mut file = File::open(path).with_context(|| format!("{}", path.display()))?;
        let bytes = file.metadata()?.len();
        let mut hasher = blake3::Hasher::new();
        std::io::copy(&mut file, &mut hasher).with_context(|| format!("{}", path.display()))?;
        Ok(Self { bytes, blake3: hasher.finalize().to_hex().to_string() })
    }
}

impl StreamCopy {
    /// The stream's metadata to restore.
    pub const fn info(&self) -> StreamInfo {
        StreamInfo {
            length: self.entries,
            last_generated_id: self.last_generated,
            entries_added: self.entries_added,
            first_entry_id: None,
            max_deleted_entry_id: EntryId::MIN,
        }
    }
}

impl GroupCopy {
    /// Copies the state of a group in Redis.
    pub fn of(group: &GroupInfo, pending: Vec<PendingEntry>) -> Self {
        let pending = pending.into_iter().map(|p| (p.id, p.consumer, p.deliveries)).collect();
        let GroupInfo { name, last_delivered, entries_read, .. } = group;
        let (name, last_delivered) = (name.clone(), *last_delivered);
        Self { name, last_delivered, entries_read: *entries_read, pending }
    }

    /// The group's state to restore.
    pub fn group(&self) -> (GroupInfo, Vec<PendingEntry>) {
        let group = GroupInfo {
            name: self.name.clone(),
            consumers: Vec::new(),
            pending: self.pending.len() as u64,
            oldest_pending: None,
            last_delivered: self.last_delivered,
            entries_read: self.entries_read,
            lag: None,
        };
        let pending = self.pending.iter().map(|(id, consumer, deliveries)| PendingEntry {
            id: *id,
            consumer: consumer.clone(),
            deliveries: *deliveries,
        });
        (group, pending.collect())
    }
}

/// The file name of a stream.
pub fn file_name(stream: &str) -> String {
    format!("{}.ndjson.zst", stream.replace(':', "-"))
}

impl EntryWriter {
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::create_new(path).with_context(|| format!("{}", path.display()))?;
        let encoder = Encoder::new(file, COMPRESSION_LEVEL)?;
        Ok(Self { encoder, entries: 0, last: None })
    }

    pub fn write(&mut self, entry: &Entry) -> Result<()> {
        let value = |value: &[u8]| match std::str::from_utf8(value) {
            Ok(text) => Bytes::Text(text.to_owned()),
            Err(_) => Bytes::Raw(value.to_vec()),
        };
        let fields = entry.fields.iter();
        let fields = fields.map(|(name, bytes)| (name.to_owned(), value(bytes))).collect();
        serde_json::to_writer(&mut self.encoder, &Line { id: entry.id, fields })?;
        self.encoder.write_all(b"\n")?;
        self.entries += 1;
        self.last = Some(entry.id);
        Ok(())
    }

    pub fn finish(self) -> Result<u64> {
        self.encoder.finish()?.sync_all()?;
        Ok(self.entries)
    }
}

/// Reads the entries of a stream's file, page by page.
pub fn read_pages(path: &PathBuf) -> Result<impl Iterator<Item = Result<Vec<Entry>>>> {
    let file = File::open(path).with_context(|| format!("{}", path.display()))?;
    let mut lines = BufReader::new(Decoder::new(file)?).lines();
    Ok(std::iter::from_fn(move || {
        let page: Result<Vec<Entry>> = lines.by_ref().take(PAGE_LEN).map(|l| entry(&l?)).collect();
        page.map(|page| (!page.is_empty()).then_some(page)).transpose()
    }))
}

fn entry(line: &str) -> Result<Entry> {
    let Line { id, fields } = serde_json::from_str(line)?;
    let fields: Fields = fields
        .into_iter()
        .map(|(name, value)| match value {
            Bytes::Text(text) => (name, text.into_bytes()),
            Bytes::Raw(bytes) => (name, bytes),
        })
        .collect();
    Ok(Entry { id, fields })
}
