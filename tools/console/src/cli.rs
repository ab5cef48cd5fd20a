//! The command line: the list of commands, and their exit codes.

use crate::context::{Absent, Context, Verdict};
use crate::output::Output;
use crate::{
    account, adopt, backup, completions, dead_letters, market, operate, order, orders, position,
    price, replay, reshard, restore, snapshots, status, streams_table, timescale,
};
use anyhow::Result;
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use service::{DatabaseArgs, RedisArgs};
use std::io;
use std::process::ExitCode;

/// The exit code if there is a problem, or something was not found.
const NOT_WELL: u8 = 1;
/// The exit code if the command could not be carried out.
const FAILED: u8 = 2;

const EXAMPLES: &str = "\
Examples:
  velox status
  velox status --json | jq .problems
  velox order show 0853d9e4-965f-518c-9cd8-65029e3511e3
  velox backup /var/backups/velox/today

Exit codes: 0 success; 1 a problem was found, or something was not found; 2 the command could not \
be carried out.";

/// Operates a Velox installation: status, history, backups and repairs.
#[derive(Parser)]
#[command(name = "velox", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Print JSON instead of tables.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    redis: RedisArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// The commands, each in a file of its own.
#[derive(Subcommand)]
enum Command {
    /// Checks services, engine, lag, snapshots, prices, dead letters and the ledger.
    Status(status::Arguments),
    /// Lists all streams with length, memory and consumer groups.
    Streams(streams_table::Arguments),
    /// Lists, shows, retries or drops entries that could not be processed.
    DeadLetters(dead_letters::Arguments),
    /// Lists, shows or verifies the engine's snapshots.
    Snapshots(snapshots::Arguments),
    /// Shows an account's state in the engine, and its closed orders; verifies its statement.
    Account(account::Arguments),
    /// Lists the resting orders of an account.
    Orders(orders::Arguments),
    /// Shows the complete history of an order.
    Order(order::Arguments),
    /// Shows a position with its orders, fills and events.
    Position(position::Arguments),
    /// Lists the instruments, shows the parameters of one, or changes them.
    Market(market::Arguments),
    /// Replays a part of the history without side effects, and prints the events.
    Replay(replay::Arguments),
    /// Pauses trading: new orders are refused; positions can still be changed and closed.
    Pause(operate::Pause),
    /// Resumes trading: new orders are accepted again.
    Resume(operate::Resume),
    /// Adds money to an account, or subtracts it.
    AdjustBalance(operate::AdjustBalance),
    /// Accepts a price that the feed holds back.
    Price(price::Arguments),
    /// Writes a backup of the database and the streams; services can keep running.
    Backup(backup::Arguments),
    /// Restores a backup into an empty Redis and PostgreSQL.
    Restore(restore::Arguments),
    /// Restores a backup into an empty Redis and PostgreSQL, with its accounts divided into SHARDS shards.
    Reshard(reshard::Arguments),
    /// Continues from the newest sound snapshot after Redis has lost or damaged its streams.
    Adopt(adopt::Arguments),
    /// Converts a database without TimescaleDB.
    Timescale(timescale::Arguments),
    /// Prints a completion script for a shell.
    Completions(completions::Arguments),
}

/// Runs the command that the process was given.
pub async fn main() -> ExitCode {
    let parsed = command().try_get_matches().and_then(|found| Cli::from_arg_matches(&found));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) if is_about_the_database(&error) => {
            eprintln!(
                "velox: DATABASE_URL is not a URL like postgres://user:password@host:port/database"
            );
            return ExitCode::from(FAILED);
        }
        Err(error) => error.exit(),
    };
    match run(cli).await {
        Ok(Verdict::Well) => ExitCode::SUCCESS,
        Ok(Verdict::NotWell) => ExitCode::from(NOT_WELL),
        // The reader of the output has closed the pipe.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("velox: {error:#}");
            ExitCode::from(if error.is::<Absent>() { NOT_WELL } else { FAILED })
        }
    }
}

/// Builds the parser, with the global options allowed anywhere.
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
        Command::Orders(arguments) => orders::run(arguments, &context).await,
        Command::Order(arguments) => order::run(&arguments, &context).await,
        Command::Position(arguments) => position::run(&arguments, &context).await,
        Command::Market(arguments) => market::run(arguments, &context).await,
        Command::Replay(arguments) => replay::run(&arguments, &context).await,
        Command::Pause(arguments) => operate::pause(arguments, &context).await,
        Command::Resume(arguments) => operate::resume(arguments, &context).await,
        Command::AdjustBalance(arguments) => operate::adjust_balance(arguments, &context).await,
        Command::Price(arguments) => price::run(arguments, &context).await,
        Command::Backup(arguments) => backup::run(&arguments, &context, &cli.database).await,
        Command::Restore(arguments) => restore::run(&arguments, &context, &cli.database).await,
        Command::Reshard(arguments) => reshard::run(&arguments, &context, &cli.database).await,
        Command::Adopt(arguments) => adopt::run(&arguments, &context).await,
        Command::Timescale(arguments) => timescale::run(&arguments, &context).await,
        Command::Completions(_) => unreachable!("it has returned above"),
    }
}

/// Returns whether an error concerns the database URL: clap would print the value with its
/// password.
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
