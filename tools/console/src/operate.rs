//! `velox pause`, `velox resume` and `velox adjust-balance`: commands that are entries of
//! `request:stream`, like orders.

use crate::account_owner;
use crate::context::{Context, Verdict};
use crate::words::now_ms;
use anyhow::{Result, anyhow, ensure};
use messages::{
    AccountState, Attribution, REQUEST_STREAM, Request, RequestEntry, RequestId, Response, Shard,
    StreamMessage as _,
};
use price::Usd;
use serde_json::json;
use std::time::Duration;
use streams::{CallError, RequestClient};
use uuid::Uuid;

/// The time that the engine has to carry out a command.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(clap::Args)]
struct Who {
    /// The reason. It is recorded in the history; traders see the reason of a pause.
    #[arg(long)]
    reason: String,
    /// Your name.
    #[arg(long, env = "VELOX_OPERATOR")]
    by: String,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  velox pause --by mia --reason 'a new release, ten minutes'")]
pub struct Pause {
    #[command(flatten)]
    who: Who,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  velox resume --by mia --reason 'the release is out'")]
pub struct Resume {
    #[command(flatten)]
    who: Who,
}

const ADJUSTMENTS: &str = "\
Examples:
  velox adjust-balance you@example.com 250 --by mia --reason 'won the contest'
  velox adjust-balance you@example.com -12.50 --by mia --reason 'credited twice'";

#[derive(clap::Args)]
#[command(after_help = ADJUSTMENTS)]
pub struct AdjustBalance {
    /// The account's id or, for the first account, its owner's email, case-insensitive.
    account: String,
    /// The amount in USD to add, or with a minus sign to subtract; up to eight decimals.
    #[arg(allow_negative_numbers = true)]
    amount: Usd,
    #[command(flatten)]
    who: Who,
}

impl From<Who> for Attribution {
    fn from(who: Who) -> Self {
        Self { by: who.by, reason: who.reason }
    }
}

pub async fn pause(arguments: Pause, context: &Context) -> Result<Verdict> {
    carry_out(context, Request::PauseTrading(arguments.who.into())).await?;
    done(context, "new orders are now refused", None)
}

pub async fn resume(arguments: Resume, context: &Context) -> Result<Verdict> {
    carry_out(context, Request::ResumeTrading(arguments.who.into())).await?;
    done(context, "new orders are accepted again", None)
}

pub async fn adjust_balance(arguments: AdjustBalance, context: &Context) -> Result<Verdict> {
    let AdjustBalance { account: named, amount, who } = arguments;
    let id = account_owner::find(context, &named).await?.id;
    let attribution = who.into();
    let adjust = messages::AdjustBalance { amount, attribution };
    match carry_out(context, Request::AdjustBalance(id, adjust)).await? {
        Response::Account { account } => {
            let text = format!("the balance of {named} is now {} USD", account.balance);
            done(context, &text, Some(account))
        }
        other => Err(anyhow!("the engine sent an unexpected response: {other:?}")),
    }
}

/// Sends a command once, and waits for the response.
async fn carry_out(context: &Context, request: Request) -> Result<Response> {
    carry_out_for(context, request, None).await
}

/// Sends a command once, with who and why beside it if it has no place for them, and waits for the
/// response.
pub async fn carry_out_for(
    context: &Context,
    request: Request,
    attribution: Option<&Attribution>,
) -> Result<Response> {
    let (client, _listening) = context.caller().await;
    let shards = context.redis.shards();
    if let Some(account) = request.user_id() {
        return ask_shard(&client, shards.of(account), request, attribution).await;
    }
    // What concerns no account concerns all shards, also those after one that does not answer.
    let (mut last, mut failures) = (Ok(Response::Done), Vec::new());
    for shard in shards.all() {
        match ask_shard(&client, shard, request.clone(), attribution).await {
            Err(error) if shard.is_tagged() => failures.push(format!("{shard}: {error:#}")),
            response => last = response,
        }
    }
    ensure!(failures.is_empty(), "{}; all other shards have it", failures.join("; "));
    last
}

async fn ask_shard(
    client: &RequestClient,
    shard: Shard,
    request: Request,
    attribution: Option<&Attribution>,
) -> Result<Response> {
    let request_id = RequestId(Uuid::now_v7());
    let encode = |reply_to| {
        let (request_id, reply_to) = (Some(request_id), Some(reply_to));
        let entry = RequestEntry { request_id, timestamp_ms: now_ms(), reply_to, request };
        let mut fields = entry.encode();
        if let Some(Attribution { by, reason }) = attribution {
            fields.push("by", by.clone().into_bytes());
            fields.push("reason", reason.clone().into_bytes());
        }
        fields
    };
    let stream = shard.key(REQUEST_STREAM);
    match client.call(shard, REQUEST_STREAM, PATIENCE, encode).await {
        Ok(reply) => reply.outcome.map_err(|rejection| anyhow!("refused: {rejection}")),
        Err(CallError::TimedOut) => Err(anyhow!(
            "the command (request {request_id}) is in {stream}, but no engine has answered \
             within {PATIENCE:?}: it is carried out as soon as an engine leads. Don't send it again"
        )),
        Err(error @ CallError::Unknown(_)) => Err(anyhow!(
            "{error}; look for request {request_id} in {stream} before you send it again"
        )),
        Err(error) => Err(error.into()),
    }
}

fn done(context: &Context, text: &str, account: Option<AccountState>) -> Result<Verdict> {
    if context.output.is_json() {
        context.output.document(&json!({ "done": text, "account": account }))?;
    } else {
        context.output.say(text)?;
    }
    Ok(Verdict::Well)
}
