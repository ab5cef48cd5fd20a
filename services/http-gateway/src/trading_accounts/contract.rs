//! The errors and the response bodies of the operations on accounts.

use crate::clock::milliseconds;
use crate::error::{ApiError, error_sets};
use crate::json::True;
use messages::{PositionMode, Rejection};
use price::Usd;
use serde::Serialize;
use store::accounts::Row;
use utoipa::ToSchema;
use uuid::Uuid;
use views::{Account, BalanceSheet};

error_sets! {
    /// Errors of a path with an account's id.
    WrongAccount = [
        ApiError::field("accountId", "must be the UUID of an account"),
        ApiError::AccountNotFound,
    ];
    /// Errors of an account's name.
    WrongName = [
        ApiError::field("name", "must have 1 to 40 characters, no control or invisible characters, \
            and no space at either end"),
        ApiError::AccountNameTaken,
    ];
    /// Errors of opening an account.
    OpeningAccount = [
        ApiError::field("balance", "must be from 100 to 1000000"),
        ApiError::TooManyAccounts(10),
        ApiError::TooManyClosedAccounts(100),
        ApiError::KeyReused,
    ];
    /// Errors of a reset.
    ResettingAccount = [
        ApiError::field("balance", "must be from 100 to 1000000"),
        ApiError::Rejected(Rejection::InvalidResetBalance),
        ApiError::KeyAccountMismatch,
    ];
    /// Errors of closing an account.
    ClosingAccount = [ApiError::FirstAccount, ApiError::AccountNotFlat];
}

/// An account of a user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TradingAccount {
    /// The account's id, which the header `X-Account` takes.
    #[schema(examples("01a2299a-2fc0-728a-b5e7-dae8017ad686"))]
    account_id: Uuid,
    /// The name that its owner has given it.
    #[schema(min_length = 1, max_length = 40, examples("Grid bot"))]
    name: String,
    /// Whether it is the user's first account, which requests are about that name no other.
    first: bool,
    /// The position mode; null while the engine is unavailable.
    #[schema(required, value_type = Option<String>, examples("separate"))]
    mode: Option<PositionMode>,
    /// The time at which it was opened, in Unix milliseconds.
    #[schema(minimum = 0)]
    opened_at: u64,
    /// The time at which it was closed, in Unix milliseconds; null if it is open.
    #[schema(required, minimum = 0)]
    closed_at: Option<u64>,
    /// The time of its last reset, in Unix milliseconds; null if there was none.
    #[schema(required, minimum = 0)]
    reset_at: Option<u64>,
    /// The balance with which it began, or began again with the last reset. In USD, as a decimal of up
    /// to 8 decimals. Null if it is not known, of accounts from before there were several.
    #[schema(required, examples("1000"))]
    starting_balance: Option<String>,
    /// `startingBalance` as an integer at scale 10^8.
    #[schema(required, examples("100000000000"))]
    starting_balance_int: Option<String>,
    /// Whether it takes part in the leaderboard.
    on_leaderboard: bool,
    /// The account, valued at the current prices; null while the engine is unavailable.
    #[schema(required)]
    balance: Option<BalanceSheet>,
}

impl TradingAccount {
    pub fn of(row: &Row, balance: Option<BalanceSheet>, mode: Option<PositionMode>) -> Self {
        let began_with = row.starting_balance.map(Usd::from);
        Self {
            account_id: row.account_id,
            name: row.name.clone(),
            first: row.is_first(),
            mode,
            opened_at: milliseconds(row.opened_at),
            closed_at: row.closed_at.map(milliseconds),
            reset_at: row.reset_at.map(milliseconds),
            starting_balance: began_with.map(|amount| amount.to_string()),
            starting_balance_int: began_with.map(|amount| amount.scaled().to_string()),
            on_leaderboard: row.on_leaderboard,
            balance,
        }
    }
}

/// The accounts of a user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountList {
    /// Always true.
    pub success: True,
    /// The accounts: the first one, then the others in the order in which they were opened.
    pub accounts: Vec<TradingAccount>,
}

/// An account after a request.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AccountAnswer)]
pub struct AccountResponse {
    /// Always true.
    pub success: True,
    /// The account.
    pub account: TradingAccount,
    /// Present and true if the request succeeded before and changed nothing this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub repeated: Option<True>,
}

/// An account after a reset.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountReset {
    /// Always true.
    pub success: True,
    /// The account, without positions and orders.
    pub account: Account,
}
