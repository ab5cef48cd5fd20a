//! The way in which an account trades: its position mode, and its leverage in each instrument.

use crate::access::account::Account;
use crate::access::caller::{Reader, Trader};
use crate::engine::unexpected;
use crate::error::{ApiError, Engine, Errors, JsonBody, OfAccount, Refusal, Trades, error_sets};
use crate::json::{Json, True};
use crate::market_list::{Asset, Listing};
use crate::orders::contract::{Placing, WrongAsset};
use crate::request::{Leverage, Valid, requests};
use crate::request_id;
use crate::state::AppState;
use axum::extract::State;
use markets::Markets;
use messages::{ChangeLeverage, ChangePositionMode, PositionMode, Rejection, Request, Response};
use serde::Serialize;
use utoipa::ToSchema;
use views::LeverageSetting;

requests! {
    /// The position mode to set.
    pub struct ModeChange in JsonBody {
        /// The mode: each opening order its own position (`separate`), one net position an instrument
        /// (`one_way`), or one long and one short position an instrument (`hedge`).
        mode: PositionMode = "mode";
    } example { "mode": "one_way" };

    /// The leverage to set for an asset.
    pub struct LeverageChange in JsonBody given Markets {
        /// The asset. Lower case, and `BTC` for `BTCUSDT`, are accepted.
        market: Asset = "asset";
        leverage: Leverage = "leverage", 10;
    } example { "asset": "BTCUSDT", "leverage": 10 };
}

error_sets! {
    /// Errors of a change of the position mode.
    WrongMode = [
        ApiError::field("mode", "must be separate, one_way or hedge"),
        ApiError::Rejected(Rejection::NotFlat),
    ];
    /// Errors of a change of the leverage.
    WrongLeverage = [
        ApiError::Rejected(Rejection::WrongPositionMode { mode: PositionMode::Separate }),
    ];
}

/// The settings of an account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountSettings {
    /// Always true.
    success: True,
    /// The position mode.
    #[schema(value_type = String, examples("separate"))]
    mode: PositionMode,
    /// The leverages that were set. That of another asset is 20, or the highest of the asset if that
    /// is lower.
    leverages: Vec<LeverageSetting>,
}

/// An account after a change of its settings.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettingsChanged {
    /// Always true.
    success: True,
    /// The account.
    account: views::Account,
}

/// Read the account's settings
///
/// Returns the position mode and the leverages that were set.
#[utoipa::path(
    get,
    path = "/account/settings",
    tag = "trading",
    operation_id = "getAccountSettings",
    responses(
        (status = OK, description = "The settings.", body = AccountSettings),
        Errors<(OfAccount, Engine)>,
    ),
)]
pub async fn read(
    State(app): State<AppState>,
    Reader(account): Reader,
) -> Result<Json<AccountSettings>, ApiError> {
    let settings = app.engine.settings(&account).await?;
    let leverages = settings.leverages.iter().map(Into::into).collect();
    Ok(Json(AccountSettings { success: True, mode: settings.mode, leverages }))
}

/// Set the position mode
///
/// Changes the way in which orders make positions. Possible only without positions and orders.
#[utoipa::path(
    put,
    path = "/account/position-mode",
    tag = "trading",
    operation_id = "changePositionMode",
    request_body = ModeChange,
    responses(
        (status = OK, description = "The account.", body = SettingsChanged),
        Errors<(OfAccount, Trades, JsonBody, WrongMode, Engine)>,
    ),
)]
pub async fn change_mode(
    State(app): State<AppState>,
    Trader(account): Trader,
    Valid(ModeChange { mode }): Valid<ModeChange>,
) -> Result<Json<SettingsChanged>, ApiError> {
    let request = Request::ChangePositionMode(account.engine_id(), ChangePositionMode { mode });
    send(&app, &account, request).await
}

/// Set the leverage
///
/// Changes the leverage in one asset, with the margins of its positions and the reserves of its
/// orders. Not possible in position mode `separate`, where each order has a leverage of its own.
#[utoipa::path(
    put,
    path = "/account/leverage",
    tag = "trading",
    operation_id = "changeLeverage",
    request_body = LeverageChange,
    responses(
        (status = OK, description = "The account.", body = SettingsChanged),
        Errors<(OfAccount, Trades, JsonBody, (WrongAsset, Listing), WrongLeverage, Placing, Engine)>,
    ),
)]
pub async fn change_leverage(
    State(app): State<AppState>,
    Trader(account): Trader,
    Valid(LeverageChange { market, leverage }): Valid<LeverageChange>,
) -> Result<Json<SettingsChanged>, ApiError> {
    let change = ChangeLeverage { asset: market.to_string(), leverage };
    let outcome = send(&app, &account, Request::ChangeLeverage(account.engine_id(), change)).await;
    outcome.map_err(|error| Refusal::of_amount(error, "leverage"))
}

async fn send(
    app: &AppState,
    account: &Account,
    request: Request,
) -> Result<Json<SettingsChanged>, ApiError> {
    match app.engine.send_as(account, request_id::current(), request).await? {
        Response::Account { account } => {
            Ok(Json(SettingsChanged { success: True, account: (&account).into() }))
        }
        other => Err(unexpected(&other)),
    }
}
