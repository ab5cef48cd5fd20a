//! SMTP.

use crate::letter::Letter;
use crate::transport::{SendError, message};
use anyhow::Context as _;
use lettre::message::Mailbox;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use std::net::IpAddr;
use url::{Host, Url};

/// A mail server. Each mail uses a new connection: mails are few, and an idle connection may turn
/// out to be broken.
pub struct Smtp {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    /// Creates the transport, without connecting.
    pub fn new(url: &str, from: Mailbox) -> anyhow::Result<Self> {
        let url = with_tls(url).context("SMTP_URL is not a URL")?;
        let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str());
        let mut server = server.context("SMTP_URL is invalid")?;
        if url.path().len() <= 1 {
            // Without a name in the URL's path, lettre says EHLO [127.0.0.1], which many servers
            // do not accept from other machines.
            server = server.hello_name(ClientId::Domain(from.email.domain().to_owned()));
        }
        Ok(Self { server: server.build(), from })
    }

    pub async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let message = message(letter, &self.from)?;
        self.server.send(message).await.map(drop).map_err(|error| from_smtp(&error))
    }
}

/// Converts an error: 4xx and connection errors are temporary; 5xx and mails that cannot be sent to
/// this server at all are permanent.
fn from_smtp(error: &Error) -> SendError {
    let reason = format!("SMTP: {error}");
    if error.is_permanent() || error.is_client() {
        SendError::Refused(reason)
    } else {
        SendError::unavailable(reason)
    }
}

/// Adds STARTTLS to `smtp`: required if a password would leave this machine, otherwise if the
/// server supports it.
fn with_tls(text: &str) -> Result<Url, url::ParseError> {
    let mut url = Url::parse(text)?;
    let tls = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, tls)| tls.into_owned());
    match (url.scheme(), tls.as_deref()) {
        // For lettre, no parameter means no TLS.
        ("smtp", Some("none")) => url.set_query(None),
        ("smtp", None) if url.password().is_some() && !is_loopback(&url) => {
            url.set_query(Some("tls=required"));
        }
        ("smtp", None) => url.set_query(Some("tls=opportunistic")),
        _ => {}
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        // `Url` parses IPv4 addresses for special schemes only.
        Some(Host::Domain(name)) => {
            name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        }
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_leaves_the_machine_through_tls_only() {
        let rows = [
            ("smtp://localhost", "smtp://localhost?tls=opportunistic"),
            ("smtp://me:pw@127.0.0.1:25", "smtp://me:pw@127.0.0.1:25?tls=opportunistic"),
            ("smtp://me:pw@[::1]:25", "smtp://me:pw@[::1]:25?tls=opportunistic"),
            ("smtp://relay.example", "smtp://relay.example?tls=opportunistic"),
            ("smtp://me:pw@relay.example", "smtp://me:pw@relay.example?tls=required"),
            ("smtp://me:pw@relay.example?tls=none", "smtp://me:pw@relay.example"),
            ("smtp://relay.example?tls=required", "smtp://relay.example?tls=required"),
            ("smtps://me:pw@relay.example", "smtps://me:pw@relay.example"),
        ];
        for (given, used) in rows {
            assert_eq!(with_tls(given).unwrap().as_str(), used);
        }
    }
}
