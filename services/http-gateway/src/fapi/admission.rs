//! The admission of a request: what it shows of its sender is checked, and what it costs is counted.

use super::call::{Answer, Call, Signer};
use super::error::Error;
use super::limits::Counts;
use super::operations::{Cost, Handler, Operation};
use super::signature::{self, SIGNATURE, Signed, Verifier};
use crate::access::account::{Holding, NamedAccount};
use crate::access::caller::{Caller, Means, Scope, Stranger};
use crate::access::key_pair;
use crate::access::key_ring::{Proof, StoredKey};
use std::net::IpAddr;
use uuid::Uuid;

/// The evidence that a request shows of its sender.
pub struct Shown<'a> {
    /// Its address.
    pub address: IpAddr,
    /// Its key, whatever its form.
    pub key: Option<&'a str>,
    /// The parameters that its signature is about.
    pub signed: Signed<'a>,
    /// The key that its connection has logged on with, whose requests need no signature.
    pub logged_on: Option<Uuid>,
}

/// Performs an operation, if its sender may do so.
///
/// # Errors
/// Those of the admission, and those of the operation.
pub async fn perform(
    call: &Call,
    operation: &Operation,
    shown: &Shown<'_>,
    counts: &mut Counts,
) -> Result<Answer, Error> {
    let Cost { weight, orders } = operation.weight.cost(&call.params);
    let (level, run) = match operation.handler {
        Handler::Public(run) => {
            call.app.fapi_limits.charge_weight(counts, shown.address, weight).await?;
            return run(call).await;
        }
        Handler::Keyed(run) => (Level::Key, run),
        Handler::Signed(run) => (Level::Signature, run),
        Handler::Trading(run) => (Level::Trade, run),
    };
    let (id, key) = admit(call, shown, level, (weight, orders), counts).await?;
    let means = Means::ApiKey { id, scope: key.scope, account: key.account };
    let caller = Caller { user_id: key.user_id, means };
    let holding = Holding::find(&call.app, &caller, NamedAccount::Own).await?;
    let account = match level {
        Level::Key | Level::Signature | Level::LogOn => holding.to_read(&call.app).await,
        Level::Trade => holding.to_trade(&call.app).await?,
    };
    run(call, &Signer { key_id: id, account }).await
}

/// Returns the key that a connection logs on with.
///
/// # Errors
/// Those of the admission, and -4056 for a key that signs with a secret.
pub async fn log_on(
    call: &Call,
    shown: &Shown<'_>,
    weight: u32,
    counts: &mut Counts,
) -> Result<Uuid, Error> {
    let (id, _) = admit(call, shown, Level::LogOn, (weight, 0), counts).await?;
    Ok(id)
}

/// The evidence that an operation asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Key,
    Signature,
    /// A signature that other requests will go without.
    LogOn,
    Trade,
}

/// Counts a request, and finds its key.
///
/// A key that was used just now is checked without a look, before anything is counted: then one trip
/// to Redis counts all. Any other key is looked up in PostgreSQL only after the request was counted:
/// guessing keys must not load the database.
async fn admit(
    call: &Call,
    shown: &Shown<'_>,
    level: Level,
    (weight, orders): (u32, u32),
    counts: &mut Counts,
) -> Result<(Uuid, StoredKey), Error> {
    let (app, limits) = (&call.app, &call.app.fapi_limits);
    let Some(id) = shown.key.and_then(key_pair::id_of) else {
        limits.charge_weight(counts, shown.address, weight.max(1)).await?;
        return Err(Error::KEY_FORMAT);
    };
    let known = app.access.keys.known_key(id).await;
    let checked = known.map(|key| check(call, shown, level, (id, key)));
    let key = match checked {
        Some(Ok(key)) => {
            let mut of_orders = Counts::default();
            let by_account = async {
                if orders == 0 {
                    return Ok(());
                }
                limits.charge_orders(&mut of_orders, key.account, orders).await
            };
            let by_address = limits.charge_weight(counts, shown.address, weight);
            let (by_address, by_account) = tokio::join!(by_address, by_account);
            counts.merge(of_orders);
            by_address.and(by_account)?;
            key
        }
        Some(Err(error)) => {
            limits.charge_weight(counts, shown.address, weight.max(1)).await?;
            return Err(error);
        }
        None => {
            limits.charge_weight(counts, shown.address, weight.max(1)).await?;
            let key = app.access.keys.find(id, &app.pool).await.map_err(unknown)?;
            let key = check(call, shown, level, (id, key))?;
            if orders > 0 {
                limits.charge_orders(counts, key.account, orders).await?;
            }
            key
        }
    };
    app.access.keys.note_use(id, &app.pool);
    Ok((id, key))
}

fn unknown(stranger: Stranger) -> Error {
    match stranger {
        Stranger::Unauthenticated | Stranger::Expired => Error::KEY,
        Stranger::RedisUnavailable | Stranger::DatabaseUnavailable => Error::unavailable(),
    }
}

/// Checks what a request shows against a key.
fn check(
    call: &Call,
    shown: &Shown<'_>,
    level: Level,
    (id, key): (Uuid, StoredKey),
) -> Result<StoredKey, Error> {
    let verifier = match &key.proof {
        Proof::Whole(_) => return Err(Error::KEY_FORMAT),
        Proof::Secret(hash) => {
            Verifier::Secret(call.app.access.pairs.find(id, hash).ok_or(Error::KEY)?)
        }
        Proof::PublicKey(key) => Verifier::PublicKey(*key),
    };
    if level == Level::LogOn && matches!(verifier, Verifier::Secret(_)) {
        return Err(Error::LOG_ON);
    }
    if level != Level::Key {
        let is_signed = call.params.get(SIGNATURE).is_some();
        if is_signed || shown.logged_on != Some(id) {
            signature::check(&verifier, &shown.signed, &call.params)?;
        }
        signature::check_time(&call.params, call.now_ms)?;
    }
    if !key.addresses.admit(shown.address) {
        return Err(Error::KEY);
    }
    if level == Level::Trade && key.scope != Scope::Trade {
        return Err(Error::UNAUTHORIZED);
    }
    Ok(key)
}
