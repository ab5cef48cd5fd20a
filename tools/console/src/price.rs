//! `velox price`: accepts a price that the feed holds back.

use crate::confirm::confirm;
use crate::context::{Context, Verdict, absent};
use crate::words::age;
use anyhow::{Result, bail};
use clap::Subcommand;
use messages::{FEED_STATUS, FeedStatus, Symbol, accepted_price_key};
use serde_json::json;
use std::time::Duration;

/// The expiry of an accepted price: a poller that starts hours later must not apply it.
const EXPIRY: Duration = Duration::from_secs(10);

#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Accepts the held price: positions whose triggers it reaches are closed at the next trade.
    Accept(Accept),
}

const EXAMPLES: &str = "\
Examples:
  velox price accept BTCUSDT
  velox price accept BTCUSDT --yes";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
struct Accept {
    /// The symbol whose price is held or paused.
    symbol: Symbol,
    /// Do not ask for confirmation.
    #[arg(long)]
    yes: bool,
}

pub async fn run(arguments: Arguments, context: &Context) -> Result<Verdict> {
    match arguments.command {
        Command::Accept(arguments) => accept(&arguments, context).await,
    }
}

async fn accept(arguments: &Accept, context: &Context) -> Result<Verdict> {
    let symbol = arguments.symbol;
    let json = context.redis.get(FEED_STATUS).await?;
    let status: FeedStatus = match json {
        Some(json) => serde_json::from_str(&json)?,
        None => bail!("the price-poller is not running"),
    };
    let disputed = status.disputed.iter().find(|price| price.symbol == symbol);
    let Some((disputed, held)) = disputed.and_then(|price| Some((price, price.held?))) else {
        return Err(absent(format!("no price of {symbol} is held")));
    };
    let since = age(disputed.since_ms);
    let question = format!(
        "{symbol} is held at {held} ({}, for {since}). Positions whose triggers this price reaches \
         are closed. Accept it?",
        disputed.reason
    );
    confirm(arguments.yes, &question)?;
    context.redis.set_expiring(&accepted_price_key(symbol), &held.to_string(), EXPIRY).await?;
    if context.output.is_json() {
        context.output.document(&json!({ "symbol": symbol, "accepted": held.to_string() }))?;
    } else {
        context.output.say(format_args!("{symbol} continues from {held} with its next trade"))?;
    }
    Ok(Verdict::Well)
}
