//! A mail server.

use crate::letter::Letter;
use crate::transport::{SendError, message};
use anyhow::Context as _;
use lettre::message::Mailbox;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use std::net::IpAddr;
use url::{Host, Url};

/// A mail server that takes mails from us. Each mail has a connection of its own: there are few,
/// and an idle connection is one more thing that can be found broken.
pub struct Smtp {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    /// No connection is made yet.
    pub fn new(url: &str, from: Mailbox) -> anyhow::Result<Self> {
        let url = with_tls(url).context("SMTP_URL can't be read")?;
        let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str());
        let mut server = server.context("SMTP_URL can't be used")?;
        if url.path().len() <= 1 {
            // Without a name in the URL's path, lettre would call itself [127.0.0.1], which many
            // servers don't take from other machines.
            server = server.hello_name(ClientId::Domain(from.email.domain().to_owned()));
        }
        Ok(Self { server: server.build(), from })
    }

    pub async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let message = message(letter, &self.from)?;
        self.server.send(message).await.map(drop).map_err(|error| from_smtp(&error))
    }
}

/// 4xx and whatever happens to a connection may pass; 5xx and what we can't say to this server
/// does not.
fn from_smtp(error: &Error) -> SendError {
    let reason = format!("SMTP: {error}");
    if error.is_permanent() || error.is_client() {
        SendError::Refused(reason)
    } else {
        SendError::unavailable(reason)
    }
}

/// `smtp` is made to change to TLS: always when a password would leave this machine, otherwise if
/// the server can.
fn with_tls(text: &str) -> Result<Url, url::ParseError> {
    let mut url = Url::parse(text)?;
    let tls = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, tls)| tls.into_owned());
    match (url.scheme(), tls.as_deref()) {
        // lettre's word for this is to say nothing.
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
        // Only special schemes have their addresses parsed.
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
