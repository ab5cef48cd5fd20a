//! What `up` runs.

/// A service's row in the table.
pub struct Service {
    /// Its binary.
    pub name: &'static str,
    /// `/metrics`, `/healthz` and `/readyz` are here.
    pub metrics_port: u16,
    /// What else it serves.
    pub listens: &'static [Listener],
}

/// A port for users.
#[derive(Clone, Copy)]
pub struct Listener {
    /// The setting that says which port.
    pub setting: &'static str,
    /// Its default.
    pub port: u16,
    /// Of the URL.
    pub scheme: &'static str,
    /// What it is for.
    pub what: &'static str,
}

/// In the order in which they start; they stop the other way round.
pub const SERVICES: &[Service] = &[
    Service { name: "engine", metrics_port: 9102, listens: &[] },
    Service { name: "db-worker", metrics_port: 9104, listens: &[] },
    Service { name: "batch-uploader", metrics_port: 9106, listens: &[] },
    Service { name: "mailer", metrics_port: 9107, listens: &[] },
    Service { name: "price-poller", metrics_port: 9103, listens: &[] },
    Service {
        name: "http-gateway",
        metrics_port: 9101,
        listens: &[
            Listener { setting: "WEB_PORT", port: 3000, scheme: "http", what: "web UI" },
            Listener { setting: "HTTP_PORT", port: 3005, scheme: "http", what: "REST API" },
        ],
    },
    Service {
        name: "realtime",
        metrics_port: 9105,
        listens: &[Listener { setting: "WS_PORT", port: 3006, scheme: "ws", what: "WebSocket" }],
    },
];

/// Brings the database to its schema, and ends.
pub const MIGRATE: &str = "migrate";
