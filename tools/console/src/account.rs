//! `velox account`.

use crate::context::{Context, Verdict, absent};
use crate::engine_state::{Answers, ask};
use crate::statement;
use crate::words::{or_dash, time, unix_ms};
use anyhow::{Context as _, Result, bail};
use messages::{BalanceSheet, OpenPosition, Query, Response, UserId};
use price::{Price, Qty, Usd};
use serde_json::{Value, json};
use store::closed_orders::{self, Row};
use time::OffsetDateTime;
use uuid::Uuid;

const EXAMPLES: &str = "\
Examples:
  velox account show you@example.com
  velox account show you@example.com --closed 50 --json";

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
        /// The account's email, case-insensitive.
        email: String,
        /// The number of closed orders to show.
        #[arg(long, default_value_t = 10)]
        closed: u32,
    },
    /// Checks that the lines of a statement add up to what the account holds.
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify {
        /// The account's email, case-insensitive, or its user id.
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

/// A row of `users`, without the password.
pub struct User {
    pub id: Uuid,
    pub email: String,
    phone: i64,
    created_at: OffsetDateTime,
}

/// The engine's state of an account, and the source of this information.
struct Holdings {
    source: String,
    /// None if the engine does not know the account.
    known: Option<(BalanceSheet, Vec<OpenPosition>)>,
}

pub async fn run(arguments: Arguments, context: &Context) -> Result<Verdict> {
    match arguments.action {
        Action::Show { email, closed } => show(context, &email, closed).await,
        Action::Verify { account, all: _, carry_over } => {
            let only = match account {
                Some(account) => Some(user_id(context, &account).await?),
                None => None,
            };
            statement::verify(context, only, carry_over).await
        }
    }
}

async fn user_id(context: &Context, account: &str) -> Result<UserId> {
    match account.parse() {
        Ok(user_id) => Ok(user_id),
        Err(_) => Ok(UserId(find(context, account).await?.id)),
    }
}

async fn show(context: &Context, email: &str, closed: u32) -> Result<Verdict> {
    let user = find(context, email).await?;
    let closed = closed_orders(context, UserId(user.id), closed).await?;
    let queries = [Query::GetBalance, Query::GetUserOrders];
    let Answers { source, responses } = ask(context, UserId(user.id), queries).await?;
    let known = match responses {
        Some([Response::Balance { balance }, Response::Positions { orders }]) => {
            Some((balance, orders))
        }
        None => None,
        other => bail!("unexpected response: {other:?}"),
    };
    let holdings = Holdings { source, known };
    if context.output.is_json() {
        context.output.document(&json(&user, &holdings, &closed))?;
    } else {
        print(context, &user, &holdings, &closed)?;
    }
    Ok(Verdict::Well)
}

/// Finds the user with this email.
pub async fn find(context: &Context, email: &str) -> Result<User> {
    sqlx::query_as!(
        User,
        "select id, email, phone, created_at from users where lower(email) = lower($1)",
        email,
    )
    .fetch_optional(&context.pool)
    .await
    .context("users can't be read from PostgreSQL")?
    .ok_or_else(|| absent(format!("no user has the email {email}")))
}

async fn closed_orders(context: &Context, user_id: UserId, count: u32) -> Result<Vec<Row>> {
    let rows = closed_orders::page(&context.pool, user_id, None, count.into()).await;
    rows.context("closed orders can't be read from PostgreSQL")
}

fn print(context: &Context, user: &User, holdings: &Holdings, closed: &[Row]) -> Result<()> {
    let output = &context.output;
    let mut facts = vec![
        ("email", user.email.clone()),
        ("user", user.id.to_string()),
        ("phone", user.phone.to_string()),
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
        return output.say(
            "the engine has no account for this user yet: it is created by the first request",
        );
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

fn json(user: &User, holdings: &Holdings, closed: &[Row]) -> Value {
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
            "userId": user.id, "email": user.email, "phone": user.phone.to_string(),
            "createdAt": unix_ms(user.created_at),
        },
        "source": holdings.source, "balance": sheet, "openOrders": open, "closedOrders": closed,
    })
}
