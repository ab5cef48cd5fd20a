//! `velox market set`: lists instruments or changes their parameters, by entries of
//! `request:stream`.

use super::effects::{self, Effects};
use super::report::Report;
use super::spelled::differences;
use crate::context::{Context, Verdict, absent};
use crate::history::Replay;
use crate::operate::carry_out_for;
use anyhow::{Context as _, Result, bail};
use clap::builder::NonEmptyStringValueParser;
use exchange::Exchange;
use markets::Markets;
use messages::{Attribution, EntryId, Instrument, Request, Symbol};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  velox market set --markets new.toml --dry-run
  velox market set BTCUSDT ETHUSDT --markets new.toml --dry-run --json
  velox market set --markets new.toml --by mia --reason 'new brackets' --accept-liquidations

The file is a list of instruments like markets.toml. Give a copy of the one that the engine reads \
(MARKETS_FILE), and write the copy into that one afterwards: the engine applies its own file again \
when it starts, when it takes over, and when the file changes, within a second and without asking. \
Instruments that the file does not list are left as they are.";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The instruments to set; all in the file if none is given.
    #[arg(value_name = "SYMBOL")]
    symbols: Vec<Symbol>,
    /// The file with the parameters.
    #[arg(long, value_name = "FILE")]
    markets: PathBuf,
    /// Replaces the spread of every instrument in the file, as it does for the engine.
    #[arg(long, env = "SPREAD_BPS")]
    spread_bps: Option<u32>,
    /// Show what would change, and send nothing.
    #[arg(long)]
    dry_run: bool,
    /// Send changes that liquidate positions, too.
    #[arg(long)]
    accept_liquidations: bool,
    /// The reason. It is recorded in the entries.
    #[arg(long, required_unless_present = "dry_run", value_parser = NonEmptyStringValueParser::new())]
    reason: Option<String>,
    /// Your name.
    #[arg(
        long,
        env = "VELOX_OPERATOR",
        required_unless_present = "dry_run",
        value_parser = NonEmptyStringValueParser::new()
    )]
    by: Option<String>,
}

pub async fn run(arguments: Arguments, context: &Context) -> Result<Verdict> {
    let shards = context.redis.shards().count();
    let wanted = read(&arguments)?;
    let in_shard = wanted.all().iter().map(|instrument| instrument.clone().in_shard(shards));
    let wanted = Markets::from(in_shard.collect::<Vec<_>>());
    let mut report: Option<Report> = None;
    for context in context.each() {
        let mut replay = Replay::to_the_end(&context).await?;
        let mut found = compare(&replay.exchange, &wanted, &arguments.symbols);
        found.until = replay.read;
        found.effects = effects::foresee(&mut replay.exchange, &found.changed)?;
        match &mut report {
            Some(report) => report.add(found),
            None => report = Some(found),
        }
    }
    let mut report = report.context("there is no shard")?;
    let liquidates = !report.effects.liquidations.is_empty();
    let is_refused = liquidates && !arguments.accept_liquidations;
    let Some(attribution) = arguments.attribution() else {
        report.show(context)?;
        return Ok(Verdict::of(!liquidates));
    };
    if is_refused || report.changed.is_empty() {
        report.show(context)?;
        if is_refused {
            bail!("nothing was changed: --accept-liquidations is needed to liquidate positions");
        }
        return Ok(Verdict::Well);
    }
    if !context.output.is_json() {
        report.print(context)?;
    }
    for instrument in &report.changed {
        let request = Request::SetInstrument(Box::new(instrument.clone()));
        carry_out_for(context, request, Some(&attribution)).await?;
        report.set.push(instrument.symbol);
    }
    report.conclude(context)?;
    Ok(Verdict::Well)
}

impl Arguments {
    /// Who and why; none for a dry run.
    fn attribution(&self) -> Option<Attribution> {
        let (by, reason) = (self.by.clone()?, self.reason.clone()?);
        Some(Attribution { by, reason }).filter(|_| !self.dry_run)
    }
}

/// Reads the file as the engine does.
fn read(arguments: &Arguments) -> Result<Markets> {
    let file = &arguments.markets;
    let invalid = "the list of instruments is invalid";
    let mut instruments = markets::read(file).context(invalid)?;
    if let Some(spread_bps) = arguments.spread_bps {
        for instrument in &mut instruments {
            instrument.spread_bps = spread_bps;
            instrument.check().context(invalid)?;
        }
    }
    let wanted = Markets::from(instruments);
    let unknown = arguments.symbols.iter().find(|symbol| wanted.get(**symbol).is_none());
    match unknown {
        Some(symbol) => Err(absent(format!("{symbol} is not in {}", file.display()))),
        None => Ok(wanted),
    }
}

/// Compares the wanted instruments, or those of them that are named, with those of the history.
fn compare(exchange: &Exchange, wanted: &Markets, named: &[Symbol]) -> Report {
    let is_meant =
        |instrument: &&Instrument| named.is_empty() || named.contains(&instrument.symbol);
    let mut report = Report {
        until: EntryId::MIN,
        changed: Vec::new(),
        listed: Vec::new(),
        unchanged: Vec::new(),
        left: Vec::new(),
        differences: Vec::new(),
        effects: Effects::default(),
        set: Vec::new(),
    };
    for new in wanted.all().iter().filter(is_meant) {
        let symbol = new.symbol;
        match exchange.instrument(symbol) {
            Some(before) if before == new => {
                report.unchanged.push(symbol);
                continue;
            }
            Some(before) => {
                let found = differences(before, new).into_iter();
                report.differences.extend(found.map(|difference| (symbol, difference)));
            }
            None => report.listed.push(symbol),
        }
        report.changed.push(new.clone());
    }
    let all = exchange.instruments().map(|instrument| instrument.symbol);
    report.left = all.filter(|symbol| wanted.get(*symbol).is_none()).collect();
    report
}
