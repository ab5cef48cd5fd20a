//! `velox orders`.

use crate::account_owner;
use crate::context::{Context, Verdict};
use crate::engine_state::{Answers, ask};
use crate::events::quantity;
use crate::words::{or_dash, time};
use anyhow::{Result, bail};
use messages::{GetOpenOrders, Query, Response, RestingOrder, Symbol};
use serde_json::json;

const EXAMPLES: &str = "\
Examples:
  velox orders you@example.com
  velox orders you@example.com --asset BTCUSDT --json";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The account's id or, for the first account, its owner's email, case-insensitive.
    account: String,
    /// Show only the orders in this instrument.
    #[arg(long, value_name = "SYMBOL")]
    asset: Option<Symbol>,
}

pub async fn run(arguments: Arguments, context: &Context) -> Result<Verdict> {
    let owned = account_owner::find(context, &arguments.account).await?;
    let query = Query::GetOpenOrders(GetOpenOrders { asset: arguments.asset });
    let Answers { source, responses } = ask(context, owned.id, [query]).await?;
    let orders = match responses {
        Some([Response::OpenOrders { orders }]) => orders,
        // An account that the engine does not know has no orders.
        None => Vec::new(),
        Some([other]) => bail!("unexpected response: {other:?}"),
    };
    let output = &context.output;
    if output.is_json() {
        output.document(&json!({
            "userId": owned.user.id, "accountId": owned.id, "email": owned.user.email,
            "source": source, "orders": orders,
        }))?;
        return Ok(Verdict::Well);
    }
    output.facts(&[
        ("email", owned.user.shown_email()),
        ("user", owned.user.id.to_string()),
        ("account", format!("{} {}", owned.id, owned.name())),
        ("source", source),
    ])?;
    output.heading(&format!("Resting orders: {}", orders.len()))?;
    if !orders.is_empty() {
        let names = [
            "order",
            "client id",
            "asset",
            "side",
            "kind",
            "in force",
            ">qty",
            ">price",
            ">trigger",
            ">reserved",
            "works for",
            "placed",
        ];
        output.table(names, orders.iter().map(row))?;
    }
    Ok(Verdict::Well)
}

fn row(RestingOrder { order, stop_price }: &RestingOrder) -> [String; 12] {
    let until = order.expires_at_ms.map_or_else(String::new, |ms| format!(" {}", time(ms)));
    let works_for = match (order.position_id, order.position_side) {
        (Some(position), _) => position.to_string(),
        (None, Some(side)) => side.to_string(),
        (None, None) => "–".to_owned(),
    };
    let reduces = if order.reduce_only { " reduce only" } else { "" };
    [
        order.order_id.to_string(),
        or_dash(order.client_order_id.as_ref()),
        order.asset.to_string(),
        order.side.to_string(),
        format!("{}{reduces}", order.kind),
        format!("{}{until}", order.time_in_force),
        quantity(order),
        or_dash(order.price),
        // An active trailing stop waits for its stop price.
        or_dash(stop_price.or(order.trigger_price)),
        order.reserved.to_string(),
        works_for,
        time(order.created_at_ms),
    ]
}
