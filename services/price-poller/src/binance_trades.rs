//! Binance's live trades.

use crate::binance::{Ended, Reader, Taken};
use crate::binance_frame::Frame;
use crate::feed::{FeedState, Stopped, Trades};
use crate::history::Backfill;
use crate::subscriptions::{Heading, Heard, Subscriptions};
use messages::{Feed, Symbol, Trade};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Forwards trades to the publisher.
pub struct TradeReader<'a> {
    pub trades: &'a Trades,
    pub state: &'a FeedState,
    /// Notified of the first trade.
    pub first_trade: Option<oneshot::Sender<()>>,
    /// Notified of the first trade of each symbol.
    pub history: Option<Backfill>,
    pub is_started: bool,
}

impl Reader for TradeReader<'_> {
    async fn connected(&mut self) -> Result<(), Stopped> {
        if !std::mem::replace(&mut self.is_started, true) {
            self.trades.start(Feed::Binance).await?;
        }
        self.state.connected("live trades from Binance");
        Ok(())
    }

    fn disconnected(&mut self, ended: &Ended) {
        self.state.disconnected(&format!("Binance: {ended}"));
        metrics::counter!("velox_feed_reconnects_total").increment(1);
    }

    /// Begins a run: the ids of the instrument's trades are others.
    fn renamed(&mut self, symbol: Symbol) -> Result<(), Stopped> {
        self.trades.rename(symbol)
    }

    fn take(&mut self, frame: Frame, streams: &mut Subscriptions) -> Result<Taken, Stopped> {
        let Frame::Trade(trade) = frame else { return Ok(Taken::Other) };
        let Trade { symbol: feed_symbol, trade_id: id, time_us, .. } = trade;
        let heading = Heading { feed_symbol, id, time_us };
        let (followers, is_reset) = match streams.hear(heading, Instant::now()) {
            Heard::New { followers, is_reset } => (followers, is_reset),
            Heard::Repeated => return Ok(Taken::Repeated),
            Heard::Unlisted => return Ok(Taken::Unlisted(feed_symbol)),
        };
        if is_reset {
            tracing::warn!(symbol = %feed_symbol, "the venue has reset its trade ids");
        }
        for (symbol, is_first) in followers {
            if is_reset {
                self.trades.restart(symbol)?;
            }
            if let Some(history) = self.history.as_mut().filter(|_| is_first) {
                history.begin(symbol, feed_symbol, trade.time_us / 1_000_000);
            }
            self.trades.offer(Trade { symbol, ..trade })?;
        }
        if let Some(first) = self.first_trade.take() {
            // The receiver may have timed out.
            let _ = first.send(());
        }
        Ok(Taken::New)
    }
}
