//! Writes `docs/settings.md`.

use crate::{LOGS, Program, programs, variable};
use clap::{Arg, ArgAction};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const INTRODUCTION: &str = "\
# Settings

Every setting of every service, with its default. A setting is an environment variable or a
command-line flag; the flag wins. `--help` of a service shows the same.

The stack of [`docker-compose.yml`](../docker-compose.yml) passes all of them on from the file
`.env`, except those that follow from how it is built: addresses, ports and values derived from
`VELOX_DOMAIN`. `cargo xtask up` passes the whole environment on.

An empty *default* means that the setting is unset. Times end in `_MS` (milliseconds) or `_S`
(seconds).

<!-- Written by `cargo xtask settings` from the services' own definitions; edits are lost. -->
";

/// The whole page.
pub fn settings() -> String {
    let programs = programs();
    let shared = shared(&programs);
    let mut page = INTRODUCTION.to_owned();
    section(&mut page, "Logs and traces", "Read by every long-running service.");
    head(&mut page);
    for setting in &LOGS {
        row(&mut page, setting.variable, "", &code(setting.default), setting.help);
    }
    section(&mut page, "Shared", "Read by more than one service; set the same value everywhere.");
    page.push_str("| variable | flag | default | services | |\n|---|---|---|---|---|\n");
    for (name, users) in &shared {
        let setting = users[0].1;
        let (of, flag) = (names(users), flag(setting));
        let cells = [format!("`{name}`"), flag, shared_default(users), of, help(setting)];
        let _ = writeln!(page, "| {} |", cells.join(" | "));
    }
    for program in &programs {
        let own: Vec<_> =
            program.settings().filter(|arg| !shared.contains_key(variable(arg))).collect();
        if own.is_empty() {
            continue;
        }
        let about = program.command.get_about().map(ToString::to_string).unwrap_or_default();
        section(&mut page, program.name, &sentence(&about));
        head(&mut page);
        for setting in own {
            let (default, help) = (default(setting), help(setting));
            row(&mut page, variable(setting), &flag(setting), &default, &help);
        }
    }
    page
}

type Users<'a> = Vec<(&'a str, &'a Arg)>;

/// The settings that several programs read, by variable.
fn shared(programs: &[Program]) -> BTreeMap<&str, Users<'_>> {
    let mut users: BTreeMap<&str, Users<'_>> = BTreeMap::new();
    for program in programs {
        for setting in program.settings() {
            users.entry(variable(setting)).or_default().push((program.name, setting));
        }
    }
    users.retain(|_, users| users.len() > 1);
    users
}

fn names(users: &Users<'_>) -> String {
    let running = programs().len() - 1;
    let names: Vec<_> = users.iter().map(|(name, _)| *name).collect();
    if names.len() >= running { "all".to_owned() } else { names.join(", ") }
}

/// The default if all programs share it, otherwise the default of each.
fn shared_default(users: &Users<'_>) -> String {
    let first = default(users[0].1);
    if users.iter().all(|(_, setting)| default(setting) == first) {
        return first;
    }
    let each: Vec<_> =
        users.iter().map(|(name, setting)| format!("{name} {}", default(setting))).collect();
    each.join(", ")
}

fn default(setting: &Arg) -> String {
    if matches!(setting.get_action(), ArgAction::SetTrue) {
        return code("false");
    }
    let values: Vec<_> =
        setting.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    code(&values.join(","))
}

fn flag(setting: &Arg) -> String {
    setting.get_long().map(|long| code(&format!("--{long}"))).unwrap_or_default()
}

fn help(setting: &Arg) -> String {
    let text = setting.get_long_help().or_else(|| setting.get_help());
    let text = sentence(&text.map(ToString::to_string).unwrap_or_default());
    let choices = setting.get_possible_values();
    let names: Vec<_> = choices.iter().map(|choice| code(choice.get_name())).collect();
    if names.is_empty() || names == ["`true`", "`false`"] {
        return text;
    }
    format!("{text} One of {}.", names.join(", "))
}

/// Joins the lines, and adds the full stop that clap removes.
fn sentence(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
    if text.is_empty() || text.ends_with(['.', ':']) { text } else { format!("{text}.") }
}

fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

fn section(page: &mut String, title: &str, text: &str) {
    let _ = write!(page, "\n## {title}\n\n{text}\n\n");
}

fn head(page: &mut String) {
    page.push_str("| variable | flag | default | |\n|---|---|---|---|\n");
}

fn row(page: &mut String, variable: &str, flag: &str, default: &str, help: &str) {
    let _ = writeln!(page, "| `{variable}` | {flag} | {default} | {help} |");
}
