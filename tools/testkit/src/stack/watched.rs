//! A whole stack with some activity, for tests of monitoring.

use super::{Service, Stack, eventually};
use reqwest::{Method, StatusCode};
use serde_json::json;

impl Stack {
    /// Starts every service with simulated prices, opens and closes a position, has an order
    /// refused, sends a mail and stores a snapshot; waits until the metrics show all of it.
    pub async fn watched() -> Self {
        let settings = [
            ("PRICE_FEED", "sim"),
            ("SIM_RATE", "20"),
            ("SNAPSHOT_INTERVAL_MS", "200"),
            ("SNAPSHOT_DELAY_MS", "0"),
        ];
        let mut stack = Self::new(&settings).await;
        for service in Service::ALL {
            stack.start(service).await;
        }
        stack.trade_a_little().await;
        stack.wait_for_figures().await;
        stack
    }

    async fn trade_a_little(&self) {
        let trader = self.trader(1).await;
        let order = |leverage, qty| json!({ "asset": "BTCUSDT", "orderType": "LONG", "leverage": leverage, "qty": qty });
        let mut opened = json!(null);
        eventually("there is a price", async || {
            let (status, body) = trader.open(order(5, "0.001")).await;
            opened = body;
            status.is_success()
        })
        .await;
        let order_id = opened["order"]["orderId"].as_str().expect("it was opened");
        let (status, closed) = trader.close(order_id).await;
        assert!(status.is_success(), "{closed}");
        let (status, refused) = trader.open(order(1, "9")).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
        let mail = json!({ "email": "trader1@example.com" });
        let (status, refused) = trader.request(Method::POST, "/user/magic-link", Some(mail)).await;
        assert!(status.is_success(), "{refused}");
    }

    /// Waits for the metrics that are measured periodically.
    async fn wait_for_figures(&self) {
        // A position that is opened and closed leaves an order, two fills, and its record; the
        // deposit and the loss are lines of the statement.
        for (service, figure) in [
            (Service::Engine, "velox_stream_unacknowledged_entries{stream=\"mail:stream\""),
            (Service::Engine, "velox_stream_unacknowledged_entries{stream=\"response:stream\""),
            (
                Service::Engine,
                "velox_stream_unacknowledged_entries{stream=\"batch:uploader:stream\"",
            ),
            (Service::Engine, "velox_engine_snapshot_timestamp_seconds 1"),
            (Service::DbWorker, "velox_worker_rows_total{worker=\"db-worker\"} 6"),
            (Service::Mailer, "velox_mails_total{transport=\"folder\",outcome=\"sent\"} 1"),
        ] {
            eventually(figure, async || self.tell(service, "/metrics").await.contains(figure))
                .await;
        }
    }
}
