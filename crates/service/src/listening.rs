//! Ports that are served.

use anyhow::Context as _;
use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use tokio::net::TcpListener;

/// How many clients may wait to be accepted.
const BACKLOG: i32 = 1_024;

/// All addresses, by IPv6 and IPv4.
const ALL: &str = "::";

/// Binds a port of this host. `::` takes IPv4 connections as well, whatever the system's default
/// is, and is IPv4 alone where IPv6 is switched off.
///
/// # Errors
/// When the port is taken, or the host is none of this machine; names `setting`, that of the port.
pub fn listen(host: &str, port: u16, setting: &str) -> anyhow::Result<TcpListener> {
    let host = host.trim_matches(['[', ']']);
    let bound = match bind(host, port) {
        Err(error) if host == ALL && is_without_ipv6(&error) => {
            bind_to((Ipv4Addr::UNSPECIFIED, port).into())
        }
        bound => bound,
    };
    let shown = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    bound.with_context(|| format!("{shown}:{port} can't be served; set {setting} to a free port"))
}

/// The same, and for `localhost` both of its addresses: clients try either first. IPv6 is left out
/// where there is none.
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

/// The first of the host's addresses that can be bound.
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
    // As the standard library does it: a restart need not wait for connections that linger.
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
