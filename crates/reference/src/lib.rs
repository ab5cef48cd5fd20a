#![doc = include_str!("../README.md")]

mod markdown;

pub use markdown::settings;

use clap::{Arg, Command, CommandFactory as _};

/// A program of Velox, and how it reads its settings.
pub struct Program {
    /// Of its binary.
    pub name: &'static str,
    /// What it parses.
    pub command: Command,
}

impl Program {
    /// The settings that the environment may give.
    pub fn settings(&self) -> impl Iterator<Item = &Arg> {
        self.command.get_arguments().filter(|arg| arg.get_env().is_some())
    }

    /// Their variables, those of the logs among them.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let logs = LOGS.iter().filter(|_| self.writes_logs()).map(|setting| setting.variable);
        self.settings().map(variable).chain(logs)
    }

    /// The one-shot program that migrates says what it has to say, and ends.
    fn writes_logs(&self) -> bool {
        self.name != MIGRATE
    }
}

const MIGRATE: &str = "migrate";

/// A setting that is read before any other, so that what goes wrong with those can be said.
pub struct LogSetting {
    /// Its name in the environment.
    pub variable: &'static str,
    default: &'static str,
    help: &'static str,
}

/// Read by the crate `service` for every program that runs on.
pub const LOGS: [LogSetting; 3] = [
    LogSetting {
        variable: "RUST_LOG",
        default: "info",
        help: "Which log events are written: `info`, `warn,price_poller=debug` and the like.",
    },
    LogSetting {
        variable: "LOG_FORMAT",
        default: "pretty",
        help: "How they are written: `pretty` for people, `json` for machines.",
    },
    LogSetting {
        variable: "OTEL_EXPORTER_OTLP_ENDPOINT",
        default: "",
        help: "Where traces of orders go, as `http://collector:4318`; nowhere unless set. The other \
               `OTEL_…` settings of the OpenTelemetry SDK hold as well.",
    },
];

/// All of them, in the order in which one sets them up.
pub fn programs() -> Vec<Program> {
    let program = |name, command| Program { name, command };
    vec![
        program("http-gateway", http_gateway::config::Config::command()),
        program("engine", engine::config::Config::command()),
        program("price-poller", price_poller::config::Config::command()),
        program("realtime", realtime::config::Config::command()),
        program("db-worker", db_worker::config::Config::command()),
        program("batch-uploader", batch_uploader::config::Config::command()),
        program("mailer", mailer::config::Config::command()),
        program(MIGRATE, migrate::config::Config::command()),
    ]
}

/// A setting's name in the environment.
fn variable(setting: &Arg) -> &str {
    setting.get_env().and_then(|name| name.to_str()).unwrap_or_default()
}
