//! The rows of orders, fills and closed positions, which stay when the streams are trimmed.

use anyhow::{Context as _, Result};
use messages::{AccountFill, ClosedPosition, Order, OrderId, UserId};
use sqlx::PgPool;
use store::fills::Filter;
use store::orders::OrderState;
use store::{closed_orders, fills, orders};

/// The number of fills read per statement.
const PAGE_LEN: u16 = 1_000;

/// The rows about an order or a position.
#[derive(Default)]
pub struct Stored {
    /// The orders, the oldest first.
    pub orders: Vec<Order>,
    /// The fills, the newest first.
    pub fills: Vec<AccountFill>,
    /// The position, if it is closed.
    pub closed: Option<ClosedPosition>,
}

impl Stored {
    /// Reads an order, its fills, and the position that it opened.
    pub async fn of_order(pool: &PgPool, id: OrderId) -> Result<Self> {
        let (mut stored, owner) = Self::of_id(pool, id).await?;
        if let Some(owner) = owner {
            let filter = Filter { order_id: Some(id), ..Filter::default() };
            stored.fills = all_fills(pool, owner, &filter).await?;
        }
        Ok(stored)
    }

    /// Reads a position, its fills, and the orders that made these or work for it.
    pub async fn of_position(pool: &PgPool, id: OrderId) -> Result<Self> {
        let (mut stored, owner) = Self::of_id(pool, id).await?;
        if let Some(owner) = owner {
            let filter = Filter { position_id: Some(id), ..Filter::default() };
            stored.fills = all_fills(pool, owner, &filter).await?;
            let traded: Vec<_> = stored.fills.iter().map(|fill| fill.order_id.0).collect();
            let rows = orders::of_position(pool, owner, id, &traded).await.context(UNREAD)?;
            stored.orders = rows.into_iter().map(read_order).collect::<Result<_>>()?;
        }
        Ok(stored)
    }

    /// The account, if there is any row.
    pub fn owner(&self) -> Option<UserId> {
        let order = self.orders.first().map(|order| order.user_id);
        order.or_else(|| self.closed.as_ref().map(|closed| closed.order.user_id))
    }

    pub const fn is_empty(&self) -> bool {
        self.orders.is_empty() && self.fills.is_empty() && self.closed.is_none()
    }

    /// Reads the rows that have this id, and their owner.
    async fn of_id(pool: &PgPool, id: OrderId) -> Result<(Self, Option<UserId>)> {
        let closed = closed_orders::find(pool, id).await.context(UNREAD)?;
        let order = orders::find(pool, id).await.context(UNREAD)?;
        let closed = closed.map(ClosedPosition::try_from).transpose()?;
        let order = order.map(read_order).transpose()?;
        let owner = order.as_ref().map(|order| order.user_id);
        let owner = owner.or_else(|| closed.as_ref().map(|closed| closed.order.user_id));
        let orders = order.into_iter().collect();
        Ok((Self { orders, fills: Vec::new(), closed }, owner))
    }
}

/// The words before the reason for which the rows can't be read.
const UNREAD: &str = "orders, fills and closed orders can't be read from PostgreSQL";

async fn all_fills(pool: &PgPool, owner: UserId, filter: &Filter) -> Result<Vec<AccountFill>> {
    let mut all = Vec::new();
    loop {
        let after = all.last().map(|fill: &AccountFill| fill.id);
        let page = fills::page(pool, owner, filter, after, PAGE_LEN.into()).await;
        let page = page.context(UNREAD)?;
        let is_last = page.len() < usize::from(PAGE_LEN);
        for row in page {
            all.push(AccountFill::try_from(row)?);
        }
        if is_last {
            return Ok(all);
        }
    }
}

fn read_order(row: orders::Row) -> Result<Order> {
    Ok(OrderState::try_from(row)?.order)
}
