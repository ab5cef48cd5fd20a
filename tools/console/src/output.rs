//! Output as tables or JSON, with colour on terminals.

use anyhow::Result;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};

/// A writer to standard output.
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

    /// Returns whether the output is JSON.
    pub const fn is_json(&self) -> bool {
        self.json
    }

    /// Prints one line.
    pub fn say(&self, line: impl Display) -> Result<()> {
        Ok(writeln!(self.out.lock(), "{line}")?)
    }

    /// Prints a JSON document on several lines.
    pub fn document(&self, value: &impl Serialize) -> Result<()> {
        self.say(serde_json::to_string_pretty(value)?)
    }

    /// Prints a JSON document on one line, as one of several.
    pub fn line(&self, value: &impl Serialize) -> Result<()> {
        self.say(serde_json::to_string(value)?)
    }

    /// Prints a heading.
    pub fn heading(&self, text: &str) -> Result<()> {
        self.say(format_args!("\n{}", self.painted(text, "1")))
    }

    /// Formats good news in green.
    pub fn good(&self, text: &str) -> String {
        self.painted(text, "32")
    }

    /// Formats bad news in red.
    pub fn bad(&self, text: &str) -> String {
        self.painted(text, "31")
    }

    fn painted(&self, text: &str, code: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Prints a table; a column whose name begins with `>` is right-aligned.
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

    /// Prints names and values in two columns.
    pub fn facts(&self, facts: &[(&str, String)]) -> Result<()> {
        let width = facts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        for (name, value) in facts {
            self.say(format_args!("{name:width$}  {value}"))?;
        }
        Ok(())
    }
}
