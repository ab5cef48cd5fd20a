//! `velox replay`.

use crate::context::{Context, Verdict};
use crate::events::{event_json, event_line, order_of};
use crate::history::{Replay, Step, field, state_hash};
use crate::words::{or_dash, time};
use anyhow::{Result, ensure};
use messages::{EntryId, Rejection, RequestEntry, UserId};
use serde_json::{Value, json};
use std::str::FromStr;
use streams::Entry;

const EXAMPLES: &str = "\
Examples:
  velox replay --from 1795493501491-0 --to 1795493504531-0
  velox replay --from 1795493501491 --to 1795493504531    all entries of these milliseconds
  velox replay --from 0 --to 9999999999999 --user 01a20bc0-9a10-7313-9d4f-7a2effa3c781

Nothing is written, and no engine is needed. With --json each line is a JSON document; the last \
one has the state hash.";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The first entry to print: an entry's id, or a time in Unix milliseconds.
    #[arg(long, value_name = "ID")]
    from: Bound,
    /// The last entry to apply.
    #[arg(long, value_name = "ID")]
    to: Bound,
    /// The shard whose history is replayed; if unset, that of the account, or the only one.
    #[arg(long, value_name = "N")]
    shard: Option<u16>,
    /// Print only the events of this user.
    #[arg(long, value_name = "ID")]
    user: Option<UserId>,
}

/// A bound of a range of the history.
#[derive(Clone, Copy, Debug)]
enum Bound {
    Entry(EntryId),
    Millisecond(u64),
}

impl FromStr for Bound {
    type Err = messages::InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map_or_else(|_| text.parse().map(Self::Entry), |ms| Ok(Self::Millisecond(ms)))
    }
}

impl Bound {
    const fn first(self) -> EntryId {
        match self {
            Self::Entry(id) => id,
            Self::Millisecond(ms) => EntryId::new(ms, 0),
        }
    }

    const fn last(self) -> EntryId {
        match self {
            Self::Entry(id) => id,
            Self::Millisecond(ms) => EntryId::new(ms, u64::MAX),
        }
    }
}

/// The numbers of printed lines.
#[derive(Default)]
struct Tally {
    entries: u64,
    events: u64,
    refusals: u64,
    unreadable: u64,
}

pub async fn run(arguments: &Arguments, context: &Context) -> Result<Verdict> {
    let shard =
        arguments.shard.or_else(|| Some(context.redis.shards().of(arguments.user?).number()));
    let context = &context.named(shard)?;
    let (from, to) = (arguments.from.first(), arguments.to.last());
    ensure!(from <= to, "--from {from} is after --to {to}");
    // A range that begins before the history starts at the first entry.
    let info = context.redis.stream_info(&context.requests()).await?;
    let first = info.and_then(|info| info.first_entry_id).unwrap_or(EntryId::MIN);
    let is_whole = info.is_none_or(|info| info.entries_added == info.length);
    let mut replay = Replay::before(context, if is_whole { from.max(first) } else { from }).await?;
    if !context.output.is_json() {
        let (origin, read) = (replay.origin, replay.read);
        context.output.say(format_args!("from {origin}, after entry {read}"))?;
    }
    let mut tally = Tally::default();
    replay
        .run(context, to, |step, _| {
            if step.entry.id < from { Ok(()) } else { tally.show(context, step, arguments.user) }
        })
        .await?;
    tally.conclude(context, &replay)?;
    Ok(Verdict::Well)
}

impl Tally {
    fn show(&mut self, context: &Context, step: &Step<'_>, user: Option<UserId>) -> Result<()> {
        self.entries += 1;
        let id = step.entry.id;
        let (request, outcome) = match &step.outcome {
            Ok(applied) => applied,
            Err(_) if user.is_some() => return Ok(()),
            Err(error) => {
                self.unreadable += 1;
                let value = json!({"id": id, "unreadable": error.to_string()});
                return print(context, &value, || format!("{id}  unreadable: {error}"));
            }
        };
        for event in outcome.events.iter().filter(|event| user.is_none_or(|u| u == event.user_id)) {
            self.events += 1;
            print(context, &event_json(id, event), || format!("{id}  {}", event_line(event)))?;
        }
        let is_wanted = user.is_none_or(|user| request.request.user_id() == Some(user));
        if let (Err(rejection), true) = (&outcome.response, is_wanted) {
            self.refusals += 1;
            print(context, &refusal_json(step.entry, request, rejection), || {
                format!("{id}  {}", refusal_line(step.entry, request, rejection))
            })?;
        }
        Ok(())
    }

    fn conclude(&self, context: &Context, replay: &Replay) -> Result<()> {
        let (hash, last) = (state_hash(&replay.exchange), replay.read);
        if context.output.is_json() {
            let origin = replay.origin.to_string();
            return context.output.line(&json!({
                "stateHash": hash, "lastEntry": last, "origin": origin, "entries": self.entries,
                "events": self.events, "refusals": self.refusals, "unreadable": self.unreadable,
            }));
        }
        let Self { entries, events, refusals, unreadable } = self;
        context.output.say(format_args!(
            "{entries} entries: {events} events, {refusals} refused, {unreadable} unreadable"
        ))?;
        context.output.say(format_args!("state after {last}: {hash}"))
    }
}

fn print(context: &Context, value: &Value, line: impl FnOnce() -> String) -> Result<()> {
    if context.output.is_json() { context.output.line(value) } else { context.output.say(line()) }
}

fn refusal_line(entry: &Entry, request: &RequestEntry, rejection: &Rejection) -> String {
    let (what, order) = (field(&entry.fields, "type"), order_of(&request.request));
    let user = or_dash(request.request.user_id());
    let (at, code) = (time(request.timestamp_ms), rejection.code());
    format!("{at}  refused {what}  order {}  user {user}  {code}: {rejection}", or_dash(order))
}

fn refusal_json(entry: &Entry, request: &RequestEntry, rejection: &Rejection) -> Value {
    json!({
        "id": entry.id, "refused": field(&entry.fields, "type"),
        "orderId": order_of(&request.request), "userId": request.request.user_id(),
        "requestId": request.request_id, "code": rejection.code(), "reason": rejection.to_string(),
    })
}
