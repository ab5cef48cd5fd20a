#![doc = include_str!("../README.md")]

mod markdown;

pub use markdown::settings;

use clap::{Arg, Command, CommandFactory as _};

/// A program of Velox and its settings.
pub struct Program {
    /// The name of its binary.
    pub name: &'static str,
    /// The clap command that parses its settings.
    pub command: Command,
}

impl Program {
    /// The settings that the environment can set.
    pub fn settings(&self) -> impl Iterator<Item = &Arg> {
        self.command.get_arguments().filter(|arg| arg.get_env().is_some())
    }

    /// The variables of the settings, including those of logging.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let logs = LOGS.iter().filter(|_| self.writes_logs()).map(|setting| setting.variable);
        self.settings().map(variable).chain(logs)
    }

    /// Reports whether the program writes logs; the migration only prints and ends.
    fn writes_logs(&self) -> bool {
        self.name != MIGRATE
    }
}

const MIGRATE: &str = "migrate";

/// A setting that is read before all others, so that errors in those can be logged.
pub struct LogSetting {
    /// The name of its environment variable.
    pub variable: &'static str,
    default: &'static str,
    help: &'static str,
}

/// The log settings, read by the crate `service` in every long-running program.
pub const LOGS: [LogSetting; 3] = [
    LogSetting {
        variable: "RUST_LOG",
        default: "info",
        help: "The log events to write: `info`, `warn,price_poller=debug` and the like.",
    },
    LogSetting {
        variable: "LOG_FORMAT",
        default: "pretty",
        help: "The log format: `pretty` for people, `json` for machines.",
    },
    LogSetting {
        variable: "OTEL_EXPORTER_OTLP_ENDPOINT",
        default: "",
        help: "The collector of traces, such as `http://collector:4318`; none unless set. Other \
               `OTEL_…` settings of the OpenTelemetry SDK apply as well.",
    },
];

/// All programs, in the order in which they are set up.
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

/// The name of a setting's environment variable.
fn variable(setting: &Arg) -> &str {
    setting.get_env().and_then(|name| name.to_str()).unwrap_or_default()
}
