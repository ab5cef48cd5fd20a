//! `healthcheck PORT`: queries `/readyz` of a service on this machine and exits with 0 if it is
//! ready. For container engines: the image has no other HTTP client.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

/// The time after which a service that does not answer counts as unhealthy.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The most bytes read of the response; `/readyz` is far shorter.
const ANSWER_BYTES_MAX: u64 = 4_096;

fn main() -> ExitCode {
    let Some(port) = std::env::args().nth(1).and_then(|port| port.parse().ok()) else {
        eprintln!("usage: healthcheck PORT, the service's METRICS_PORT");
        return ExitCode::from(2);
    };
    match ask(port) {
        Ok(answer) => {
            // Container engines keep the output: `docker inspect` shows why a service is unhealthy.
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
