//! The command line: which commands there are, and how they end.

use crate::context::{Absent, Context, Verdict};
use crate::output::Output;
use crate::{
    account, adopt, backup, completions, dead_letters, operate, order, price, replay, restore,
    snapshots, status, streams_table, timescale,
};
use anyhow::Result;
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use service::{DatabaseArgs, RedisArgs};
use std::io;
use std::process::ExitCode;

/// Something is not well, or not there.
const NOT_WELL: u8 = 1;
/// The command could not be carried out.
const FAILED: u8 = 2;

const EXAMPLES: &str = "\
Examples:
  velox status
  velox status --json | jq .problems
  velox order show 0853d9e4-965f-518c-9cd8-65029e3511e3
  velox backup /var/backups/velox/today

Exit codes: 0 done, and all is well; 1 something is not well, or not there; 2 the command could not \
be carried out.";

/// Looks after a Velox: what it does, what it has done, and what it would take to do it again.
#[derive(Parser)]
#[command(name = "velox", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Print JSON, for programs, in place of tables.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    redis: RedisArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// One file each.
#[derive(Subcommand)]
enum Command {
    /// Whether all is well: services, engine, lag, snapshots, prices, dead letters, the books.
    Status(status::Arguments),
    /// Every stream: its length, memory, and how far its consumer groups have come.
    Streams(streams_table::Arguments),
    /// Entries that could not be handled: look at them, try them again, drop them.
    DeadLetters(dead_letters::Arguments),
    /// The engine's snapshots: which there are, what is in them, whether they are sound.
    Snapshots(snapshots::Arguments),
    /// An account as the engine has it, and its closed orders.
    Account(account::Arguments),
    /// The whole life of an order.
    Order(order::Arguments),
    /// Runs a part of history again, beside everything, and prints what happened.
    Replay(replay::Arguments),
    /// Refuses new orders from now on; positions are changed and closed as ever.
    Pause(operate::Pause),
    /// Takes new orders again.
    Resume(operate::Resume),
    /// Pays money into an account, or takes some out.
    AdjustBalance(operate::AdjustBalance),
    /// Prices that the feed holds back.
    Price(price::Arguments),
    /// Writes a backup of database and streams while everything runs.
    Backup(backup::Arguments),
    /// Brings a backup back into an empty Redis and PostgreSQL.
    Restore(restore::Arguments),
    /// Goes on from the newest sound snapshot after Redis has lost or damaged its streams.
    Adopt(adopt::Arguments),
    /// The use of TimescaleDB: converts a database that began without it.
    Timescale(timescale::Arguments),
    /// Completions for a shell.
    Completions(completions::Arguments),
}

/// Runs the command that the process was given.
pub async fn main() -> ExitCode {
    let parsed = command().try_get_matches().and_then(|found| Cli::from_arg_matches(&found));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) if is_about_the_database(&error) => {
            eprintln!(
                "velox: DATABASE_URL is no URL like postgres://user:password@host:port/database"
            );
            return ExitCode::from(FAILED);
        }
        Err(error) => error.exit(),
    };
    match run(cli).await {
        Ok(Verdict::Well) => ExitCode::SUCCESS,
        Ok(Verdict::NotWell) => ExitCode::from(NOT_WELL),
        // Whoever reads our output has read enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("velox: {error:#}");
            ExitCode::from(if error.is::<Absent>() { NOT_WELL } else { FAILED })
        }
    }
}

/// With the options that every command takes, wherever they stand.
fn command() -> clap::Command {
    let everywhere = |arg: Arg| match arg.get_id().as_str() {
        "json" => arg.global(true),
        _ => arg.global(true).help_heading("Servers").hide_short_help(true),
    };
    Cli::command().mut_args(everywhere)
}

async fn run(cli: Cli) -> Result<Verdict> {
    let context = match cli.command {
        Command::Completions(arguments) => return completions::run(&arguments, command()),
        _ => Context::open(&cli.redis, &cli.database, Output::new(cli.json))?,
    };
    match cli.command {
        Command::Status(arguments) => status::run(&arguments, &context).await,
        Command::Streams(_) => streams_table::run(&context).await,
        Command::DeadLetters(arguments) => dead_letters::run(arguments, &context).await,
        Command::Snapshots(arguments) => snapshots::run(&arguments, &context).await,
        Command::Account(arguments) => account::run(arguments, &context).await,
        Command::Order(arguments) => order::run(&arguments, &context).await,
        Command::Replay(arguments) => replay::run(&arguments, &context).await,
        Command::Pause(arguments) => operate::pause(arguments, &context).await,
        Command::Resume(arguments) => operate::resume(arguments, &context).await,
        Command::AdjustBalance(arguments) => operate::adjust_balance(arguments, &context).await,
        Command::Price(arguments) => price::run(arguments, &context).await,
        Command::Backup(arguments) => backup::run(&arguments, &context, &cli.database).await,
        Command::Restore(arguments) => restore::run(&arguments, &context, &cli.database).await,
        Command::Adopt(arguments) => adopt::run(&arguments, &context).await,
        Command::Timescale(arguments) => timescale::run(&arguments, &context).await,
        Command::Completions(_) => unreachable!("it has returned above"),
    }
}

/// clap would print the value, and the password in it.
fn is_about_the_database(error: &clap::Error) -> bool {
    let argument = error.get(ContextKind::InvalidArg);
    matches!(argument, Some(ContextValue::String(name)) if name.starts_with("--database-url"))
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
    io.is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_an_example() {
        let mut commands = vec![command()];
        while let Some(command) = commands.pop() {
            let has_more = command.has_subcommands();
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(has_more || help.contains("Example"), "{}", command.get_name());
            commands.extend(command.get_subcommands().cloned());
        }
    }
}
