//! `velox account`.

use crate::account_owner::{self, Owned};
use crate::context::{Context, Verdict};
use crate::engine_state::{Answers, ask};
use crate::statement;
use crate::words::{or_dash, time, unix_ms};
use anyhow::{Context as _, Result, bail};
use messages::{BalanceSheet, OpenPosition, Query, Response, UserId};
use price::{Price, Qty, Usd};
use serde_json::{Value, json};
use store::accounts;
use store::closed_orders::{self, Filter, Row};

const EXAMPLES: &str = "\
Examples:
  velox account show you@example.com
  velox account show you@example.com --closed 50 --json
  velox account show 01a2299a-2fc0-728a-b5e7-dae8017ad686";

const LIST_EXAMPLES: &str = "\
Examples:
  velox account list you@example.com
  velox account list you@example.com --json";

const VERIFY_EXAMPLES: &str = "\
Examples:
  velox account verify you@example.com
  velox account verify --all
  velox account verify --all --carry-over    once, after the upgrade to the version with statements

Nothing is written without --carry-over, and no engine is needed. Events that db-worker has not \
written yet count as well.";

#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Shows the balance, the open positions and the last closed orders.
    #[command(after_help = EXAMPLES)]
    Show {
        /// The account's id or, for the first account, its owner's email, case-insensitive.
        account: String,
        /// The number of closed orders to show.
        #[arg(long, default_value_t = 10)]
        closed: u32,
    },
    /// Lists the accounts of a user.
    #[command(after_help = LIST_EXAMPLES)]
    List {
        /// The user's email, case-insensitive, or the id of an account.
        user: String,
    },
    /// Checks that the lines of a statement add up to what the account holds.
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify {
        /// The account's id or, for the first account, its owner's email, case-insensitive.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        account: Option<String>,
        /// Check every account.
        #[arg(long)]
        all: bool,
        /// Write what accounts that are older than their statements held before as the first line.
        #[arg(long)]
        carry_over: bool,
    },
}

/// The engine's state of an account, and the source of this information.
struct Holdings {
    source: String,
    /// None if the engine does not know the account.
    known: Option<(BalanceSheet, Vec<OpenPosition>)>,
}

pub async fn run(arguments: Arguments, context: &Context) -> Result<Verdict> {
    match arguments.action {
        Action::Show { account, closed } => show(context, &account, closed).await,
        Action::List { user } => list(context, &user).await,
        Action::Verify { account, all: _, carry_over } => {
            let only = match account {
                Some(account) => Some(account_id(context, &account).await?),
                None => None,
            };
            statement::verify(context, only, carry_over).await
        }
    }
}

/// Returns an account's id. One that was given as an id need not be in the database.
async fn account_id(context: &Context, account: &str) -> Result<UserId> {
    match account.parse() {
        Ok(account_id) => Ok(account_id),
        Err(_) => Ok(account_owner::find(context, account).await?.id),
    }
}

async fn show(context: &Context, account: &str, closed: u32) -> Result<Verdict> {
    let owned = account_owner::find(context, account).await?;
    let closed = closed_orders(context, owned.id, closed).await?;
    let queries = [Query::GetBalance, Query::GetUserOrders];
    let Answers { source, responses } = ask(context, owned.id, queries).await?;
    let known = match responses {
        Some([Response::Balance { balance }, Response::Positions { orders }]) => {
            Some((balance, orders))
        }
        None => None,
        other => bail!("unexpected response: {other:?}"),
    };
    let holdings = Holdings { source, known };
    if context.output.is_json() {
        context.output.document(&json(&owned, &holdings, &closed))?;
    } else {
        print(context, &owned, &holdings, &closed)?;
    }
    Ok(Verdict::Well)
}

async fn list(context: &Context, user: &str) -> Result<Verdict> {
    let user = account_owner::find_user(context, user).await?;
    let rows = accounts::of_user(&context.pool, UserId(user.id)).await;
    let rows = rows.context("accounts can't be read from PostgreSQL")?;
    let output = &context.output;
    if output.is_json() {
        let accounts = rows.iter().map(|row| account_json(UserId(row.account_id), Some(row)));
        let accounts: Vec<Value> = accounts.collect();
        output.document(&json!({
            "userId": user.id, "email": user.email, "accounts": accounts,
        }))?;
        return Ok(Verdict::Well);
    }
    output.facts(&[("email", user.shown_email()), ("user", user.id.to_string())])?;
    output.heading(&format!("Accounts: {}", rows.len()))?;
    if !rows.is_empty() {
        let names = ["account", "name", "opened", "closed", "reset", ">began with", "leaderboard"];
        output.table(names, rows.iter().map(account_row))?;
    }
    Ok(Verdict::Well)
}

fn account_row(row: &accounts::Row) -> [String; 7] {
    [
        row.account_id.to_string(),
        row.name.clone(),
        time(unix_ms(row.opened_at)),
        or_dash(row.closed_at.map(|moment| time(unix_ms(moment)))),
        or_dash(row.reset_at.map(|moment| time(unix_ms(moment)))),
        or_dash(row.starting_balance.map(Usd::from)),
        if row.on_leaderboard { "yes" } else { "no" }.to_owned(),
    ]
}

fn account_json(id: UserId, row: Option<&accounts::Row>) -> Value {
    json!({
        "accountId": id,
        "name": row.map(|row| &row.name),
        "openedAt": row.map(|row| unix_ms(row.opened_at)),
        "closedAt": row.and_then(|row| row.closed_at).map(unix_ms),
        "resetAt": row.and_then(|row| row.reset_at).map(unix_ms),
        "startingBalanceInt": row.and_then(|row| row.starting_balance).map(|b| b.to_string()),
        "onLeaderboard": row.map(|row| row.on_leaderboard),
    })
}

async fn closed_orders(context: &Context, user_id: UserId, count: u32) -> Result<Vec<Row>> {
    let rows =
        closed_orders::page(&context.pool, user_id, &Filter::default(), None, count.into()).await;
    rows.context("closed orders can't be read from PostgreSQL")
}

fn print(context: &Context, owned: &Owned, holdings: &Holdings, closed: &[Row]) -> Result<()> {
    let (output, user) = (&context.output, &owned.user);
    let mut facts = vec![
        ("email", user.shown_email()),
        ("user", user.id.to_string()),
        ("account", format!("{} {}", owned.id, owned.name())),
        ("phone", user.shown_phone().unwrap_or_else(|| "–".to_owned())),
        ("signed up", time(unix_ms(user.created_at))),
        ("source", holdings.source.clone()),
    ];
    if let Some((sheet, _)) = &holdings.known {
        facts.extend([
            ("balance", sheet.balance.to_string()),
            ("used margin", sheet.used_margin.to_string()),
            ("reserved", sheet.reserved.to_string()),
            ("unrealized P&L", sheet.unrealized_pnl.to_string()),
            ("equity", sheet.equity.to_string()),
        ]);
    }
    output.facts(&facts)?;
    let Some((_, open)) = &holdings.known else {
        return output
            .say("the engine does not have this account yet: it is created by the first request");
    };
    output.heading(&format!("Open positions: {}", open.len()))?;
    if !open.is_empty() {
        let names = [
            "order",
            "asset",
            "side",
            ">lev",
            ">qty",
            ">entry",
            ">now",
            ">margin",
            ">P&L",
            ">liquidation",
            ">SL",
            ">TP",
        ];
        output.table(names, open.iter().map(open_row))?;
    }
    output.heading(&format!("Closed orders: the last {}", closed.len()))?;
    if !closed.is_empty() {
        let names = [
            "order", "asset", "side", ">lev", ">qty", ">entry", ">close", ">P&L", "reason",
            "closed",
        ];
        output.table(names, closed.iter().map(closed_row))?;
    }
    Ok(())
}

fn open_row(open: &OpenPosition) -> [String; 12] {
    let order = &open.order;
    [
        order.order_id.to_string(),
        order.asset.to_string(),
        order.side.to_string(),
        format!("{}x", order.leverage),
        order.qty.to_string(),
        order.entry_price.to_string(),
        open.mark_price.to_string(),
        order.margin.to_string(),
        open.unrealized_pnl.to_string(),
        order.liquidation_price.to_string(),
        or_dash(order.stop_loss),
        or_dash(order.take_profit),
    ]
}

fn closed_row(row: &Row) -> [String; 10] {
    [
        row.order_id.to_string(),
        row.asset.clone(),
        row.side.clone(),
        format!("{}x", row.leverage),
        Qty::from(row.qty).to_string(),
        Price::from(row.entry_price).to_string(),
        Price::from(row.close_price).to_string(),
        Usd::from(row.final_pnl).to_string(),
        row.close_reason.clone(),
        time(unix_ms(row.closed_at)),
    ]
}

fn json(owned: &Owned, holdings: &Holdings, closed: &[Row]) -> Value {
    let user = &owned.user;
    let (sheet, open) = holdings.known.as_ref().map_or((None, Vec::new()), |(sheet, open)| {
        (Some(views::BalanceSheet::from(sheet)), open.iter().map(views::OpenOrder::from).collect())
    });
    let closed: Vec<Value> = closed
        .iter()
        .map(|row| {
            json!({
                "orderId": row.order_id, "asset": row.asset, "orderType": row.side,
                "leverage": row.leverage, "qtyInt": row.qty.to_string(),
                "executionPriceInt": row.entry_price.to_string(),
                "closePriceInt": row.close_price.to_string(),
                "finalPnLInt": row.final_pnl.to_string(), "closeReason": row.close_reason,
                "closedAt": unix_ms(row.closed_at),
            })
        })
        .collect();
    json!({
        "user": {
            "userId": user.id, "email": user.email, "phone": user.shown_phone(),
            "createdAt": unix_ms(user.created_at),
        },
        "account": account_json(owned.id, owned.row.as_ref()),
        "source": holdings.source, "balance": sheet, "openOrders": open, "closedOrders": closed,
    })
}
