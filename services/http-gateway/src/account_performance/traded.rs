//! What was traded in a period, by market and by side, from PostgreSQL.

use crate::error::ApiError;
use crate::sum::{amount, count};
use messages::{Side, Symbol, UserId};
use price::{OutOfRange, Rate, SCALE, Usd};
use sqlx::PgPool;
use std::collections::BTreeMap;
use std::ops::Range;
use time::OffsetDateTime;
use views::{MarketPerformance, Outcomes, SidePerformance, Traded};

type Period = Range<OffsetDateTime>;

/// The sums of a period, in total and in parts.
pub struct Breakdown {
    /// All of it.
    pub total: Sums,
    /// The markets in which something was, in the order of their symbols.
    pub markets: Vec<MarketPerformance>,
    /// Both sides, longs first.
    pub sides: Vec<SidePerformance>,
}

/// Sums over positions.
#[derive(Clone, Copy, Default)]
pub struct Sums {
    realized: Usd,
    commission: Usd,
    funding_paid: Usd,
    funding_received: Usd,
    liquidation_fees: Usd,
    fills: u64,
    volume: Usd,
    closed: u64,
    won: u64,
    lost: u64,
    gains: Usd,
    losses: Usd,
    held_ms: u64,
}

/// The sums of one market and side.
struct Part {
    asset: Symbol,
    /// Unknown of a position whose first fill is not stored yet.
    side: Option<Side>,
    sums: Sums,
}

/// Sums up what was traded in a period.
pub async fn read(pool: &PgPool, account: UserId, period: &Period) -> Result<Breakdown, ApiError> {
    let rows = rows(pool, account, period).await?;
    let parts: Result<Vec<_>, _> = rows.into_iter().map(Row::read).collect();
    add_up(&parts?).map_err(super::changes::too_large)
}

fn add_up(parts: &[Part]) -> Result<Breakdown, OutOfRange> {
    let mut total = Sums::default();
    let mut markets: BTreeMap<Symbol, Sums> = BTreeMap::new();
    let mut sides = [(Side::Long, Sums::default()), (Side::Short, Sums::default())];
    for Part { asset, side, sums } in parts {
        total.add(sums)?;
        markets.entry(*asset).or_default().add(sums)?;
        for (_, of_side) in sides.iter_mut().filter(|(each, _)| Some(*each) == *side) {
            of_side.add(sums)?;
        }
    }
    let market = |(asset, sums): (Symbol, Sums)| {
        Ok(MarketPerformance { asset, traded: sums.traded()?, outcomes: sums.outcomes() })
    };
    let side = |(side, sums): (Side, Sums)| {
        Ok(SidePerformance { side, traded: sums.traded()?, outcomes: sums.outcomes() })
    };
    Ok(Breakdown {
        total,
        markets: markets.into_iter().map(market).collect::<Result<_, _>>()?,
        sides: sides.into_iter().map(side).collect::<Result<_, _>>()?,
    })
}

impl Sums {
    fn add(&mut self, other: &Self) -> Result<(), OutOfRange> {
        for (sum, amount) in [
            (&mut self.realized, other.realized),
            (&mut self.commission, other.commission),
            (&mut self.funding_paid, other.funding_paid),
            (&mut self.funding_received, other.funding_received),
            (&mut self.liquidation_fees, other.liquidation_fees),
            (&mut self.volume, other.volume),
            (&mut self.gains, other.gains),
            (&mut self.losses, other.losses),
        ] {
            *sum = sum.checked_add(amount)?;
        }
        for (sum, count) in [
            (&mut self.fills, other.fills),
            (&mut self.closed, other.closed),
            (&mut self.won, other.won),
            (&mut self.lost, other.lost),
            (&mut self.held_ms, other.held_ms),
        ] {
            *sum = sum.saturating_add(count);
        }
        Ok(())
    }

    /// Returns what fills and fundings brought and cost.
    pub fn traded(&self) -> Result<Traded, OutOfRange> {
        let Self { realized, commission, funding_paid, funding_received, liquidation_fees, .. } =
            *self;
        let funding = funding_paid.checked_add(funding_received)?;
        let costs = commission.checked_add(funding)?.checked_add(liquidation_fees)?;
        Ok(Traded {
            realized_pnl: realized,
            commission,
            funding,
            funding_paid,
            funding_received,
            liquidation_fees,
            net_pnl: realized.checked_add(costs)?,
            fills: self.fills,
            volume: self.volume,
        })
    }

    /// Returns how many positions were closed, and how many of them won.
    pub fn outcomes(&self) -> Outcomes {
        Outcomes {
            closed: self.closed,
            won: self.won,
            lost: self.lost,
            win_rate: ratio(self.won.into(), self.closed.into()),
            profit_factor: ratio(self.gains.scaled(), self.losses.scaled()),
        }
    }

    /// Returns the average time from opening to close, in milliseconds.
    pub const fn average_holding_ms(&self) -> Option<u64> {
        self.held_ms.checked_div(self.closed)
    }
}

/// Returns a quotient at scale 10^8, rounded down, if there is one.
fn ratio(part: i128, whole: i128) -> Option<Rate> {
    part.checked_mul(SCALE)?.checked_div(whole).map(Rate::from_scaled)
}

/// The sums of one market and side, as PostgreSQL has them: sums of BIGINTs are NUMERIC, which may
/// not fit a BIGINT.
struct Row {
    asset: String,
    side: Option<String>,
    realized: String,
    commission: String,
    funding_paid: String,
    funding_received: String,
    liquidation_fees: String,
    fills: i64,
    volume: String,
    closed: i64,
    won: i64,
    lost: i64,
    gains: String,
    losses: String,
    held_ms: i64,
}

/// Reads the sums of each market and side. Money is that of the lines of `income`, so that the parts
/// add up to the period. The side of a position that is still open is that of its first fill.
async fn rows(pool: &PgPool, account: UserId, period: &Period) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"with lines as (
               select
                   position_id, asset,
                   sum(amount) filter (where kind = 'REALIZED_PNL') as realized,
                   sum(amount) filter (where kind = 'COMMISSION') as commission,
                   sum(amount) filter (where kind = 'FUNDING_FEE' and amount < 0) as paid,
                   sum(amount) filter (where kind = 'FUNDING_FEE' and amount > 0) as received,
                   sum(amount) filter (where kind = 'LIQUIDATION_FEE') as liquidation
               from income
               where user_id = $1 and "time" >= $2 and "time" < $3
                   and kind in ('REALIZED_PNL', 'COMMISSION', 'FUNDING_FEE', 'LIQUIDATION_FEE')
               group by position_id, asset
           ),
           trades as (
               select
                   position_id, asset, count(*) as fills,
                   sum(div(qty::numeric * price, 100000000)) as volume
               from fills
               where user_id = $1 and executed_at >= $2 and executed_at < $3
               group by position_id, asset
           ),
           closed as (
               select
                   "orderId" as position_id, asset,
                   extract(epoch from "closedAt" - "createdAt") * 1000 as held_ms,
                   "finalPnLInt"::numeric - "commissionInt" + "fundingInt" - "liquidationFeeInt"
                       as net
               from closed_orders
               where "userId" = $1 and "closedAt" >= $2 and "closedAt" < $3
           ),
           positions as (
               select * from lines
                   full join trades using (position_id, asset)
                   full join closed using (position_id, asset)
           )
           select
               asset as "asset!", side,
               coalesce(sum(realized), 0)::text as "realized!",
               coalesce(sum(commission), 0)::text as "commission!",
               coalesce(sum(paid), 0)::text as "funding_paid!",
               coalesce(sum(received), 0)::text as "funding_received!",
               coalesce(sum(liquidation), 0)::text as "liquidation_fees!",
               coalesce(sum(fills), 0)::bigint as "fills!",
               coalesce(sum(volume), 0)::text as "volume!",
               count(net) as "closed!",
               count(*) filter (where net > 0) as "won!",
               count(*) filter (where net < 0) as "lost!",
               coalesce(sum(net) filter (where net > 0), 0)::text as "gains!",
               coalesce(-sum(net) filter (where net < 0), 0)::text as "losses!",
               floor(coalesce(sum(held_ms), 0))::bigint as "held_ms!"
           from positions left join lateral (
               select coalesce(
                   (select "orderType" from closed_orders where "orderId" = positions.position_id),
                   (select case side when 'BUY' then 'LONG' else 'SHORT' end from fills
                    where position_id = positions.position_id
                    order by executed_at, length(id), id limit 1)
               ) as side
           ) sides on true
           group by asset, side"#,
        account.0,
        period.start,
        period.end,
    )
    .fetch_all(pool)
    .await
}

fn unreadable() -> ApiError {
    tracing::error!("the market or the side of what an account has traded can't be read");
    ApiError::Internal
}

impl Row {
    fn read(self) -> Result<Part, ApiError> {
        let sums = Sums {
            realized: amount(&self.realized)?,
            commission: amount(&self.commission)?,
            funding_paid: amount(&self.funding_paid)?,
            funding_received: amount(&self.funding_received)?,
            liquidation_fees: amount(&self.liquidation_fees)?,
            fills: count(self.fills)?,
            volume: amount(&self.volume)?,
            closed: count(self.closed)?,
            won: count(self.won)?,
            lost: count(self.lost)?,
            gains: amount(&self.gains)?,
            losses: amount(&self.losses)?,
            held_ms: count(self.held_ms)?,
        };
        let side = self.side.map(|side| side.parse()).transpose().map_err(|_| unreadable())?;
        Ok(Part { asset: self.asset.parse().map_err(|_| unreadable())?, side, sums })
    }
}
