//! What an account holds, as this API counts it: its money, and its positions by instrument and side.
//!
//! The positions of an account in position mode `separate` are added up by side, as if the account were
//! in hedge mode.

use super::call::{Call, Signer};
use super::error::Error;
use super::order_view::notional;
use markets::Markets;
use messages::{
    AccountSettings, BalanceSheet, Instrument, OpenPosition, Order, OrderSide, PositionMode,
    RestingOrder, Side, Symbol,
};
use price::{Price, Qty, Rounding, Usd};

/// An account at one moment.
pub struct Holdings {
    /// Its money.
    pub sheet: BalanceSheet,
    /// Its settings.
    pub settings: AccountSettings,
    /// Its positions.
    pub positions: Vec<NetPosition>,
    /// Its resting orders.
    pub orders: Vec<RestingOrder>,
    /// The instruments.
    pub markets: Markets,
    /// The time of this look (Unix ms).
    pub read_at_ms: u64,
}

/// The position of an account in an instrument: the net one, or that of one side.
#[derive(Clone, Debug)]
pub struct NetPosition {
    /// The instrument.
    pub symbol: Symbol,
    /// The side that it is for; `None` is both.
    pub position_side: Option<Side>,
    /// The quantity, never negative.
    pub qty: Qty,
    /// Long or short.
    pub side: Side,
    /// The average entry price.
    pub entry: Price,
    /// The price at which it is valued.
    pub mark: Price,
    /// The price at which the first part of it is liquidated.
    pub liquidation: Price,
    /// The price at which it closes without profit or loss, after the costs so far.
    pub break_even: Price,
    /// The profit or loss of closing it now.
    pub unrealized_pnl: Usd,
    /// Its margin.
    pub margin: Usd,
    /// The margin below which it is liquidated.
    pub maintenance: Usd,
    /// The leverage.
    pub leverage: u8,
    /// The time of its first fill (Unix ms).
    pub updated_at_ms: u64,
}

impl Holdings {
    /// Reads the account of a request. Its parts are read one after the other, so that a fill between
    /// two of them shows in one and not in the other.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn load(call: &Call, signer: &Signer) -> Result<Self, Error> {
        let (app, account) = (&call.app, &signer.account);
        let (engine, markets) = (&app.engine, call.markets().await?);
        let (sheet, settings, open, orders) = tokio::try_join!(
            engine.balance(account),
            engine.settings(account),
            engine.positions(account),
            engine.open_orders(account, None),
        )?;
        let positions = net(&open, settings.mode, &markets);
        let read_at_ms = call.now_ms;
        Ok(Self { sheet, settings, positions, orders, markets, read_at_ms })
    }

    /// The asset of all balances.
    pub fn asset(&self) -> &str {
        self.markets.all().first().map_or("USDT", |instrument| instrument.quote_asset.as_str())
    }

    /// The sides for which an account in this mode has positions.
    pub const fn sides(&self) -> &'static [Option<Side>] {
        match self.settings.mode {
            PositionMode::OneWay => &[None],
            PositionMode::Hedge | PositionMode::Separate => &[Some(Side::Long), Some(Side::Short)],
        }
    }

    /// The position in an instrument, for one side.
    pub fn position(&self, symbol: Symbol, side: Option<Side>) -> Option<&NetPosition> {
        let mut of_symbol = self.positions.iter().filter(|position| position.symbol == symbol);
        of_symbol.find(|position| position.position_side == side)
    }

    /// The money that resting orders in an instrument have taken, for one side.
    pub fn reserved(&self, symbol: Symbol, side: Option<Side>) -> Usd {
        let is_meant = |order: &&Order| {
            let works_for = order.position_side.unwrap_or_else(|| order.side.opens());
            order.asset == symbol && side.is_none_or(|side| side == works_for)
        };
        let orders = self.orders.iter().map(|resting| &resting.order).filter(is_meant);
        sum(orders.map(|order| order.reserved))
    }

    /// The value of the resting orders of one side in an instrument, at their prices; rounded down.
    pub fn order_notional(&self, symbol: Symbol, side: OrderSide) -> Usd {
        let orders = self.orders.iter().map(|resting| &resting.order);
        let meant = orders.filter(|order| order.asset == symbol && order.side == side);
        sum(meant.filter_map(|order| Some(notional(order.qty, order.price?))))
    }

    /// Reports whether an order rests in an instrument.
    pub fn has_order(&self, symbol: Symbol) -> bool {
        self.orders.iter().any(|resting| resting.order.asset == symbol)
    }

    /// The margin of all positions below which they are liquidated.
    pub fn maintenance(&self) -> Usd {
        sum(self.positions.iter().map(|position| position.maintenance))
    }

    /// The balance with all that is locked in positions and orders.
    pub fn wallet_balance(&self) -> Usd {
        let BalanceSheet { balance, used_margin, reserved, .. } = self.sheet;
        sum([balance, used_margin, reserved])
    }
}

/// Adds amounts of one account, which the engine has checked to fit together.
pub fn sum(amounts: impl IntoIterator<Item = Usd>) -> Usd {
    let add = |sum: Usd, amount: Usd| sum.checked_add(amount).unwrap_or(sum);
    amounts.into_iter().fold(Usd::ZERO, add)
}

impl NetPosition {
    /// The quantity, negative for a short.
    pub fn amount(&self) -> Qty {
        match self.side {
            Side::Long => self.qty,
            Side::Short => Qty::from_scaled(-self.qty.scaled()),
        }
    }

    /// The value, negative for a short, rounded toward zero.
    pub fn notional(&self) -> Usd {
        let value = notional(self.qty, self.mark);
        match self.side {
            Side::Long => value,
            Side::Short => Usd::from_scaled(-value.scaled()),
        }
    }
}

/// Adds up positions by instrument and side.
fn net(open: &[OpenPosition], mode: PositionMode, markets: &Markets) -> Vec<NetPosition> {
    let mut found: Vec<NetPosition> = Vec::new();
    // They come newest first.
    for open in open.iter().rev() {
        let next = single(open, mode, markets.get(open.order.asset));
        let is_same =
            |known: &&mut NetPosition| known.symbol == next.symbol && known.side == next.side;
        match found.iter_mut().find(is_same) {
            Some(known) => *known = added(known, &next),
            None => found.push(next),
        }
    }
    found
}

fn single(open: &OpenPosition, mode: PositionMode, instrument: Option<&Instrument>) -> NetPosition {
    let OpenPosition { order: position, mark_price, unrealized_pnl } = open;
    NetPosition {
        symbol: position.asset,
        position_side: (mode != PositionMode::OneWay).then_some(position.side),
        qty: position.qty,
        side: position.side,
        entry: position.entry_price,
        mark: *mark_price,
        liquidation: position.liquidation_price,
        break_even: break_even(position),
        unrealized_pnl: *unrealized_pnl,
        margin: position.margin,
        maintenance: maintenance(open, instrument),
        leverage: position.leverage,
        updated_at_ms: position.created_at_ms,
    }
}

/// The entry price, moved by what the position has cost so far for each unit.
fn break_even(position: &messages::Position) -> Price {
    let cost = position.commission.checked_sub(position.funding).unwrap_or(Usd::ZERO);
    let moved = cost.price_move(position.qty, 1, 1, Rounding::Ceiling).unwrap_or(Price::ZERO);
    let moved = match position.side {
        Side::Long => position.entry_price.checked_add(moved),
        Side::Short => position.entry_price.checked_sub(moved),
    };
    moved.unwrap_or(position.entry_price)
}

/// The margin below which a position is liquidated at its present value, rounded up.
fn maintenance(open: &OpenPosition, instrument: Option<&Instrument>) -> Usd {
    let Some(instrument) = instrument else { return Usd::ZERO };
    instrument.maintenance_margin(open.order.margin, open.order.qty, open.mark_price)
}

/// Adds a position of the same side.
fn added(known: &NetPosition, next: &NetPosition) -> NetPosition {
    let nearest = match known.side {
        Side::Long => known.liquidation.max(next.liquidation),
        Side::Short => known.liquidation.min(next.liquidation),
    };
    NetPosition {
        qty: known.qty.checked_add(next.qty).unwrap_or(known.qty),
        entry: mean((known.qty, known.entry), (next.qty, next.entry)),
        break_even: mean((known.qty, known.break_even), (next.qty, next.break_even)),
        liquidation: nearest,
        unrealized_pnl: sum([known.unrealized_pnl, next.unrealized_pnl]),
        margin: sum([known.margin, next.margin]),
        maintenance: sum([known.maintenance, next.maintenance]),
        leverage: known.leverage.max(next.leverage),
        ..known.clone()
    }
}

/// The mean of two prices by quantity, rounded down.
fn mean((qty, price): (Qty, Price), (other_qty, other): (Qty, Price)) -> Price {
    let whole = qty.scaled() + other_qty.scaled();
    let weighted = |qty: Qty, price: Price| qty.scaled().checked_mul(price.scaled());
    let total = weighted(qty, price)
        .zip(weighted(other_qty, other))
        .and_then(|(one, two)| one.checked_add(two));
    total.filter(|_| whole > 0).map_or(price, |total| Price::from_scaled(total / whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_two_prices_is_weighted() {
        let at = |qty: &str, price: &str| (qty.parse().unwrap(), price.parse().unwrap());
        assert_eq!(mean(at("1", "100"), at("3", "200")).to_string(), "175");
        assert_eq!(mean(at("0.1", "0.3"), at("0.2", "0.1")).to_string(), "0.16666666");
    }
}
