//! Tables for people, JSON for programs, colour for terminals.

use anyhow::Result;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};

/// Standard output.
pub struct Output {
    json: bool,
    colour: bool,
    out: io::Stdout,
}

impl Output {
    pub fn new(json: bool) -> Self {
        let wants_none = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let out = io::stdout();
        Self { json, colour: out.is_terminal() && !wants_none, out }
    }

    /// Whether programs read.
    pub const fn is_json(&self) -> bool {
        self.json
    }

    /// One line.
    pub fn say(&self, line: impl Display) -> Result<()> {
        Ok(writeln!(self.out.lock(), "{line}")?)
    }

    /// A document over several lines.
    pub fn document(&self, value: &impl Serialize) -> Result<()> {
        self.say(serde_json::to_string_pretty(value)?)
    }

    /// A document on one line, where more follow.
    pub fn line(&self, value: &impl Serialize) -> Result<()> {
        self.say(serde_json::to_string(value)?)
    }

    /// The name of what follows.
    pub fn heading(&self, text: &str) -> Result<()> {
        self.say(format_args!("\n{}", self.painted(text, "1")))
    }

    /// Good news.
    pub fn good(&self, text: &str) -> String {
        self.painted(text, "32")
    }

    /// Bad news.
    pub fn bad(&self, text: &str) -> String {
        self.painted(text, "31")
    }

    fn painted(&self, text: &str, code: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Rows under their names; a name that begins with `>` is that of a column of figures.
    pub fn table<const N: usize>(
        &self,
        names: [&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) -> Result<()> {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(names.map(|name| name.trim_start_matches('>')));
        for (index, name) in names.iter().enumerate() {
            let column = table.column_mut(index).expect("the header has made it");
            column.set_padding((0, 2));
            if name.starts_with('>') {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for row in rows {
            table.add_row(row);
        }
        for line in table.lines() {
            self.say(line.trim_end())?;
        }
        Ok(())
    }

    /// Values beside their names.
    pub fn facts(&self, facts: &[(&str, String)]) -> Result<()> {
        let width = facts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        for (name, value) in facts {
            self.say(format_args!("{name:width$}  {value}"))?;
        }
        Ok(())
    }
}
