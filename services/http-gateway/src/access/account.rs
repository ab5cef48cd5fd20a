//! The trading account that a request is about.
//!
//! A person has one or more accounts, and the first has the person's id. The types keep the two apart:
//! what is sent to the engine or read from the history is of an account ([`AccountId`]); sessions,
//! passwords, keys and limits are a person's (`UserId`).

use crate::access::account_book::Entry;
use crate::access::caller::{Caller, Means};
use crate::error::ApiError;
use crate::state::AppState;
use crate::trading_accounts;
use axum::http::{HeaderMap, HeaderName};
use messages::{PositionMode, UserId};
use price::Usd;
use uuid::Uuid;

/// The header that names the account that a request is about.
pub const ACCOUNT_ID: HeaderName = HeaderName::from_static("x-account");

/// The id of a trading account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccountId(pub Uuid);

/// A trading account, with all that the engine needs if it does not know it yet.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// The account's id.
    pub id: AccountId,
    /// The person who owns it.
    pub owner: UserId,
    /// The money that it begins with.
    pub deposit: Usd,
}

/// The value of the header [`ACCOUNT_ID`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedAccount {
    /// No header: the caller's own account, which is the first one or that of the API key.
    Own,
    /// The account with an id.
    Id(AccountId),
    /// A value that is not an account's id, or more than one.
    Garbage,
}

/// An account that the caller may use, and its state.
#[derive(Clone, Copy, Debug)]
pub struct Holding {
    account: Account,
    is_closed: bool,
    pending_mode: Option<PositionMode>,
}

impl AccountId {
    /// Returns the first account of a person.
    pub const fn first_of(user_id: UserId) -> Self {
        Self(user_id.0)
    }

    /// Returns the id by which the engine, the streams and the tables of history know the account:
    /// they call it a user's.
    pub const fn in_engine(self) -> UserId {
        UserId(self.0)
    }
}

impl Account {
    /// Returns the id by which the engine knows the account.
    pub const fn engine_id(&self) -> UserId {
        self.id.in_engine()
    }
}

impl NamedAccount {
    /// Reads the header.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(ACCOUNT_ID).iter();
        let (value, another) = (values.next(), values.next());
        let Some(value) = value else { return Self::Own };
        let id = value.to_str().ok().and_then(|text| Uuid::try_parse(text).ok());
        match (id, another) {
            (Some(id), None) => Self::Id(AccountId(id)),
            _ => Self::Garbage,
        }
    }
}

impl Holding {
    /// Finds the account that a caller names, if the caller may use it.
    ///
    /// # Errors
    /// When it is not the caller's, when the caller is a key of another account, or when it can't be
    /// looked up.
    pub async fn find(
        app: &AppState,
        caller: &Caller,
        named: NamedAccount,
    ) -> Result<Self, ApiError> {
        let own = caller.own_account();
        let id = match named {
            NamedAccount::Own => own,
            NamedAccount::Id(id) => id,
            NamedAccount::Garbage => return Err(ApiError::wrong_account_id()),
        };
        if matches!(caller.means, Means::ApiKey { .. }) && id != own {
            return Err(ApiError::KeyAccountMismatch);
        }
        let owner = caller.user_id;
        if id == AccountId::first_of(owner) {
            return Ok(Self::first(app, owner));
        }
        let found = app.accounts.find(id, &app.pool).await?;
        let found = found.filter(|entry| entry.owner == owner);
        found.map(|entry| Self::of(app, id, &entry)).ok_or(ApiError::AccountNotFound)
    }

    /// Returns an account that was looked up.
    pub fn of(app: &AppState, id: AccountId, entry: &Entry) -> Self {
        let Entry { owner, deposit, is_closed, pending_mode } = *entry;
        let account = Account { id, owner, deposit: deposit.unwrap_or(app.signup_deposit) };
        Self { account, is_closed, pending_mode }
    }

    /// Returns a person's first account, which is never looked up: it can't be closed, and sign-up
    /// gives it nothing but its deposit.
    fn first(app: &AppState, owner: UserId) -> Self {
        let account =
            Account { id: AccountId::first_of(owner), owner, deposit: app.signup_deposit };
        Self { account, is_closed: false, pending_mode: None }
    }

    /// The account's id.
    pub const fn id(&self) -> AccountId {
        self.account.id
    }

    /// Returns the account to read. An account that the engine does not have as it was opened gets
    /// there first, if the engine can be asked.
    pub async fn to_read(self, app: &AppState) -> Account {
        if !self.is_closed
            && let Some(mode) = self.pending_mode
            && let Err(error) = trading_accounts::settle(app, &self.account, mode).await
        {
            tracing::warn!(account.id = %self.account.id.0, ?error, "an account is not set up yet");
        }
        self.account
    }

    /// Returns the account to trade with.
    ///
    /// # Errors
    /// When it is closed, or does not have the position mode yet with which it was opened.
    pub async fn to_trade(self, app: &AppState) -> Result<Account, ApiError> {
        if self.is_closed {
            return Err(ApiError::AccountClosed);
        }
        if let Some(mode) = self.pending_mode {
            trading_accounts::settle(app, &self.account, mode).await?;
        }
        Ok(self.account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_names_one_account_or_none() {
        let id = Uuid::from_u128(7);
        let named = |values: &[&str]| {
            let values = values.iter().map(|value| (ACCOUNT_ID, value.parse().unwrap()));
            let mut headers = HeaderMap::new();
            for (name, value) in values {
                headers.append(name, value);
            }
            NamedAccount::of(&headers)
        };
        let text = id.to_string();
        assert_eq!(named(&[]), NamedAccount::Own);
        assert_eq!(named(&[&text]), NamedAccount::Id(AccountId(id)));
        for garbage in [&["" as &str] as &[&str], &["main"], &[&text, &text], &["é"]] {
            assert_eq!(named(garbage), NamedAccount::Garbage, "{garbage:?}");
        }
    }
}
