//! PostgreSQL with TimescaleDB in WebAssembly, for machines without the extension.

use devstack::servers::free_port;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A database that ends with the value. It accepts one connection at a time and runs no background
/// jobs: a test refreshes and compresses by itself.
pub struct TimescaleServer {
    child: Child,
    port: u16,
}

impl TimescaleServer {
    /// Starts it with the extension created; no migrations are run.
    ///
    /// # Panics
    /// When Node.js or the packages are missing, or it does not start.
    pub fn start() -> Self {
        Self::with(None)
    }

    /// Starts it with the extension available, but not created: migrations create plain tables.
    ///
    /// # Panics
    /// When Node.js or the packages are missing, or it does not start.
    pub fn without_extension() -> Self {
        Self::with(Some("available"))
    }

    fn with(argument: Option<&str>) -> Self {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("timescaledb");
        assert!(
            dir.join("node_modules").is_dir(),
            "its packages are missing; `cargo xtask test` gets them, or `npm ci` in {}",
            dir.display()
        );
        let port = free_port();
        let mut child = Command::new("node")
            .arg("server.mjs")
            .arg(port.to_string())
            .args(argument)
            .current_dir(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Node.js is installed");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let ready = output.lines().map_while(Result::ok).any(|line| line == "ready");
        assert!(ready, "TimescaleDB did not start");
        Self { child, port }
    }

    /// The value of `DATABASE_URL`. Connections share one session, so none may leave prepared
    /// statements behind.
    pub fn url(&self) -> String {
        let options = "sslmode=disable&statement-cache-capacity=0";
        format!("postgres://postgres:postgres@127.0.0.1:{}/postgres?{options}", self.port)
    }
}

impl Drop for TimescaleServer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
