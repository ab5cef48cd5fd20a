//! Real servers start, keep their data and leave nothing behind.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use devstack::servers::processes::{is_alive, wait_until};
use devstack::servers::{
    PostgresConfig, PostgresServer, RedisConfig, RedisServer, ServerError, find_postgres,
    is_port_free,
};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);

#[test]
fn redis_keeps_its_data_through_a_restart() {
    let mut redis = RedisServer::private().unwrap();
    assert_eq!(redis_command(redis.port(), "SET answer 42"), "+OK");
    let first = redis.pid();
    redis.restart().unwrap();
    assert_ne!(redis.pid(), first);
    assert_eq!(redis_command(redis.port(), "EXISTS answer"), ":1");
}

#[test]
fn redis_loses_no_process_and_no_port_to_a_hard_kill() {
    let mut redis = RedisServer::private().unwrap();
    redis.kill_hard().unwrap();
    assert!(!redis.is_running());
    assert!(is_port_free(redis.port()));
    redis.start().unwrap();
    assert_eq!(redis_command(redis.port(), "PING"), "+PONG");
}

#[test]
fn a_paused_redis_is_silent_until_it_is_resumed() {
    let redis = RedisServer::private().unwrap();
    let mut connection = TcpStream::connect(("127.0.0.1", redis.port())).unwrap();
    redis.pause();
    connection.write_all(b"PING\r\n").unwrap();
    connection.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    assert!(reader.read_line(&mut line).is_err());
    redis.resume();
    reader.get_ref().set_read_timeout(Some(PATIENCE)).unwrap();
    reader.read_line(&mut line).unwrap();
    assert_eq!(line, "+PONG\r\n");
}

#[test]
fn postgres_keeps_its_data_through_a_restart() {
    let mut postgres = PostgresServer::private().unwrap();
    psql(&postgres.url(), "create table kept as select 42 as answer");
    let first = postgres.pid();
    postgres.restart().unwrap();
    assert_ne!(postgres.pid(), first);
    assert_eq!(psql(&postgres.url(), "select answer from kept"), "42");
}

#[test]
fn postgres_comes_back_after_a_hard_kill_with_open_sessions() {
    let mut postgres = PostgresServer::private().unwrap();
    let mut session = psql_session(&postgres.url());
    postgres.kill_hard().unwrap();
    postgres.restart().unwrap();
    assert_eq!(psql(&postgres.url(), "select 1"), "1");
    drop(session.stdin.take());
    session.wait().unwrap();
}

#[test]
fn postgres_is_frozen_as_a_whole() {
    let postgres = PostgresServer::private().unwrap();
    let mut session = psql_session(&postgres.url());
    postgres.pause();
    let mut input = session.stdin.take().unwrap();
    writeln!(input, "select 'awake';").unwrap();
    drop(input);
    assert!(!wait_until(Duration::from_millis(300), || session.try_wait().unwrap().is_some()));
    postgres.resume();
    assert!(session.wait_with_output().unwrap().stdout.ends_with(b"awake\n"));
}

#[test]
fn postgres_asks_for_the_password() {
    let postgres = PostgresServer::private().unwrap();
    let url = postgres.url().replace("postgres:postgres@", "postgres:wrong@");
    let output = psql_command(&url).args(["-c", "select 1"]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("password authentication failed"));
}

#[test]
fn nothing_is_left_of_a_private_server() {
    let redis = RedisServer::private().unwrap();
    let postgres = PostgresServer::private().unwrap();
    let pids = [redis.pid().unwrap(), postgres.pid().unwrap()];
    let dirs = [redis.log(), postgres.log()].map(|log| log.parent().unwrap().to_owned());
    drop(redis);
    drop(postgres);
    assert!(pids.iter().all(|pid| !is_alive(*pid)));
    assert!(dirs.iter().all(|dir| !dir.exists()));
}

/// The second process of the next test: it dies while its servers run.
#[test]
#[ignore = "is run by another test"]
fn dies_with_running_servers() {
    let redis = RedisServer::private().unwrap();
    let postgres = PostgresServer::private().unwrap();
    for (pid, log) in [(redis.pid(), redis.log()), (postgres.pid(), postgres.log())] {
        println!("left-behind {} {}", pid.unwrap(), log.parent().unwrap().display());
    }
    std::mem::forget((redis, postgres));
}

#[test]
fn a_test_process_that_dies_takes_its_servers_along() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "dies_with_running_servers", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let left: Vec<(u32, &Path)> = output
        .lines()
        .filter_map(|line| line.split_once("left-behind ")?.1.split_once(' '))
        .map(|(pid, dir)| (pid.parse().unwrap(), Path::new(dir)))
        .collect();
    assert_eq!(left.len(), 2, "{output}");
    for (pid, dir) in left {
        assert!(wait_until(PATIENCE, || !is_alive(pid) && !dir.exists()), "{}", dir.display());
    }
}

#[test]
fn a_lasting_redis_takes_over_from_an_orphan() {
    let home = tempfile::tempdir().unwrap();
    let config = RedisConfig { dir: home.path().join("redis"), port: port_of_nobody() };
    let first = RedisServer::launch(config.clone()).unwrap();
    redis_command(first.port(), "SET answer 42");
    let orphan = first.pid().unwrap();
    std::mem::forget(first);

    let mut second = RedisServer::launch(config).unwrap();
    assert_ne!(second.pid(), Some(orphan));
    assert_eq!(redis_command(second.port(), "EXISTS answer"), ":1");
    second.stop().unwrap();
}

#[test]
fn a_lasting_postgres_takes_over_from_an_orphan() {
    let home = tempfile::Builder::new().prefix("velox-lasting-").tempdir().unwrap();
    open_to_all(home.path());
    let config = PostgresConfig {
        dir: home.path().join("postgres"),
        port: port_of_nobody(),
        password: "secret".to_owned(),
        database: "trading_db".to_owned(),
    };
    let first = PostgresServer::launch(config.clone()).unwrap();
    psql(&first.url(), "create table kept as select 42 as answer");
    let orphan = first.pid().unwrap();
    std::mem::forget(first);

    let mut second = PostgresServer::launch(config).unwrap();
    assert!(!is_alive(orphan));
    assert_eq!(psql(&second.url(), "select answer from kept"), "42");
    second.stop().unwrap();
    assert!(!second.is_running());
}

#[test]
fn a_taken_port_is_named() {
    let taken = RedisServer::private().unwrap();
    let home = tempfile::tempdir().unwrap();
    let config = RedisConfig { dir: home.path().to_owned(), port: taken.port() };
    let error = RedisServer::launch(config).map(drop).unwrap_err();
    assert!(matches!(error, ServerError::PortInUse { port, .. } if port == taken.port()));
}

#[test]
fn a_data_folder_of_another_version_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("postgres/data");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("PG_VERSION"), "7\n").unwrap();
    let config = PostgresConfig {
        dir: home.path().join("postgres"),
        port: port_of_nobody(),
        password: "secret".to_owned(),
        database: "trading_db".to_owned(),
    };
    let error = PostgresServer::launch(config).map(drop).unwrap_err();
    assert!(error.to_string().contains("was made by PostgreSQL 7"), "{error}");
}

/// Sends an inline command and returns the first line of the answer.
fn redis_command(port: u16, command: &str) -> String {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(connection, "{command}\r\n").unwrap();
    let mut line = String::new();
    BufReader::new(connection).read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

fn psql(url: &str, statement: &str) -> String {
    let output = psql_command(url).args(["-c", statement]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Opens a session and waits until it is open.
fn psql_session(url: &str) -> Child {
    let mut session = psql_command(url).stdin(Stdio::piped()).spawn().unwrap();
    writeln!(session.stdin.as_mut().unwrap(), "select 'open';").unwrap();
    let mut first = [0; 5];
    std::io::Read::read_exact(session.stdout.as_mut().unwrap(), &mut first).unwrap();
    assert_eq!(&first, b"open\n");
    session
}

fn psql_command(url: &str) -> Command {
    let mut psql = Command::new(find_postgres().unwrap().bin_dir().join("psql"));
    psql.args(["-X", "-A", "-t", "-q", url]).env("PGCONNECT_TIMEOUT", "10");
    psql.stdout(Stdio::piped()).stderr(Stdio::piped());
    psql
}

/// A port that no server listens on any more.
fn port_of_nobody() -> u16 {
    RedisServer::private().unwrap().port()
}

fn open_to_all(dir: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755)).unwrap();
}
