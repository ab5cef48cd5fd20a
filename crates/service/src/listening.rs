//! Listening sockets.

use anyhow::Context as _;
use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use tokio::net::TcpListener;

/// The number of clients that may wait to be accepted.
const BACKLOG: i32 = 1_024;

/// All addresses, by IPv6 and IPv4.
const ALL: &str = "::";

/// Binds a port of this host. `::` also takes IPv4 connections, whatever the system's default, and
/// means IPv4 only where IPv6 is disabled.
///
/// # Errors
/// When the port is taken or the host is not an address of this machine; the error names `setting`,
/// the setting of the port.
pub fn listen(host: &str, port: u16, setting: &str) -> anyhow::Result<TcpListener> {
    let host = host.trim_matches(['[', ']']);
    let bound = match bind(host, port) {
        Err(error) if host == ALL && is_without_ipv6(&error) => {
            bind_to((Ipv4Addr::UNSPECIFIED, port).into())
        }
        bound => bound,
    };
    let shown = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    bound.with_context(|| format!("{shown}:{port} can't be bound; set {setting} to a free port"))
}

/// Binds like [`listen`], but `localhost` on both its IPv4 and IPv6 address, because clients may
/// try either first. IPv6 is left out where it is unavailable.
///
/// # Errors
/// As [`listen`].
pub(crate) fn listen_on_each(
    host: &str,
    port: u16,
    setting: &str,
) -> anyhow::Result<(TcpListener, Option<TcpListener>)> {
    if host != "localhost" {
        return Ok((listen(host, port, setting)?, None));
    }
    let first = listen("127.0.0.1", port, setting)?;
    let port = first.local_addr().context("a bound socket has an address")?.port();
    Ok((first, bind_to((Ipv6Addr::LOCALHOST, port).into()).ok()))
}

/// Binds the first of the host's addresses that can be bound.
fn bind(host: &str, port: u16) -> io::Result<TcpListener> {
    let mut failed = None;
    for address in (host, port).to_socket_addrs()? {
        match bind_to(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = Some(error),
        }
    }
    Err(failed.unwrap_or_else(|| io::Error::other("the host has no address")))
}

fn bind_to(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
        socket.set_only_v6(false)?;
    }
    // As in the standard library: a restart need not wait for lingering connections.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn is_without_ipv6(error: &io::Error) -> bool {
    let codes = [Errno::AFNOSUPPORT, Errno::ADDRNOTAVAIL].map(Errno::raw_os_error);
    error.raw_os_error().is_some_and(|code| codes.contains(&code))
}
