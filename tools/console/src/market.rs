//! `velox market`: the instruments and their parameters, and changes of them.

mod effects;
mod parameters;
mod report;
mod set;
mod spelled;

use crate::context::{Context, Verdict, absent};
use anyhow::{Result, bail};
use clap::Subcommand;
use markets::Markets;
use messages::{Instrument, Symbol};
use parameters::{percent, word};
use serde_json::json;
use views::Market;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lists all instruments.
    List(List),
    /// Shows all parameters of an instrument, as the engine applies them.
    Show(Show),
    /// Lists instruments or changes their parameters as a file says, and first shows what that
    /// closes.
    Set(set::Arguments),
}

const LIST_EXAMPLES: &str = "\
Examples:
  velox market list
  velox market list --json | jq -r '.[].symbol'";

#[derive(clap::Args)]
#[command(after_help = LIST_EXAMPLES)]
struct List {}

const SHOW_EXAMPLES: &str = "\
Examples:
  velox market show BTCUSDT
  velox market show BTCUSDT --json | jq .brackets";

#[derive(clap::Args)]
#[command(after_help = SHOW_EXAMPLES)]
struct Show {
    /// The symbol.
    symbol: Symbol,
}

pub async fn run(arguments: Arguments, context: &Context) -> Result<Verdict> {
    match arguments.command {
        Command::List(_) => list(&published(context).await?, context),
        Command::Show(arguments) => show(arguments.symbol, &published(context).await?, context),
        Command::Set(arguments) => set::run(arguments, context).await,
    }
}

async fn published(context: &Context) -> Result<Markets> {
    let markets = markets::published(&context.redis).await?;
    if markets.is_empty() {
        bail!("the engine has not listed the instruments yet");
    }
    Ok(markets)
}

fn list(markets: &Markets, context: &Context) -> Result<Verdict> {
    let output = &context.output;
    if output.is_json() {
        let markets: Vec<Market> = markets.all().iter().map(Market::from).collect();
        output.document(&json!(markets))?;
        return Ok(Verdict::Well);
    }
    let names = [
        "symbol",
        "name",
        ">leverage",
        ">spread",
        ">maker fee",
        ">taker fee",
        ">funding",
        "liquidated by",
        "status",
    ];
    output.table(names, markets.all().iter().map(row))?;
    Ok(Verdict::Well)
}

fn row(instrument: &Instrument) -> [String; 9] {
    let funding = instrument.funding.map(|funding| format!("{} h", funding.interval_hours));
    [
        instrument.symbol.to_string(),
        instrument.name.clone(),
        format!("{}x", instrument.max_leverage),
        percent(instrument.spread_bps * 100),
        percent(instrument.maker_fee_ppm),
        percent(instrument.taker_fee_ppm),
        funding.unwrap_or_else(|| "none".to_owned()),
        word(instrument.liquidation_model),
        word(instrument.status),
    ]
}

fn show(symbol: Symbol, markets: &Markets, context: &Context) -> Result<Verdict> {
    let Some(instrument) = markets.get(symbol) else {
        return Err(absent(format!("{symbol} is not listed; it is one of {}", markets.names())));
    };
    let output = &context.output;
    if output.is_json() {
        output.document(&Market::from(instrument))?;
        return Ok(Verdict::Well);
    }
    output.facts(&parameters::facts(instrument))?;
    if !instrument.brackets.is_empty() {
        output.heading("Brackets")?;
        let names = [">notional up to", ">leverage", ">maintenance margin", ">less"];
        output.table(names, instrument.brackets.iter().map(parameters::bracket))?;
    }
    Ok(Verdict::Well)
}
