//! The liquidations of all accounts, as the market hears of them: at most one a second and
//! instrument, the latest, and nothing of whose it was.

use super::encode;
use super::hub::Hub;
use super::market::unix_ms;
use super::names::Stream;
use messages::{CloseReason, ClosedPosition, Event, EventKind, Symbol};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// The shortest time between two events of an instrument.
const INTERVAL: Duration = Duration::from_secs(1);

/// A part of every text of a liquidation, and of few others: most need not be parsed.
const MARK: &str = r#""closeReason":"MARGIN_CALL""#;

/// Returns whether a text may be the notification of a liquidation.
pub fn may_be_one(notification: &str) -> bool {
    notification.contains(MARK)
}

/// The liquidations that are to be told.
#[derive(Default)]
pub struct Liquidations {
    by_symbol: BTreeMap<Symbol, OfSymbol>,
}

#[derive(Default)]
struct OfSymbol {
    latest: Option<ClosedPosition>,
    sent: Option<Instant>,
}

impl Liquidations {
    /// Takes an event of any account.
    pub fn take(&mut self, event: &Event) {
        if let EventKind::PositionClosed(closed) = &event.kind
            && closed.close_reason == CloseReason::Liquidation
        {
            self.by_symbol.entry(closed.order.asset).or_default().latest = Some(closed.clone());
        }
    }

    /// Sends the latest liquidations whose second has come.
    pub fn send_due(&mut self, hub: &Hub) {
        for (symbol, of) in &mut self.by_symbol {
            if of.sent.is_some_and(|sent| sent.elapsed() < INTERVAL) {
                continue;
            }
            let Some(closed) = of.latest.take() else { continue };
            of.sent = Some(Instant::now());
            let text = encode::force_order(&closed, unix_ms());
            hub.post(Stream::AllForceOrders, Some(*symbol), text.clone());
            hub.post(Stream::ForceOrder(*symbol), None, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fstream::hub::Mailbox;
    use crate::fstream::margin_ladder::tests::position;
    use messages::{AccountState, EntryId, Side, UserId};
    use price::Usd;
    use std::sync::Arc;
    use testkit::symbols::{BTC, ETH};
    use tokio::time::advance;
    use uuid::Uuid;

    fn liquidation(symbol: Symbol, at_ms: u64) -> Event {
        let account = AccountState {
            balance: Usd::ZERO,
            used_margin: Usd::ZERO,
            reserved: Usd::ZERO,
            sequence: 1,
        };
        let order = messages::Position { asset: symbol, ..position(Side::Short, "1000", "1100") };
        let kind = EventKind::PositionClosed(ClosedPosition {
            close_reason: CloseReason::Liquidation,
            close_price: order.liquidation_price,
            final_pnl: Usd::ZERO,
            shortfall: Usd::ZERO,
            liquidation_fee: Usd::ZERO,
            tick_id: EntryId::MIN,
            closed_at_ms: at_ms,
            order,
        });
        let user_id = UserId(Uuid::from_u128(1));
        Event { request_id: None, user_id, timestamp_ms: at_ms, account, kind, execution: None }
    }

    #[tokio::test(start_paused = true)]
    async fn each_second_has_the_latest_of_an_instrument() {
        let (hub, client) = (Hub::default(), Arc::new(Mailbox::default()));
        let mut liquidations = Liquidations::default();
        let mut other = liquidation(ETH, 1);
        if let EventKind::PositionClosed(closed) = &mut other.kind {
            closed.close_reason = CloseReason::StopLoss;
        }
        liquidations.take(&other);
        assert!(liquidations.by_symbol.is_empty());
        hub.subscribe(Stream::AllForceOrders, &client);
        let mut told = |events: &[(Symbol, u64)]| {
            for (symbol, at_ms) in events {
                liquidations.take(&liquidation(*symbol, *at_ms));
            }
            liquidations.send_due(&hub);
            let texts = client.take().into_iter().map(|(_, text)| {
                let event: serde_json::Value = serde_json::from_str(&text).unwrap();
                event["o"]["T"].as_u64().unwrap()
            });
            texts.collect::<Vec<_>>()
        };
        assert_eq!(told(&[(ETH, 1), (ETH, 2), (BTC, 3)]), [3, 2]);
        advance(Duration::from_millis(900)).await;
        assert!(told(&[(ETH, 4)]).is_empty());
        advance(Duration::from_millis(99)).await;
        assert!(told(&[(ETH, 5)]).is_empty());
        advance(Duration::from_millis(1)).await;
        assert_eq!(told(&[]), [5]);
        advance(Duration::from_secs(9)).await;
        assert!(told(&[]).is_empty());
    }
}
