//! What `up` runs.

/// A service's row in the table.
pub struct Service {
    /// Its binary.
    pub name: &'static str,
    /// `/metrics`, `/healthz` and `/readyz` are at this port after the base of all.
    pub metrics_offset: u16,
    /// The variable of `docs/runbooks` that says where they are.
    pub metrics_variable: &'static str,
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
    Service { name: "engine", metrics_offset: 2, metrics_variable: "ENGINE_METRICS", listens: &[] },
    Service {
        name: "db-worker",
        metrics_offset: 4,
        metrics_variable: "DB_WORKER_METRICS",
        listens: &[],
    },
    Service {
        name: "batch-uploader",
        metrics_offset: 6,
        metrics_variable: "UPLOADER_METRICS",
        listens: &[],
    },
    Service { name: "mailer", metrics_offset: 7, metrics_variable: "MAILER_METRICS", listens: &[] },
    Service {
        name: "price-poller",
        metrics_offset: 3,
        metrics_variable: "POLLER_METRICS",
        listens: &[],
    },
    Service {
        name: "http-gateway",
        metrics_offset: 1,
        metrics_variable: "GATEWAY_METRICS",
        listens: &[
            Listener { setting: "WEB_PORT", port: 3000, scheme: "http", what: "web UI" },
            Listener { setting: "HTTP_PORT", port: 3005, scheme: "http", what: "REST API" },
        ],
    },
    Service {
        name: "realtime",
        metrics_offset: 5,
        metrics_variable: "REALTIME_METRICS",
        listens: &[Listener { setting: "WS_PORT", port: 3006, scheme: "ws", what: "WebSocket" }],
    },
];

/// Brings the database to its schema, and ends.
pub const MIGRATE: &str = "migrate";
