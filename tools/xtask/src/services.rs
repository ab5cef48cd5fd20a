//! The services that `up` runs.

/// A service as `up` starts and lists it.
pub struct Service {
    /// The name of its binary.
    pub name: &'static str,
    /// The offset of its port for `/metrics`, `/healthz` and `/readyz` from the base of the metrics
    /// ports.
    pub metrics_offset: u16,
    /// The variable of `docs/runbooks` with the address of that port.
    pub metrics_variable: &'static str,
    /// Its ports for users.
    pub listens: &'static [Listener],
}

/// A port for users.
#[derive(Clone, Copy)]
pub struct Listener {
    /// The setting that chooses the port.
    pub setting: &'static str,
    /// Its default.
    pub port: u16,
    /// The scheme of the URL.
    pub scheme: &'static str,
    /// Its purpose, as listed for users.
    pub what: &'static str,
}

/// The services in the order in which they start; they stop in reverse.
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

/// The program that migrates the database and ends.
pub const MIGRATE: &str = "migrate";
