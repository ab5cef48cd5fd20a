//! The sums of the lines of each account.

use crate::words::moment;
use anyhow::{Context as _, Result};
use messages::{EntryId, Income, UserId};
use sqlx::PgPool;
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

const UNREAD: &str = "statements can't be read from PostgreSQL";

/// The lines of the events of all entries up to one.
pub struct Lines {
    /// The sum of each account that has signed up or has a line.
    pub sums: BTreeMap<Uuid, i128>,
    /// The lines that are not rows yet.
    pub unwritten: Vec<Income>,
}

impl Lines {
    /// Adds up the rows of one account, or of all, and those of the `unwritten` lines that are no
    /// rows by now.
    pub async fn read(
        pool: &PgPool,
        only: Option<UserId>,
        until: EntryId,
        unwritten: Vec<Income>,
    ) -> Result<Self> {
        let only = only.map(|user_id| user_id.0);
        let is_wanted = |line: &Income| only.is_none_or(|only| only == line.user_id.0);
        let mut unwritten: Vec<_> = unwritten.into_iter().filter(is_wanted).collect();
        // One view of the database for all.
        let mut view = pool.begin_with("begin isolation level repeatable read read only").await;
        let view = view.as_mut().map_err(|error| anyhow::anyhow!("{UNREAD}: {error}"))?;

        let ids: Vec<_> = unwritten.iter().map(|line| line.id.to_string()).collect();
        let known = sqlx::query!("select id, kind from income where id = any($1)", &ids);
        let known = known.fetch_all(&mut **view).await.context(UNREAD)?;
        let known: HashSet<_> = known.into_iter().map(|row| (row.id, row.kind)).collect();
        unwritten.retain(|line| !known.contains(&(line.id.to_string(), line.kind.to_string())));

        let end = until.output(u32::MAX);
        let end_time = moment(end.ms).context("the end of the history is not a valid time")?;
        let sums = sqlx::query!(
            // The sum of BIGINTs is a NUMERIC, which may not fit a BIGINT.
            r#"select user_id as "user_id!", coalesce(sum(amount), 0)::text as "sum!"
               from (
                   select user_id, amount
                   from income
                   where ($1::uuid is null or user_id = $1)
                       and ("time", length(id), id) <= ($2, length($3), $3)
                   union all
                   select id, 0 from users where $1::uuid is null or id = $1
               ) as lines
               group by user_id"#,
            only,
            end_time,
            end.to_string(),
        );
        let sums = sums.fetch_all(&mut **view).await.context(UNREAD)?;
        let sum = |text: &str| text.parse().context("a sum does not fit an amount");
        let sums = sums.into_iter().map(|row| Ok((row.user_id, sum(&row.sum)?)));
        let mut sums: BTreeMap<Uuid, i128> = sums.collect::<Result<_>>()?;
        for line in &unwritten {
            *sums.entry(line.user_id.0).or_default() += line.amount.scaled();
        }
        if let Some(only) = only {
            sums.entry(only).or_default();
        }
        Ok(Self { sums, unwritten })
    }
}
