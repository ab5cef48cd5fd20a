use super::ServerError;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::TcpListener;

/// Below the range from which Linux takes ports for outgoing connections, so that no client takes
/// the port of a server that a test has stopped briefly.
const FIRST: u16 = 20_000;
const LAST: u16 = 31_999;

/// Reports whether a server could listen on `127.0.0.1:port` now.
pub fn is_port_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// Returns a port that is free now. It may be taken before it is used, so the caller must be ready
/// to try another.
pub fn free_port() -> u16 {
    let span = u64::from(LAST - FIRST) + 1;
    let random = || u16::try_from(RandomState::new().hash_one(0) % span).expect("span fits u16");
    std::iter::repeat_with(|| FIRST + random())
        .take(1_000)
        .find(|port| is_port_free(*port))
        .expect("not a thousand ports in a row are taken")
}

/// Runs `start` with a free port, and with another one when the port was taken meanwhile.
pub(super) fn on_a_free_port<T>(
    start: impl Fn(u16) -> Result<T, ServerError>,
) -> Result<T, ServerError> {
    const ATTEMPTS: usize = 10;
    let mut result = start(free_port());
    for _ in 1..ATTEMPTS {
        match result {
            Err(ServerError::PortInUse { .. }) => result = start(free_port()),
            _ => break,
        }
    }
    result
}
