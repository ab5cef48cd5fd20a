//! The keys with which programs listen to the events of their accounts.

use super::call::{Answer, Call, Signer};
use super::error::Error;
use serde_json::json;

/// Opens a listen key, or prolongs the one that there is.
pub async fn open(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let Signer { key_id, account } = *signer;
    let keys = &call.app.listen_keys;
    // The stream shows positions as the account nets them, and can't ask the engine itself.
    let mode = call.app.engine.settings(&account).await?.mode;
    keys.note_mode(account.engine_id(), mode).await?;
    let key = keys.open(account.engine_id(), account.owner, key_id, call.now_ms).await?;
    Ok(Answer::of(&json!({ "listenKey": key })))
}

/// Prolongs a listen key.
pub async fn extend(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let Signer { key_id, account } = *signer;
    if call.app.listen_keys.extend(account.engine_id(), key_id).await? {
        open(call, signer).await
    } else {
        Err(Error::LISTEN_KEY)
    }
}

/// Ends a listen key, and the connections with it.
pub async fn close(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let Signer { key_id, account } = *signer;
    if call.app.listen_keys.close(account.engine_id(), key_id).await? {
        Ok(Answer::of(&json!({})))
    } else {
        Err(Error::LISTEN_KEY)
    }
}
