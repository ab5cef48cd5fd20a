use crate::error::{Error, reply};
use crate::link::{Link, Live, Receive};
use crate::metering;
use redis::{
    Client, Cmd, ConnectionAddr, IntoConnectionInfo, Pipeline, ProtocolVersion, TlsCertificates,
    Value,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The longest time for a command. Redis blocks for about 100 ms when it forks to rewrite its
/// append-only file, and longer on a slow disk; after this timeout it counts as unavailable.
pub(crate) const RESPONSE_TIMEOUT: Duration = Duration::from_secs(3);
/// A cloneable handle to one multiplexed Redis connection, which all clones share.
///
/// The connection is made on first use. When it breaks, the next caller makes a new one while the
/// others wait for the outcome; failed attempts are spaced by a growing, jittered delay of at most
/// half a second, so that a command fails within two seconds while Redis is unavailable.
///
/// I/O runs on the runtime that created this value, so blocking work on another runtime cannot
/// stall it.
#[derive(Clone)]
pub struct Redis {
    link: Arc<Link>,
}

/// One connection, valid until it breaks.
pub(crate) struct Connection {
    link: Arc<Link>,
    live: Live,
}

impl Redis {
    /// Parses the URL (`redis://[user:password@]host[:port][/db]`, or `rediss://…` for TLS with a
    /// certificate of a public authority); connects on first use.
    pub fn new(url: &str) -> Result<Self, Error> {
        Self::trusting(url, None)
    }

    /// Like [`Self::new`], with the PEM file of the authority that signed the server's certificate.
    pub fn trusting(url: &str, ca_file: Option<&Path>) -> Result<Self, Error> {
        let invalid = |error: redis::RedisError| Error::InvalidUrl(error.to_string());
        let info = url.into_connection_info().map_err(invalid)?;
        // RESP3 reports a broken connection at once, not only at the next command.
        let redis = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let tcp = info.tcp_settings().clone().set_nodelay(true);
        let info = info.set_redis_settings(redis).set_tcp_settings(tcp);
        let client = match ca_file {
            Some(file) if is_tls(info.addr()) => {
                let root_cert = Some(read_authority(file)?);
                let certificates = TlsCertificates { client_tls: None, root_cert };
                Client::build_with_tls(info, certificates)
            }
            _ => Client::open(info),
        };
        let client = client.map_err(invalid)?;
        if is_tls(client.get_connection_info().addr()) {
            // Another part of the process may have installed one already, which is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        Ok(Self::with_client(client, "commands", None))
    }

    fn with_client(client: Client, purpose: &'static str, receive: Option<Box<Receive>>) -> Self {
        Self { link: Arc::new(Link::new(client, purpose, receive)) }
    }

    /// A separate connection to the same server, for commands that block.
    pub(crate) fn dedicated(&self, purpose: &'static str) -> Self {
        Self::with_client(self.link.client().clone(), purpose, None)
    }

    /// A separate connection that passes the server's push messages, and the notice that it broke
    /// ([`redis::PushKind::Disconnection`]), to `receive`.
    pub(crate) fn receiving(&self, purpose: &'static str, receive: Box<Receive>) -> Self {
        Self::with_client(self.link.client().clone(), purpose, Some(receive))
    }

    /// The number of the current connection, if there is one.
    pub(crate) fn connected(&self) -> Option<u64> {
        self.link.live().map(|live| live.number)
    }

    /// Drops the connection, with all commands in progress on it.
    pub(crate) fn disconnect(&self) {
        self.link.disconnect();
    }

    /// Returns the current connection, or makes one.
    pub(crate) async fn connection(&self) -> Result<Connection, Error> {
        self.connection_within(Duration::MAX).await
    }

    /// Like [`Self::connection`], but waits at most `patience` for the next attempt.
    pub(crate) async fn connection_within(&self, patience: Duration) -> Result<Connection, Error> {
        let live = match self.link.live() {
            Some(live) => live,
            // Boxed: rare, and too large to be part of every caller's future.
            None => Box::pin(self.link.connect_once(patience)).await?,
        };
        Ok(Connection { link: Arc::clone(&self.link), live })
    }

    /// Sends one command. Never sends it twice.
    pub(crate) async fn run(&self, command: &Cmd) -> Result<Value, Error> {
        self.connection().await?.run(command, RESPONSE_TIMEOUT).await
    }
}

const fn is_tls(address: &ConnectionAddr) -> bool {
    matches!(address, ConnectionAddr::TcpTls { .. })
}

/// Reads the PEM file of an authority. One without a certificate is an error: no server would be
/// trusted.
fn read_authority(file: &Path) -> Result<Vec<u8>, Error> {
    let unusable = |problem: String| Error::InvalidUrl(format!("{}: {problem}", file.display()));
    let pem = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
    match CertificateDer::from_pem_slice(&pem) {
        Ok(_) => Ok(pem),
        Err(_) => Err(unusable("contains no PEM certificate".to_owned())),
    }
}

impl Connection {
    /// The number of this connection among those of one [`Redis`].
    pub(crate) const fn number(&self) -> u64 {
        self.live.number
    }

    /// Sends one command and waits for its reply.
    pub(crate) async fn run(&self, command: &Cmd, within: Duration) -> Result<Value, Error> {
        let mut wire = self.live.wire.clone();
        wire.set_response_timeout(within);
        let value = match wire.send_packed_command(command).await {
            Ok(value) => reply(value),
            Err(error) => Err(Error::sending(error)),
        };
        self.note(value)
    }

    /// Sends commands in one write; each has its own reply, which may be an error.
    pub(crate) async fn run_all(&self, commands: &Pipeline) -> Result<Vec<Value>, Error> {
        let mut wire = self.live.wire.clone();
        wire.set_response_timeout(RESPONSE_TIMEOUT);
        let values = wire.send_packed_commands(commands, 0, commands.len()).await;
        self.note(values.map_err(Error::sending))
    }

    /// Sends commands in one write, of which none may fail, and waits up to `within` for the
    /// replies.
    pub(crate) async fn run_together(
        &self,
        commands: &Pipeline,
        within: Duration,
    ) -> Result<Vec<Value>, Error> {
        let mut wire = self.live.wire.clone();
        wire.set_response_timeout(within);
        let values = match wire.send_packed_commands(commands, 0, commands.len()).await {
            Ok(values) => values.into_iter().map(reply).collect(),
            Err(error) => Err(Error::sending(error)),
        };
        self.note(values)
    }

    /// Sends commands as one MULTI/EXEC and returns the reply to EXEC: nil if a watched key has
    /// changed. An error means that none was executed, or that this is unknown.
    pub(crate) async fn exec(&self, commands: &Pipeline) -> Result<Value, Error> {
        let mut wire = self.live.wire.clone();
        wire.set_response_timeout(RESPONSE_TIMEOUT);
        // The replies to MULTI and to the queueing of each command are skipped.
        let exec = match wire.send_packed_commands(commands, commands.len() + 1, 1).await {
            Ok(mut values) => values.pop().map_or(Ok(Value::Nil), reply),
            Err(error) => Err(Error::sending(error)),
        };
        self.note(exec)
    }

    /// Sends one command that does not block.
    pub(crate) async fn run_now(&self, command: &Cmd) -> Result<Value, Error> {
        self.run(command, RESPONSE_TIMEOUT).await
    }

    /// Subscribes to these channels and patterns.
    pub(crate) async fn subscribe(
        &self,
        channels: &[String],
        patterns: &[String],
    ) -> Result<(), Error> {
        let mut wire = self.live.wire.clone();
        let outcome = async {
            if !channels.is_empty() {
                wire.subscribe(channels).await?;
            }
            if !patterns.is_empty() {
                wire.psubscribe(patterns).await?;
            }
            Ok(())
        };
        let outcome = outcome.await.map_err(Error::sending);
        if let Err(error) = &outcome {
            // Without its subscription the connection is of no use, whatever the error.
            self.link.lost(self.live.number, error);
        }
        outcome
    }

    fn note<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &outcome {
            metering::failed(self.link.purpose(), error);
            if matches!(error, Error::Unavailable(_)) {
                self.link.lost(self.live.number, error);
            }
        }
        outcome
    }
}

/// Returns the replies of the commands in the reply to EXEC; each may be an error.
pub(crate) fn replies(exec: Value, commands: usize) -> Result<Vec<Value>, Error> {
    match exec {
        Value::Array(values) if values.len() == commands => Ok(values),
        _ => Err(Error::unexpected("one reply for each command of the transaction")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use devstack::servers::RedisServer;
    use tokio::runtime::{Builder, Runtime};

    #[test]
    fn a_connection_is_served_where_its_handle_was_made() {
        let server = RedisServer::private().unwrap();
        let home = Runtime::new().unwrap();
        let redis = home.block_on(async { Redis::new(&server.url()) }).unwrap();
        let elsewhere = Builder::new_current_thread().enable_all().build().unwrap();
        elsewhere.block_on(redis.ping()).unwrap();
        drop(elsewhere);
        home.block_on(redis.ping()).unwrap();
        assert_eq!(redis.connected(), Some(1));
    }
}
