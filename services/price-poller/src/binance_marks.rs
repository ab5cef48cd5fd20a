//! Binance's mark prices, from the futures market.

use crate::binance::{Ended, Reader, Taken};
use crate::binance_frame::{Frame, VenueMark};
use crate::feed::{Stopped, Trades};
use crate::subscriptions::{Heading, Heard, Subscriptions};
use messages::{MarkPrice, Symbol};
use service::Health;
use tokio::time::Instant;

/// Forwards mark prices to the publisher.
pub struct MarkReader<'a> {
    pub trades: &'a Trades,
    pub health: &'a Health,
}

impl Reader for MarkReader<'_> {
    async fn connected(&mut self) -> Result<(), Stopped> {
        tracing::info!("mark prices from Binance");
        self.health.set_remark("mark prices", None);
        Ok(())
    }

    /// Reports the problem as a remark: instruments without a mark price can still be traded.
    fn disconnected(&mut self, ended: &Ended) {
        tracing::warn!(%ended, "no mark prices from Binance");
        self.health.set_remark("mark prices", Some(format!("Binance: {ended}")));
        metrics::counter!("velox_mark_reconnects_total").increment(1);
    }

    fn renamed(&mut self, _: Symbol) -> Result<(), Stopped> {
        Ok(())
    }

    fn take(&mut self, frame: Frame, streams: &mut Subscriptions) -> Result<Taken, Stopped> {
        let Frame::Mark(VenueMark { price, time_ms }) = frame else { return Ok(Taken::Other) };
        let feed_symbol = price.symbol;
        let time_us = time_ms.saturating_mul(1_000);
        let heading = Heading { feed_symbol, id: time_ms, time_us };
        match streams.hear(heading, Instant::now()) {
            Heard::New { followers, .. } => {
                for (symbol, _) in followers {
                    self.trades.offer_mark(MarkPrice { symbol, ..price })?;
                }
                Ok(Taken::New)
            }
            Heard::Repeated => Ok(Taken::Repeated),
            Heard::Unlisted => Ok(Taken::Unlisted(feed_symbol)),
        }
    }
}
