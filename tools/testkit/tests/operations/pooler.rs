//! PostgreSQL behind a real `PgBouncer`.

use devstack::servers::{PostgresServer, RedisServer, free_port};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use testkit::stack::{Service, Stack, eventually};

/// A `PgBouncer` in front of a server; ends when dropped.
struct Pooler {
    child: Child,
    port: u16,
    _dir: TempDir,
}

impl Pooler {
    fn before(postgres: &PostgresServer, mode: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (file, port) = (dir.path().join("pgbouncer.ini"), free_port());
        let text = format!(
            "[databases]\n\
             * = host=127.0.0.1 port={} user=postgres password=postgres\n\
             [pgbouncer]\n\
             listen_addr = 127.0.0.1\n\
             listen_port = {port}\n\
             unix_socket_dir =\n\
             auth_type = any\n\
             pool_mode = {mode}\n\
             ignore_startup_parameters = extra_float_digits\n",
            postgres.port()
        );
        fs::write(&file, text).unwrap();
        let mut command = Command::new(program());
        // `PgBouncer` refuses to run as root.
        if fs::metadata("/proc/self").is_ok_and(|own| is_root(&own)) {
            command.args(["-u", "nobody"]);
        }
        command.arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("cargo xtask test installs PgBouncer");
        Self { child, port, _dir: dir }
    }

    /// The server's URL through the pooler.
    fn url(&self, postgres: &PostgresServer) -> String {
        postgres.url().replace(&format!(":{}", postgres.port()), &format!(":{}", self.port))
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_root(own: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    own.uid() == 0
}

/// Debian installs it in a folder that is in the `PATH` of root only.
fn program() -> &'static Path {
    let known = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].map(Path::new);
    known.into_iter().find(|path| path.exists()).unwrap_or(Path::new("pgbouncer"))
}

async fn stack_behind(mode: &str) -> (Stack, Pooler) {
    let redis = RedisServer::private().unwrap();
    let mut stack = Stack::on(redis, &[]).await;
    let pooler = Pooler::before(&stack.postgres, mode);
    stack.set("DATABASE_URL", &pooler.url(&stack.postgres));
    (stack, pooler)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_mixes_statements_is_refused_by_every_service_that_stores() {
    let (mut stack, pooler) = stack_behind("transaction").await;
    stack.keep_logs();
    let services =
        [Service::Engine, Service::HttpGateway, Service::DbWorker, Service::BatchUploader];
    for service in services {
        stack.spawn(service);
    }
    for service in services {
        eventually("it says why", async || {
            let reason = stack.readiness(service).await.err().unwrap_or_default();
            reason.contains("pooler that gives one session to several connections")
        })
        .await;
        assert!(stack.log(service).contains("PgBouncer"), "{}", stack.log(service));
    }
    let migrate = stack.migrate(&pooler.url(&stack.postgres));
    assert!(!migrate.status.success());
    let error = String::from_utf8(migrate.stderr).unwrap();
    assert!(error.contains("pool_mode = session"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_gives_whole_sessions_is_none_of_our_business() {
    let (mut stack, _pooler) = stack_behind("session").await;
    for service in [Service::Engine, Service::DbWorker] {
        stack.start(service).await;
    }
}
