//! What `up` runs.

/// A service's row in the table.
pub struct Service {
    /// Its binary.
    pub name: &'static str,
    /// `/metrics`, `/healthz` and `/readyz` are here.
    pub metrics_port: u16,
    /// What else it serves: the setting that says the port, its default, and what it is for.
    pub listens: Option<(&'static str, u16, &'static str)>,
}

/// In the order in which they start; they stop the other way round.
pub const SERVICES: &[Service] = &[
    Service { name: "engine", metrics_port: 9102, listens: None },
    Service { name: "db-worker", metrics_port: 9104, listens: None },
    Service { name: "batch-uploader", metrics_port: 9106, listens: None },
    Service { name: "price-poller", metrics_port: 9103, listens: None },
    Service {
        name: "http-gateway",
        metrics_port: 9101,
        listens: Some(("HTTP_PORT", 3005, "REST API")),
    },
    Service { name: "realtime", metrics_port: 9105, listens: Some(("WS_PORT", 3006, "WebSocket")) },
];

/// Brings the database to its schema, and ends.
pub const MIGRATE: &str = "migrate";
