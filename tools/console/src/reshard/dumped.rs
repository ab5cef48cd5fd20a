//! The snapshots in the dump of a backup, read without a database.

use crate::archive::DUMP;
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::Path;
use std::process::{Command, Stdio};

/// A row of `snapshots`.
pub struct Row {
    pub last_id: String,
    pub data: Value,
    pub state: Vec<u8>,
}

/// Reads the snapshots with these ids. `pg_restore` writes a table as text, without a connection.
pub fn read(dir: &Path, ids: &[i64], pg_restore: &Path) -> Result<BTreeMap<i64, Row>> {
    let mut command = Command::new(pg_restore);
    command.args(["--data-only", "--table=snapshots", "--file=-"]).arg(dir.join(DUMP));
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().context("pg_restore can't be started")?;
    let text = child.stdout.take().context("pg_restore has no output")?;
    let rows = rows(BufReader::new(text), ids);
    let status = child.wait().context("pg_restore")?;
    // If the rows can't be read, the pipe was closed, and pg_restore failed because of that.
    let rows = rows?;
    ensure!(status.success(), "pg_restore failed: {status}");
    Ok(rows)
}

/// Reads rows from the text between `COPY` and its end.
fn rows(text: impl std::io::BufRead, ids: &[i64]) -> Result<BTreeMap<i64, Row>> {
    let (mut rows, mut columns) = (BTreeMap::new(), None);
    for line in text.lines() {
        let line = line.context("pg_restore")?;
        match &columns {
            None => columns = columns_of(&line),
            Some(_) if line == r"\." => columns = None,
            Some(columns) => {
                let fields: Vec<&str> = line.split('\t').collect();
                let field = |name: &str| {
                    let place = columns.iter().position(|column| column == name);
                    let field = place.and_then(|place| fields.get(place));
                    field.with_context(|| format!("the dump's snapshots have no column {name}"))
                };
                let id: i64 = field("id")?.parse().context("the id of a snapshot")?;
                if ids.contains(&id) {
                    let data = serde_json::from_str(&unescaped(field("data")?)?)?;
                    let last_id = unescaped(field("lastStreamId")?)?;
                    rows.insert(id, Row { last_id, data, state: bytes(field("state")?)? });
                }
            }
        }
    }
    Ok(rows)
}

/// The columns of `COPY public.snapshots (id, "timestamp", …) FROM stdin;`.
fn columns_of(line: &str) -> Option<Vec<String>> {
    let columns = line.strip_prefix("COPY ")?.split_once('(')?.1.split_once(')')?.0;
    Some(columns.split(", ").map(|column| column.trim_matches('"').to_owned()).collect())
}

/// Reads a text of the format of `COPY`.
fn unescaped(text: &str) -> Result<String> {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        out.push(match character {
            '\\' => match characters.next() {
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('\\') => '\\',
                other => bail!("an unexpected escape in the dump: {other:?}"),
            },
            plain => plain,
        });
    }
    Ok(out)
}

/// Reads bytes of the format of `COPY`: hexadecimal digits after an escaped `\x`.
fn bytes(text: &str) -> Result<Vec<u8>> {
    let digits = text.strip_prefix(r"\\x").context("a snapshot's state is not in hexadecimal")?;
    ensure!(digits.len() % 2 == 0, "a snapshot's state ends within a byte");
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    digits
        .as_bytes()
        .chunks_exact(2)
        .map(|pair| Some((digit(pair[0])? << 4) | digit(pair[1])?))
        .collect::<Option<_>>()
        .context("a snapshot's state is not in hexadecimal")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
--\n\
COPY public.snapshots (id, \"timestamp\", \"lastStreamId\", data, state, epoch) FROM stdin;\n\
7\t2026-11-26\t1-2\t{\"stateHash\": \"a\\\\\\\\\\\\\"b\"}\t\\\\x00ffA0\t3\n\
8\t2026-11-26\t1-3\t{}\t\\\\x\t3\n\
\\.\n\
7 of another table\n";

    #[test]
    fn wanted_rows_are_read_from_a_dump() {
        let rows = rows(TEXT.as_bytes(), &[7]).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[&7].last_id, "1-2");
        assert_eq!(rows[&7].data["stateHash"], "a\\\"b");
        assert_eq!(rows[&7].state, [0, 255, 160]);
    }

    #[test]
    fn other_text_is_refused() {
        for (part, other) in [("\\\\x00ffA0", "\\\\x0"), ("\\\\x00ffA0", "00"), ("\"state", "\\q")]
        {
            assert!(rows(TEXT.replacen(part, other, 1).as_bytes(), &[7]).is_err(), "{other}");
        }
    }
}
