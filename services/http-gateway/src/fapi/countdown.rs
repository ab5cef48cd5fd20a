//! Countdowns after which an account's orders in an instrument are canceled: a program that stops
//! renewing its countdown has lost its connection.
//!
//! They are kept in Redis, so that any gateway carries them out.

use super::call::{Answer, Call, Signer};
use super::error::Error;
use super::order_lists::cancel_matching;
use super::order_view::is_order;
use crate::access::account::{AccountId, Holding};
use crate::clock::unix_ms;
use crate::state::AppState;
use messages::Symbol;
use serde_json::json;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

/// The key of the countdowns: `{account} {symbol}` by the time at which they end.
const KEY: &str = "fapi:countdowns";

/// The interval at which a gateway looks for countdowns that have ended.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);

/// The time after which another gateway cancels the orders, if this one has not.
const LEASE: Duration = Duration::from_secs(10);

/// Starts a countdown, restarts it, or stops it.
pub async fn set(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let symbol = call.instrument().await?.symbol;
    let time_ms: u64 = call.params.required("countdownTime")?;
    let what = format!("{} {symbol}", signer.account.id.0);
    let redis = &call.app.redis;
    match time_ms {
        0 => redis.unschedule(KEY, &what).await?,
        time_ms => redis.schedule(KEY, &what, call.now_ms.saturating_add(time_ms)).await?,
    }
    Ok(Answer::of(&json!({ "symbol": symbol, "countdownTime": time_ms.to_string() })))
}

/// Cancels the orders whose countdowns have ended, until the gateway stops.
pub async fn watch(app: AppState) {
    let mut looks = interval(LOOK_INTERVAL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let now_ms = unix_ms();
        // During an outage there is nothing to cancel with.
        let due = app.redis.take_due(KEY, now_ms, LEASE).await.unwrap_or_default();
        for what in due {
            match end(&app, &what).await {
                Ok(()) => {
                    let done = app.redis.scheduled_is_done(KEY, &what, now_ms, LEASE).await;
                    if let Err(error) = done {
                        tracing::warn!(%error, what, "a countdown that is done can't be removed");
                    }
                }
                Err(error) => {
                    tracing::warn!(
                        ?error,
                        what,
                        "a countdown ended, and its orders stay; trying again"
                    );
                }
            }
        }
    }
}

async fn end(app: &AppState, what: &str) -> Result<(), Error> {
    let parsed = what.split_once(' ').and_then(|(account, symbol)| {
        Some((AccountId(Uuid::try_parse(account).ok()?), symbol.parse::<Symbol>().ok()?))
    });
    // What is no countdown has nothing to cancel.
    let Some((id, symbol)) = parsed else { return Ok(()) };
    let Some(entry) = app.accounts.find(id, &app.pool).await? else { return Ok(()) };
    let account = Holding::of(app, id, &entry).to_read(app).await;
    tracing::info!(account.id = %id.0, %symbol, "a countdown ended: its orders are canceled");
    cancel_matching(app, &account, symbol, is_order).await
}
