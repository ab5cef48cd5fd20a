//! The lines of an account's statement, derived from its events. Their sum is always all that the
//! account has: its balance, its used margin, and what is reserved.

use crate::account::Event;
use crate::amount::read;
use serde_json::Value;
use std::collections::BTreeMap;

/// One line of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The owner of the account.
    pub user_id: String,
    /// The kind, such as `COMMISSION`.
    pub kind: &'static str,
    /// The amount that came in, negative if it went out.
    pub amount: i128,
}

/// The lines of an event. What is zero has none.
pub fn lines(event: &Event) -> Vec<Line> {
    let told = &event.payload;
    let amount = |of: &Value, name: &str| read(of, name).unwrap_or(0);
    let amounts = match event.kind {
        "USER_REGISTERED" => vec![("TRANSFER", amount(told, "depositInt"))],
        "BALANCE_ADJUSTED" => vec![("ADJUSTMENT", amount(told, "amountInt"))],
        "ACCOUNT_RESET" => {
            vec![("TRANSFER", amount(told, "balanceInt") - amount(told, "previousInt"))]
        }
        "FUNDING_SETTLED" => vec![("FUNDING_FEE", amount(told, "amountInt"))],
        _ => {
            // A close without an execution is the only one of its position, and cost no fee.
            let closed = if event.kind == "ORDER_CLOSED" { &told["order"] } else { &Value::Null };
            let fill = &told["execution"]["fill"];
            let realized = read(fill, "realizedPnLInt").or(read(closed, "finalPnLInt"));
            vec![
                ("REALIZED_PNL", realized.unwrap_or(0)),
                ("COMMISSION", -amount(fill, "feeInt")),
                ("LIQUIDATION_FEE", -amount(closed, "liquidationFeeInt")),
            ]
        }
    };
    let line = |(kind, amount)| Line { user_id: event.user_id.clone(), kind, amount };
    amounts.into_iter().filter(|(_, amount)| *amount != 0).map(line).collect()
}

/// The sums of all lines of events, by account.
pub fn sums<'a>(events: impl IntoIterator<Item = &'a Event>) -> BTreeMap<String, i128> {
    let mut sums = BTreeMap::new();
    for line in events.into_iter().flat_map(lines) {
        *sums.entry(line.user_id).or_default() += line.amount;
    }
    sums
}
