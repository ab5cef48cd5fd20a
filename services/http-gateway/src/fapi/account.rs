//! The account, its balance and its positions.

use super::call::{Answer, Call, Signer};
use super::error::Error;
use super::holdings::{Holdings, NetPosition, sum};
use super::order_view::BOTH;
use super::settings::{leverage_in, max_notional};
use crate::engine::unexpected;
use crate::request_id;
use messages::{
    ChangeMargin, Instrument, OrderSide, PositionMode, Request, Response, Side, Symbol,
};
use price::{Price, Qty, Usd};
use serde_json::{Map, Value, json};

/// The account, with the positions that there are.
pub async fn read(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let holdings = Holdings::load(call, signer).await?;
    let mut account = totals(&holdings);
    account.insert("assets".to_owned(), json!([asset(&holdings)]));
    let open = holdings.positions.iter().map(|position| brief(&holdings, position));
    account.insert("positions".to_owned(), open.collect());
    Ok(Answer::of(&account))
}

/// The account in its older form, with a position in each instrument and for each side.
pub async fn read_older(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let holdings = Holdings::load(call, signer).await?;
    let mut account = Map::from_iter([
        ("feeTier".to_owned(), json!(0)),
        ("feeBurn".to_owned(), json!(false)),
        ("canTrade".to_owned(), json!(true)),
        ("canDeposit".to_owned(), json!(false)),
        ("canWithdraw".to_owned(), json!(false)),
        ("updateTime".to_owned(), json!(holdings.read_at_ms)),
        ("multiAssetsMargin".to_owned(), json!(false)),
        ("tradeGroupId".to_owned(), json!(-1)),
    ]);
    account.extend(totals(&holdings));
    account.insert("assets".to_owned(), json!([asset(&holdings)]));
    let all = each(&holdings).map(|(instrument, side)| older(&holdings, instrument, side));
    account.insert("positions".to_owned(), all.collect());
    Ok(Answer::of(&account))
}

/// The instruments with each side that an account has positions for.
fn each(holdings: &Holdings) -> impl Iterator<Item = (&Instrument, Option<Side>)> {
    let instruments = holdings.markets.all().iter();
    instruments.flat_map(|instrument| holdings.sides().iter().map(move |side| (instrument, *side)))
}

fn totals(holdings: &Holdings) -> Map<String, Value> {
    let sheet = &holdings.sheet;
    let initial = sum([sheet.used_margin, sheet.reserved]);
    let amounts = [
        ("totalInitialMargin", initial),
        ("totalMaintMargin", holdings.maintenance()),
        ("totalWalletBalance", holdings.wallet_balance()),
        ("totalUnrealizedProfit", sheet.unrealized_pnl),
        ("totalMarginBalance", sheet.equity),
        ("totalPositionInitialMargin", sheet.used_margin),
        ("totalOpenOrderInitialMargin", sheet.reserved),
        ("totalCrossWalletBalance", sheet.balance),
        ("totalCrossUnPnl", Usd::ZERO),
        ("availableBalance", sheet.balance),
        ("maxWithdrawAmount", sheet.balance),
    ];
    named(amounts)
}

fn named<const N: usize>(amounts: [(&str, Usd); N]) -> Map<String, Value> {
    amounts.into_iter().map(|(name, usd)| (name.to_owned(), json!(usd.to_string()))).collect()
}

fn asset(holdings: &Holdings) -> Value {
    let sheet = &holdings.sheet;
    let mut asset = Map::from_iter([
        ("asset".to_owned(), json!(holdings.asset())),
        ("marginAvailable".to_owned(), json!(true)),
        // Clients take a balance without a time for one that was never set.
        ("updateTime".to_owned(), json!(holdings.read_at_ms)),
    ]);
    asset.extend(named([
        ("walletBalance", holdings.wallet_balance()),
        ("unrealizedProfit", sheet.unrealized_pnl),
        ("marginBalance", sheet.equity),
        ("maintMargin", holdings.maintenance()),
        ("initialMargin", sum([sheet.used_margin, sheet.reserved])),
        ("positionInitialMargin", sheet.used_margin),
        ("openOrderInitialMargin", sheet.reserved),
        ("crossWalletBalance", sheet.balance),
        ("crossUnPnl", Usd::ZERO),
        ("availableBalance", sheet.balance),
        ("maxWithdrawAmount", sheet.balance),
    ]));
    Value::Object(asset)
}

/// The margin with the profit or loss, as an exchange calls the margin of an isolated position.
fn isolated(position: &NetPosition) -> Usd {
    sum([position.margin, position.unrealized_pnl])
}

fn side_name(side: Option<Side>) -> &'static str {
    side.map_or(BOTH, Side::as_str)
}

fn brief(holdings: &Holdings, position: &NetPosition) -> Value {
    let reserved = holdings.reserved(position.symbol, position.position_side);
    json!({
        "symbol": position.symbol,
        "positionSide": side_name(position.position_side),
        "positionAmt": position.amount().to_string(),
        "unrealizedProfit": position.unrealized_pnl.to_string(),
        "isolatedMargin": isolated(position).to_string(),
        "notional": position.notional().to_string(),
        "isolatedWallet": position.margin.to_string(),
        "initialMargin": sum([position.margin, reserved]).to_string(),
        "maintMargin": position.maintenance.to_string(),
        "updateTime": position.updated_at_ms,
    })
}

/// The figures of a position, or of none.
struct Figures {
    amount: Qty,
    entry: Price,
    break_even: Price,
    mark: Price,
    liquidation: Price,
    pnl: Usd,
    isolated: Usd,
    wallet: Usd,
    notional: Usd,
    maintenance: Usd,
    reserved: Usd,
    updated_at_ms: u64,
    leverage: u8,
}

impl Figures {
    fn of(holdings: &Holdings, instrument: &Instrument, side: Option<Side>) -> Self {
        let symbol = instrument.symbol;
        let reserved = holdings.reserved(symbol, side);
        let leverage = leverage_in(&holdings.settings, instrument);
        let flat = Self {
            amount: Qty::ZERO,
            entry: Price::ZERO,
            break_even: Price::ZERO,
            mark: Price::ZERO,
            liquidation: Price::ZERO,
            pnl: Usd::ZERO,
            isolated: Usd::ZERO,
            wallet: Usd::ZERO,
            notional: Usd::ZERO,
            maintenance: Usd::ZERO,
            reserved,
            updated_at_ms: 0,
            leverage,
        };
        let Some(position) = holdings.position(symbol, side) else { return flat };
        Self {
            amount: position.amount(),
            entry: position.entry,
            break_even: position.break_even,
            mark: position.mark,
            liquidation: position.liquidation,
            pnl: position.unrealized_pnl,
            isolated: isolated(position),
            wallet: position.margin,
            notional: position.notional(),
            maintenance: position.maintenance,
            updated_at_ms: position.updated_at_ms,
            leverage: position.leverage,
            ..flat
        }
    }

    fn initial(&self) -> Usd {
        sum([self.wallet, self.reserved])
    }
}

fn older(holdings: &Holdings, instrument: &Instrument, side: Option<Side>) -> Value {
    let figures = Figures::of(holdings, instrument, side);
    json!({
        "symbol": instrument.symbol,
        "initialMargin": figures.initial().to_string(),
        "maintMargin": figures.maintenance.to_string(),
        "unrealizedProfit": figures.pnl.to_string(),
        "positionInitialMargin": figures.wallet.to_string(),
        "openOrderInitialMargin": figures.reserved.to_string(),
        "leverage": figures.leverage.to_string(),
        "isolated": true,
        "entryPrice": figures.entry.to_string(),
        "breakEvenPrice": figures.break_even.to_string(),
        "maxNotional": max_notional(instrument, figures.leverage),
        "bidNotional": holdings.order_notional(instrument.symbol, OrderSide::Buy).to_string(),
        "askNotional": holdings.order_notional(instrument.symbol, OrderSide::Sell).to_string(),
        "positionSide": side_name(side),
        "positionAmt": figures.amount.to_string(),
        "notional": figures.notional.to_string(),
        "isolatedWallet": figures.wallet.to_string(),
        "isolatedMargin": figures.isolated.to_string(),
        "updateTime": figures.updated_at_ms,
    })
}

/// The balance of each asset: there is one.
pub async fn balance(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let holdings = Holdings::load(call, signer).await?;
    let free = holdings.sheet.balance.to_string();
    // The beginning of the account's id tells accounts apart, as the alias of an exchange does.
    let alias: String = signer.account.id.0.simple().to_string().chars().take(16).collect();
    Ok(Answer::of(&json!([{
        "accountAlias": alias,
        "asset": holdings.asset(),
        "balance": holdings.wallet_balance().to_string(),
        "crossWalletBalance": free,
        "crossUnPnl": "0",
        "availableBalance": free,
        "maxWithdrawAmount": free,
        "marginAvailable": true,
        "updateTime": holdings.read_at_ms,
    }])))
}

/// The instruments with a position or an order.
pub async fn risk(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let (holdings, symbol) = loaded(call, signer).await?;
    let is_meant = |(instrument, side): &(&Instrument, Option<Side>)| {
        let own = instrument.symbol;
        symbol.is_none_or(|symbol| symbol == own)
            && (holdings.position(own, *side).is_some() || holdings.has_order(own))
    };
    let shown = each(&holdings).filter(is_meant);
    let views = shown.map(|(instrument, side)| {
        let figures = Figures::of(&holdings, instrument, side);
        let mut view = risk_of(&figures, instrument, side);
        view.insert("marginAsset".to_owned(), json!(instrument.quote_asset));
        view.insert("initialMargin".to_owned(), json!(figures.initial().to_string()));
        view.insert("maintMargin".to_owned(), json!(figures.maintenance.to_string()));
        view.insert("positionInitialMargin".to_owned(), json!(figures.wallet.to_string()));
        view.insert("openOrderInitialMargin".to_owned(), json!(figures.reserved.to_string()));
        view.extend(named([
            ("bidNotional", holdings.order_notional(instrument.symbol, OrderSide::Buy)),
            ("askNotional", holdings.order_notional(instrument.symbol, OrderSide::Sell)),
        ]));
        view.insert("adl".to_owned(), json!(0));
        Value::Object(view)
    });
    Ok(Answer::of(&views.collect::<Vec<_>>()))
}

/// All instruments and sides, with their settings.
pub async fn risk_older(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let (holdings, symbol) = loaded(call, signer).await?;
    let shown = each(&holdings)
        .filter(|(instrument, _)| symbol.is_none_or(|symbol| symbol == instrument.symbol));
    let views = shown.map(|(instrument, side)| {
        let figures = Figures::of(&holdings, instrument, side);
        let mut view = risk_of(&figures, instrument, side);
        let leverage = figures.leverage;
        view.insert("leverage".to_owned(), json!(leverage.to_string()));
        view.insert("marginType".to_owned(), json!("isolated"));
        view.insert("isAutoAddMargin".to_owned(), json!("false"));
        view.insert("maxNotionalValue".to_owned(), json!(max_notional(instrument, leverage)));
        Value::Object(view)
    });
    Ok(Answer::of(&views.collect::<Vec<_>>()))
}

async fn loaded(call: &Call, signer: &Signer) -> Result<(Holdings, Option<Symbol>), Error> {
    let symbol = call.optional_symbol().await?;
    Ok((Holdings::load(call, signer).await?, symbol))
}

fn risk_of(figures: &Figures, instrument: &Instrument, side: Option<Side>) -> Map<String, Value> {
    let texts = [
        ("symbol", instrument.symbol.to_string()),
        ("positionSide", side_name(side).to_owned()),
        ("positionAmt", figures.amount.to_string()),
        ("entryPrice", figures.entry.to_string()),
        ("breakEvenPrice", figures.break_even.to_string()),
        ("markPrice", figures.mark.to_string()),
        ("unRealizedProfit", figures.pnl.to_string()),
        ("liquidationPrice", figures.liquidation.to_string()),
        ("isolatedMargin", figures.isolated.to_string()),
        ("notional", figures.notional.to_string()),
        ("isolatedWallet", figures.wallet.to_string()),
    ];
    let mut view: Map<String, Value> =
        texts.into_iter().map(|(name, text)| (name.to_owned(), json!(text))).collect();
    view.insert("updateTime".to_owned(), json!(figures.updated_at_ms));
    view
}

/// Adds margin to a position, or takes what it does not need.
pub async fn change_margin(call: &Call, signer: &Signer) -> Result<Answer, Error> {
    let instrument = call.instrument().await?;
    let amount: Usd = call.params.required("amount")?;
    let kind: u32 = call.params.required("type")?;
    let side = call.params.get("positionSide").filter(|side| *side != BOTH);
    if !amount.is_positive() {
        return Err(Error::invalid("amount"));
    }
    let change = match kind {
        1 => amount,
        2 => amount.checked_neg().map_err(|price::OutOfRange| Error::TOO_LARGE)?,
        _ => return Err(Error::invalid("type")),
    };
    let (app, account) = (&call.app, &signer.account);
    let mode = app.engine.settings(account).await?.mode;
    if side.is_some() && mode == PositionMode::OneWay {
        return Err(Error::POSITION_SIDE);
    }
    let mut open = app.engine.positions(account).await?;
    open.retain(|open| {
        open.order.asset == instrument.symbol
            && side.is_none_or(|side| side == open.order.side.as_str())
    });
    let position = match open.as_slice() {
        [] => return Err(Error::NO_ISOLATED_POSITION),
        [one] => one,
        // Several: the side, or the position itself, would have to be named.
        _ => return Err(Error::POSITION_SIDE),
    };
    let change = ChangeMargin { order_id: position.order.order_id, amount: change };
    let request = Request::ChangeMargin(account.engine_id(), change);
    match app.engine.send_as(account, request_id::current(), request).await? {
        Response::Position { .. } => Ok(Answer::of(&json!({
            "amount": amount.to_string(),
            "code": 200,
            "msg": "Successfully modify position margin.",
            "type": kind,
        }))),
        other => Err(unexpected(&other).into()),
    }
}
