//! `velox account verify`: the lines of a statement add up to what the account holds.

mod lines;
mod unwritten;

use crate::context::{Context, Verdict, absent};
use crate::history::{Replay, field};
use crate::words::unix_ms;
use anyhow::{Context as _, Result, bail};
use lines::Lines;
use messages::{BalanceSheet, EntryId, Income, IncomeKind, Query, Rejection, Response, UserId};
use price::Usd;
use serde_json::{Value, json};
use sqlx::PgPool;
use store::income::{self, Filter};
use unwritten::Unwritten;
use uuid::Uuid;

/// The second number in the ids of lines that no event told is at least this.
const UNTOLD: u64 = 1 << 63;

/// The number of dead letters that are looked at.
const LETTERS_MAX: usize = 10_000;

/// The result for all accounts.
#[derive(Default)]
struct Report {
    /// The last entry of `request:stream` whose effects count.
    until: EntryId,
    /// The number of accounts.
    accounts: usize,
    /// The number of lines that db-worker had not written yet.
    unwritten: usize,
    /// The accounts whose lines don't add up to what they hold.
    differences: Vec<Difference>,
}

/// An account whose lines don't add up to what it holds.
struct Difference {
    user_id: UserId,
    /// The sum of the account's lines.
    lines: Usd,
    /// The sum of the account's balance, used margin and reserve.
    held: Usd,
    /// The time of its first line, if there is one.
    first_ms: Option<u64>,
    /// True if the statement does not begin with money from outside: the account is older than it.
    begins_late: bool,
    /// The ids of its events among the dead letters.
    dead_letters: Vec<EntryId>,
    /// True if the difference has become the first line.
    is_carried_over: bool,
}

/// Verifies the statement of one account, or of all. If asked to, writes what accounts held before
/// their statements began.
pub async fn verify(context: &Context, only: Option<UserId>, carry_over: bool) -> Result<Verdict> {
    let mut report = Report::default();
    for place in &context.places(only) {
        report.add(compare(place, only).await?);
    }
    for difference in &mut report.differences {
        if carry_over && difference.begins_late && difference.dead_letters.is_empty() {
            difference.carry_over(&context.pool).await?;
        }
    }
    if context.output.is_json() {
        context.output.document(&report.json())?;
    } else {
        report.print(context)?;
    }
    Ok(Verdict::of(report.left() == 0))
}

async fn compare(context: &Context, only: Option<UserId>) -> Result<Report> {
    let end = EntryId::new(u64::MAX, u64::MAX);
    // In this order: what db-worker acknowledges in the meantime is among the rows by then.
    let mut unwritten = Unwritten::read(context).await?;
    let mut replay = Replay::before(context, end).await?;
    replay
        .run(context, end, |step, _| {
            for (id, event) in step.events() {
                unwritten.add_if_later(id, event);
            }
            Ok(())
        })
        .await?;
    let until = replay.read;
    let Lines { mut sums, unwritten } =
        Lines::read(&context.pool, only, until, unwritten.into_lines(until)).await?;
    if let Some(only) = only
        && sums.iter().all(|(_, sum)| *sum == 0)
        && let Err(Rejection::UnknownUser) = replay.exchange.answer(only, Query::GetBalance)
    {
        return Err(absent(format!("there is no account {only}")));
    }
    let mut differences = Vec::new();
    let shards = context.redis.shards();
    let is_own = |user_id: &Uuid, _: &mut i128| shards.of(UserId(*user_id)) == context.shard;
    sums.retain(is_own);
    for (user_id, sum) in &sums {
        let (user_id, lines) = (UserId(*user_id), Usd::from_scaled(*sum));
        let held = held(&replay, user_id)?;
        if lines != held {
            let first = first_line(&context.pool, user_id, &unwritten).await?;
            differences.push(Difference {
                user_id,
                lines,
                held,
                first_ms: first.as_ref().map(|line| line.id.ms),
                begins_late: first.is_none_or(|line| line.kind != IncomeKind::Transfer),
                dead_letters: dead_letters(context, user_id).await?,
                is_carried_over: false,
            });
        }
    }
    Ok(Report { until, accounts: sums.len(), unwritten: unwritten.len(), differences })
}

/// Returns what an account holds: nothing if the engine does not know it.
fn held(replay: &Replay, user_id: UserId) -> Result<Usd> {
    match replay.exchange.answer(user_id, Query::GetBalance) {
        Ok(Response::Balance { balance }) => {
            let BalanceSheet { balance, used_margin, reserved, .. } = balance;
            Ok(balance.checked_add(used_margin)?.checked_add(reserved)?)
        }
        Err(Rejection::UnknownUser) => Ok(Usd::ZERO),
        other => bail!("unexpected response: {other:?}"),
    }
}

async fn first_line(
    pool: &PgPool,
    user_id: UserId,
    unwritten: &[Income],
) -> Result<Option<Income>> {
    let rows = income::page_onward(pool, user_id, &Filter::default(), None, 1).await;
    let row = rows.context("statements can't be read from PostgreSQL")?.pop();
    let row = row.map(Income::try_from).transpose()?;
    let own = unwritten.iter().filter(|line| line.user_id == user_id).cloned();
    Ok(row.into_iter().chain(own).min_by_key(|line| line.id))
}

async fn dead_letters(context: &Context, user_id: UserId) -> Result<Vec<EntryId>> {
    let dead = context.redis.dead_letters(&context.responses());
    let letters = context.redis.read_range(&dead, EntryId::MIN, LETTERS_MAX).await?;
    let user_id = user_id.to_string();
    let own = letters.iter().filter(|letter| field(&letter.fields, "userId") == user_id);
    Ok(own.map(|letter| letter.id).collect())
}

impl Difference {
    fn amount(&self) -> Result<Usd> {
        Ok(self.held.checked_sub(self.lines)?)
    }

    /// Writes what the account held before its statement began as the first line. Written again,
    /// the line is the same.
    async fn carry_over(&mut self, pool: &PgPool) -> Result<()> {
        let user_id = self.user_id;
        let signed_up =
            sqlx::query_scalar!("select created_at from users where id = $1", user_id.0)
                .fetch_optional(pool)
                .await
                .context("users can't be read from PostgreSQL")?;
        let before_first = self.first_ms.map(|first_ms| first_ms.saturating_sub(1));
        let times = signed_up.map(unix_ms).into_iter().chain(before_first);
        let ms = times.min().with_context(|| format!("{user_id} is in no table"))?;
        let (_, number) = user_id.0.as_u64_pair();
        let line = Income {
            id: EntryId::new(ms, UNTOLD | number),
            sequence: 0,
            kind: IncomeKind::Transfer,
            user_id,
            amount: self.amount()?,
            asset: None,
            order_id: None,
            position_id: None,
        };
        let mut connection = pool.acquire().await.context("PostgreSQL")?;
        income::insert_all(&mut connection, [&line].into_iter()).await?;
        self.is_carried_over = true;
        Ok(())
    }

    fn sentence(&self) -> Result<String> {
        let Self { user_id, lines, held, .. } = self;
        let amount = self.amount()?;
        let figures = format!("its lines add up to {lines}, and it holds {held}");
        Ok(if self.is_carried_over {
            format!("{user_id}: {figures}; {amount} is its first line now")
        } else if !self.dead_letters.is_empty() {
            let ids: Vec<_> = self.dead_letters.iter().map(ToString::to_string).collect();
            format!("{user_id}: {figures}; events are among the dead letters: {}", ids.join(", "))
        } else if self.begins_late {
            format!(
                "{user_id}: the account is older than its statement: {figures}; {amount} is from \
                 before (--carry-over writes it as the first line)"
            )
        } else {
            format!("{user_id}: {figures}; the difference is {amount}")
        })
    }

    fn json(&self) -> Value {
        json!({
            "userId": self.user_id,
            "linesInt": self.lines.scaled().to_string(),
            "heldInt": self.held.scaled().to_string(),
            "beginsLate": self.begins_late,
            "carriedOver": self.is_carried_over,
            "deadLetters": self.dead_letters,
        })
    }
}

impl Report {
    /// Adds the result for another shard.
    fn add(&mut self, other: Self) {
        self.until = self.until.max(other.until);
        self.accounts += other.accounts;
        self.unwritten += other.unwritten;
        self.differences.extend(other.differences);
    }

    /// Returns the number of accounts whose lines still don't add up to what they hold.
    fn left(&self) -> usize {
        self.differences.iter().filter(|difference| !difference.is_carried_over).count()
    }

    fn print(&self, context: &Context) -> Result<()> {
        for difference in &self.differences {
            context.output.say(difference.sentence()?)?;
        }
        let Self { until, accounts, unwritten, .. } = self;
        context.output.say(format_args!(
            "{} of {accounts} statements add up after entry {until}; {unwritten} lines are not \
             written yet",
            accounts - self.left(),
        ))
    }

    fn json(&self) -> Value {
        let differences: Vec<_> = self.differences.iter().map(Difference::json).collect();
        json!({
            "lastEntry": self.until, "accounts": self.accounts, "unwrittenLines": self.unwritten,
            "differences": differences,
        })
    }
}
