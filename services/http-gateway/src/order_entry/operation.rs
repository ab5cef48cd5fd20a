//! The operations, each of which is one of the API's over HTTP.

use super::message::Envelope;
use crate::access::account::Account;
use crate::error::ApiError;
use crate::json::True;
use crate::placed_orders::{CancelQuery, OrderInstruction, OrderTarget, TargetedAmendment};
use crate::placed_orders::{amend, cancel, place};
use crate::request::{Description, FieldType, Problem, Raw};
use crate::request_id;
use crate::state::AppState;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::schema::{ObjectBuilder, Type};

/// An operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Places an order.
    Place,
    /// Changes a resting order.
    Amend,
    /// Cancels a resting order.
    Cancel,
    /// Cancels all resting orders, or those in one asset.
    CancelAll,
    /// Does nothing.
    Ping,
}

impl Operation {
    const ALL: [Self; 5] = [Self::Place, Self::Amend, Self::Cancel, Self::CancelAll, Self::Ping];

    /// Returns the name of the method.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Place => "order.place",
            Self::Amend => "order.amend",
            Self::Cancel => "order.cancel",
            Self::CancelAll => "orders.cancel",
            Self::Ping => "ping",
        }
    }
}

impl FieldType for Operation {
    type Value = Self;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<Self, Problem> {
        let name = raw.text()?;
        let found = Self::ALL.into_iter().find(|operation| operation.as_str() == name);
        found.ok_or_else(|| {
            let [most @ .., last] = Self::ALL.map(Self::as_str);
            format!("must be {} or {last}", most.join(", ")).into()
        })
    }

    fn description() -> Description {
        let names = Self::ALL.map(Self::as_str);
        Description::inline(ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)))
    }
}

/// The result of `ping`.
#[derive(Serialize)]
struct Pong {
    success: True,
}

/// Carries out a request. Returns the status and the result that the same request has over HTTP.
pub async fn carry_out(
    app: &AppState,
    account: &Account,
    request: Envelope,
) -> Result<(StatusCode, Value), ApiError> {
    let Envelope { method, key, params, .. } = request;
    let request_id = request_id::current();
    match method {
        Operation::Place => {
            let order = params.read::<OrderInstruction>(&app.markets().await?)?;
            let placed = place::instructed(app, account, request_id, key.as_deref(), order).await?;
            Ok((placed.status(), json(placed.into_body())))
        }
        Operation::Amend => {
            let TargetedAmendment { target, change } = params.read(&())?;
            let amended = amend::send(app, account, target.into(), change).await?;
            Ok((StatusCode::OK, json(amended.into_body())))
        }
        Operation::Cancel => {
            let target = params.read::<OrderTarget>(&())?;
            let canceled = cancel::send(app, account, request_id, target.into()).await?;
            Ok((StatusCode::OK, json(canceled.into_body())))
        }
        Operation::CancelAll => {
            let query = params.read::<CancelQuery>(&app.markets().await?)?;
            Ok((StatusCode::OK, json(cancel::send_all(app, account, query).await?)))
        }
        Operation::Ping => Ok((StatusCode::OK, json(Pong { success: True }))),
    }
}

fn json(result: impl Serialize) -> Value {
    serde_json::to_value(result).expect("results have string keys and no failing parts")
}
