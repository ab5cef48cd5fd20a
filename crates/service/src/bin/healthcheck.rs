//! `healthcheck PORT`: asks a service on this machine whether it can do its work, and ends with 0
//! if it can. For container engines: the image has no other program that speaks HTTP.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

/// A service that does not answer for so long is not well.
const TIMEOUT: Duration = Duration::from_secs(3);

/// `/readyz` says why not in a few words.
const ANSWER_BYTES_MAX: u64 = 4_096;

fn main() -> ExitCode {
    let Some(port) = std::env::args().nth(1).and_then(|port| port.parse().ok()) else {
        eprintln!("usage: healthcheck PORT, the service's METRICS_PORT");
        return ExitCode::from(2);
    };
    match ask(port) {
        Ok(answer) => {
            // Container engines keep it: `docker inspect` shows why a service is not well.
            println!("{}", answer.split("\r\n\r\n").nth(1).unwrap_or_default().trim_end());
            let is_ok = answer.starts_with("HTTP/1.1 200") || answer.starts_with("HTTP/1.0 200");
            if is_ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            println!("port {port} does not answer: {error}");
            ExitCode::FAILURE
        }
    }
}

fn ask(port: u16) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    stream.write_all(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(ANSWER_BYTES_MAX).read_to_string(&mut answer)?;
    Ok(answer)
}
