//! The requests of the operations on positions.

use crate::csv::Format;
use crate::market_list::Asset;
use crate::placed_orders::Share;
use crate::request::{Nullable, Optional, Positive, Signed, requests};
use markets::Markets;
use messages::{OrderId, Side};
use price::{Price, Qty};

requests! {
    /// The position's id.
    pub struct PositionPath in Path {
        /// The `positionId` of a position.
        position_id: OrderId = "positionId", "0853d9e4-965f-518c-9cd8-65029e3511e3";
    }

    /// The positions to list: those that match everything that is given.
    pub struct PositionsQuery in Query given Markets {
        /// The asset; all if absent.
        market: Optional<Asset> = "asset";
        /// The side.
        side: Optional<Side> = "orderType";
        /// The format: `json` for a list, `csv` for a file.
        format: Format = "format";
    }

    /// The part of a position to close: a quantity or a share, or the whole if neither is given.
    pub struct ClosingPart in OptionalJsonBody {
        /// The quantity in the base asset.
        qty: Nullable<Positive<Qty>> = "qty";
        /// The share of the position, in basis points.
        share_bps: Nullable<Share> = "shareBps", 5_000,
            check: |share, ()| match (&qty, share) {
                (Some(Some(_)), Some(_)) => Err("is not allowed together with qty".into()),
                _ => Ok(()),
            };
        /// The worst price, in USD, to close at: the lowest bid (long) or the highest ask (short).
        /// Beyond it nothing is closed. Null or absent means no limit.
        price_limit: Nullable<Positive<Price>> = "priceLimit";
    } example { "shareBps": 5_000, "priceLimit": "92000" };

    /// The terms for reversing a position, all optional.
    pub struct ReversalTerms in OptionalJsonBody {
        /// The worst price, in USD, to trade at. Beyond it nothing is done. Null or absent means no
        /// limit.
        price_limit: Nullable<Positive<Price>> = "priceLimit";
    } example { "priceLimit": "92000" };

    /// A change of a position's margin.
    pub struct MarginAmount in JsonBody {
        /// The money to add, in USD; negative to remove it.
        amount: Signed = "amount";
    } example { "amount": "-2.5" };

    /// The positions to close.
    pub struct ClosingAsset in OptionalJsonBody given Markets {
        /// The asset whose positions are closed; all if absent.
        market: Nullable<Asset> = "asset";
    } example { "asset": "BTCUSDT" };
}

impl ClosingPart {
    /// Reports whether the whole position is to be closed.
    pub const fn is_whole(&self) -> bool {
        self.qty.is_none() && self.share_bps.is_none()
    }
}
