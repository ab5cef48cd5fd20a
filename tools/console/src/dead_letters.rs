//! `velox dead-letters`.

use crate::context::{Context, Verdict, absent};
use crate::history::field;
use crate::words::{age, time};
use anyhow::{Error, Result, bail};
use messages::{EntryId, Fields, MAIL_STREAM, REQUEST_STREAM, RESPONSE_STREAM, UPLOADER_STREAM};
use serde_json::{Map, Value, json};
use streams::{Entry, Redis};

/// The streams that have dead letters: those of each shard, and those of all of them together.
pub fn streams(redis: &Redis) -> Vec<String> {
    let sharded = [REQUEST_STREAM, RESPONSE_STREAM];
    let of_shards = redis.shards().all().flat_map(|shard| sharded.map(|name| shard.key(name)));
    of_shards.chain([UPLOADER_STREAM, MAIL_STREAM].map(str::to_owned)).collect()
}

/// The first of the fields added to a dead letter: the error, then the time, the original entry and
/// the group.
const ERROR: &str = "error";

/// The number of entries read per page.
const PAGE_LEN: usize = 1_000;

/// The number of characters of an error that a list shows.
const ERROR_CHARS_MAX: usize = 100;

const LIST_EXAMPLES: &str = "\
Examples:
  velox dead-letters list
  velox dead-letters list mail:stream";
const SHOW_EXAMPLE: &str = "Example:\n  velox dead-letters show mail:stream 1795493501491-0";
const RETRY_EXAMPLE: &str = "\
Example:
  velox dead-letters retry mail:stream 1795493501491-0

The entry is appended to its stream as a new entry. Orders are safe to retry: their ids come from \
the sender, and an id that the engine knows changes nothing. An unknown one is executed at the \
current price, although its sender may have given up long ago. Prices can't be retried: an old \
price would close positions now. Nor can entries of response:stream, whose ids record what has \
been written.";
const DROP_EXAMPLE: &str = "Example:\n  velox dead-letters drop request:stream 1795493501491-0";

#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Lists the dead letters, oldest first.
    #[command(after_help = LIST_EXAMPLES)]
    List {
        /// List only this stream, with or without `:dead`.
        stream: Option<String>,
    },
    /// Shows an entry with all its fields.
    #[command(after_help = SHOW_EXAMPLE)]
    Show(Which),
    /// Appends an entry to its stream again.
    #[command(after_help = RETRY_EXAMPLE)]
    Retry(Which),
    /// Prints an entry and deletes it.
    #[command(after_help = DROP_EXAMPLE)]
    Drop(Which),
}

#[derive(clap::Args)]
struct Which {
    /// The entry's original stream, with or without `:dead`.
    stream: String,
    /// The id in the list of dead letters.
    id: EntryId,
}

pub async fn run(arguments: Arguments, context: &Context) -> Result<Verdict> {
    let redis = &context.redis;
    let named =
        |which: Which| Ok::<_, Error>(Which { stream: stream(redis, &which.stream)?, ..which });
    match arguments.action {
        Action::List { stream: only } => {
            let only = only.map(|only| stream(redis, &only)).transpose()?;
            list(context, only.as_deref()).await
        }
        Action::Show(which) => show(context, &named(which)?).await,
        Action::Retry(which) => retry(context, &named(which)?).await,
        Action::Drop(which) => drop_entry(context, &named(which)?).await,
    }
}

/// Returns the stream that is meant by its name or by that of its dead letters.
fn stream(redis: &Redis, text: &str) -> Result<String> {
    let streams = streams(redis);
    let is_meant = |name: &&String| *name == text || redis.dead_letters(name) == text;
    match streams.iter().find(is_meant) {
        Some(name) => Ok(name.clone()),
        None => bail!("{text:?} has no dead letters; the streams are {}", streams.join(", ")),
    }
}

async fn list(context: &Context, only: Option<&str>) -> Result<Verdict> {
    let mut letters = Vec::new();
    let all = streams(&context.redis).into_iter();
    for stream in all.filter(|stream| only.is_none_or(|only| only == stream)) {
        let found = read(&context.redis, &stream).await?;
        letters.extend(found.into_iter().map(|entry| (stream.clone(), entry)));
    }
    if context.output.is_json() {
        let all: Vec<_> = letters.iter().map(|(stream, entry)| document(stream, entry)).collect();
        context.output.document(&all)?;
    } else if letters.is_empty() {
        context.output.say("there are no dead letters")?;
    } else {
        let rows = letters.iter().map(|(stream, entry)| {
            let error = field(&entry.fields, ERROR);
            [
                stream.clone(),
                entry.id.to_string(),
                age(put_aside_ms(entry)),
                field(&entry.fields, "type"),
                error.chars().take(ERROR_CHARS_MAX).collect(),
            ]
        });
        context.output.table(["stream", "id", ">age", "type", "error"], rows)?;
    }
    Ok(Verdict::Well)
}

async fn show(context: &Context, which: &Which) -> Result<Verdict> {
    let entry = find(context, which).await?;
    print(context, which, &entry, None)
}

async fn retry(context: &Context, which: &Which) -> Result<Verdict> {
    let entry = find(context, which).await?;
    let is_of = |name| context.redis.shards().all().any(|shard| shard.key(name) == which.stream);
    if is_of(RESPONSE_STREAM) {
        bail!(
            "{stream} can't be added to: its ids record what the engine has written, and \
             outputs before an id that is not the engine's would be lost. `velox dead-letters \
             show {stream} {}` shows the data for the row in closed_orders",
            which.id,
            stream = which.stream
        );
    }
    if is_of(REQUEST_STREAM) && field(&entry.fields, "type") == "PRICE_UPDATE" {
        bail!("a price from {} is outdated: drop it", time(entry.id.ms));
    }
    let (dead, fields) = (context.redis.dead_letters(&which.stream), original(&entry.fields));
    let moved = context.redis.move_entry(&dead, which.id, &which.stream, &fields).await?;
    let id = moved.ok_or_else(|| gone(which))?;
    print(context, which, &entry, Some(("retriedAs", id.to_string())))
}

async fn drop_entry(context: &Context, which: &Which) -> Result<Verdict> {
    let entry = find(context, which).await?;
    if !context.redis.delete_entry(&context.redis.dead_letters(&which.stream), which.id).await? {
        return Err(gone(which));
    }
    print(context, which, &entry, Some(("dropped", "true".to_owned())))
}

fn print(
    context: &Context,
    which: &Which,
    entry: &Entry,
    done: Option<(&str, String)>,
) -> Result<Verdict> {
    if context.output.is_json() {
        let mut document = document(&which.stream, entry);
        if let Some((what, value)) = done {
            document[what] = value.into();
        }
        context.output.document(&document)?;
        return Ok(Verdict::Well);
    }
    let texts: Vec<_> =
        entry.fields.iter().map(|(name, value)| (name, String::from_utf8_lossy(value))).collect();
    let facts: Vec<_> = texts.iter().map(|(name, value)| (*name, value.to_string())).collect();
    context.output.facts(&facts)?;
    match done {
        Some(("retriedAs", id)) => {
            context.output.say(format_args!("\nappended to {} as {id}", which.stream))?;
        }
        Some(_) => context.output.say("\ndropped")?,
        None => {}
    }
    Ok(Verdict::Well)
}

/// Reads all dead letters of a stream, oldest first.
async fn read(redis: &Redis, stream: &str) -> Result<Vec<Entry>> {
    let (dead, mut all): (_, Vec<Entry>) = (redis.dead_letters(stream), Vec::new());
    loop {
        let after = all.last().map_or(EntryId::MIN, |last| last.id);
        let page = redis.read_range(&dead, after, PAGE_LEN).await?;
        let is_last = page.len() < PAGE_LEN;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

async fn find(context: &Context, which: &Which) -> Result<Entry> {
    let entry = context.redis.entry(&context.redis.dead_letters(&which.stream), which.id).await?;
    entry.ok_or_else(|| gone(which))
}

fn gone(which: &Which) -> anyhow::Error {
    let stream = &which.stream;
    absent(format!(
        "{stream} has no dead letter {}; `velox dead-letters list` lists them",
        which.id
    ))
}

/// Returns the original fields of a dead letter.
fn original(fields: &Fields) -> Fields {
    let error = fields.iter().enumerate().filter(|(_, (name, _))| *name == ERROR).last();
    let own = error.map_or(usize::MAX, |(index, _)| index);
    fields.iter().take(own).map(|(name, value)| (name.to_owned(), value.to_vec())).collect()
}

/// The time at which an entry became a dead letter: the engine keeps the entry's id, workers record
/// the time.
fn put_aside_ms(entry: &Entry) -> u64 {
    field(&entry.fields, "failedAt").parse().unwrap_or(entry.id.ms)
}

fn document(stream: &str, entry: &Entry) -> Value {
    let texts = entry.fields.iter();
    let texts = texts.map(|(name, value)| (name.to_owned(), String::from_utf8_lossy(value).into()));
    json!({"stream": stream, "id": entry.id, "fields": texts.collect::<Map<_, _>>()})
}
