//! A request to this API, and the account that it is about.

use super::error::Error;
use super::params::Params;
use crate::access::account::Account;
use crate::state::AppState;
use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use markets::Markets;
use messages::{Instrument, Symbol};
use serde::Serialize;
use std::pin::Pin;
use uuid::Uuid;

/// A request.
pub struct Call {
    /// The application.
    pub app: AppState,
    /// The parameters.
    pub params: Params,
    /// The time of its arrival (Unix ms).
    pub now_ms: u64,
}

/// The key that a request was signed with, and its account.
#[derive(Clone, Copy, Debug)]
pub struct Signer {
    /// The key.
    pub key_id: Uuid,
    /// The account.
    pub account: Account,
}

/// The body of a successful response, JSON.
pub struct Answer(Bytes);

/// The handling of a request.
pub type Running<'a> = Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send + 'a>>;

impl Answer {
    /// Encodes a value.
    pub fn of(value: &(impl Serialize + ?Sized)) -> Self {
        let json = serde_json::to_vec(value);
        Self(json.expect("answers have string keys and no failing parts").into())
    }

    /// The JSON.
    pub fn json(&self) -> &str {
        std::str::from_utf8(&self.0).expect("JSON is text")
    }

    /// Encodes the one row that a request has named, or all rows.
    pub fn one_or_all(rows: &[impl Serialize], is_one: bool) -> Self {
        match rows {
            [row] if is_one => Self::of(row),
            rows => Self::of(rows),
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "application/json")], self.0).into_response()
    }
}

impl Call {
    /// Returns the list of instruments.
    ///
    /// # Errors
    /// Until the engine has written it.
    pub async fn markets(&self) -> Result<Markets, Error> {
        Ok(self.app.markets().await?)
    }

    /// Returns the instrument that `symbol` names, if it is given.
    ///
    /// # Errors
    /// When there is no such instrument.
    pub async fn optional_symbol(&self) -> Result<Option<Symbol>, Error> {
        let Some(text) = self.params.get("symbol") else { return Ok(None) };
        find(&self.markets().await?, text).map(|instrument| Some(instrument.symbol))
    }

    /// Returns the instrument that `symbol` names.
    ///
    /// # Errors
    /// When it is missing, and when there is no such instrument.
    pub async fn instrument(&self) -> Result<Instrument, Error> {
        let text = self.params.get("symbol").ok_or_else(|| Error::missing("symbol"))?;
        find(&self.markets().await?, text).cloned()
    }

    /// Returns the instruments that a request is about: the one that `symbol` names, or all, and
    /// whether it names one.
    ///
    /// # Errors
    /// When there is no such instrument.
    pub async fn instruments(&self) -> Result<(Vec<Instrument>, bool), Error> {
        let markets = self.markets().await?;
        match self.params.get("symbol") {
            Some(text) => Ok((vec![find(&markets, text)?.clone()], true)),
            None => Ok((markets.all().to_vec(), false)),
        }
    }
}

/// Returns the instrument with this symbol.
///
/// # Errors
/// When there is none.
pub fn find<'a>(markets: &'a Markets, text: &str) -> Result<&'a Instrument, Error> {
    let symbol: Option<Symbol> = text.parse().ok();
    symbol.and_then(|symbol| markets.get(symbol)).ok_or(Error::SYMBOL)
}
