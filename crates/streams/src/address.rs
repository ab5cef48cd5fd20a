//! The address of a server or of a cluster, and clients for its servers.

use crate::error::Error;
use crate::replication::Replication;
use redis::{
    Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, TlsCertificates,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use std::path::Path;

/// The address of Redis, and the shards that the keys are spread over.
#[derive(Clone, Copy, Debug)]
pub struct Address<'a> {
    /// `redis://[user:password@]host[:port][/db]`, or `rediss://…` for TLS; several nodes of a cluster
    /// are separated by commas, and those after the first need no scheme.
    pub url: &'a str,
    /// The PEM file of the authority that signed the servers' certificates, if it is not a public one.
    pub ca_file: Option<&'a Path>,
    /// Whether a URL with a single node is that of a cluster.
    pub is_cluster: bool,
    /// The number of shards.
    pub shards: u16,
    /// The confirmations that answers and records wait for, if they wait for any.
    pub replication: Option<Replication>,
}

/// The way to make clients for the servers at an address.
#[derive(Clone)]
pub(crate) struct Clients {
    nodes: Vec<ConnectionInfo>,
    certificates: Option<TlsCertificates>,
}

/// The host and port of a server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Node {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Clients {
    pub(crate) fn parse(url: &str, ca_file: Option<&Path>) -> Result<Self, Error> {
        let mut nodes: Vec<ConnectionInfo> = Vec::new();
        for text in nodes_of(url) {
            let info = match nodes.first() {
                Some(first) if !text.contains("://") => {
                    let alone = parse(&format!("redis://{text}"))?;
                    let node = node_of(alone.addr()).ok_or_else(|| no_address(text))?;
                    first.clone().set_addr(at(first.addr(), &node))
                }
                _ => parse(text)?,
            };
            // RESP3 reports a broken connection at once, not only at the next command.
            let redis = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
            let tcp = info.tcp_settings().clone().set_nodelay(true);
            nodes.push(info.set_redis_settings(redis).set_tcp_settings(tcp));
        }
        let certificates = match ca_file {
            Some(file) if nodes.iter().any(|node| is_tls(node.addr())) => {
                Some(TlsCertificates { client_tls: None, root_cert: Some(read_authority(file)?) })
            }
            _ => None,
        };
        Ok(Self { nodes, certificates })
    }

    /// The number of nodes in the address.
    pub(crate) const fn len(&self) -> usize {
        self.nodes.len()
    }

    /// A client for the only server, or for the first node.
    pub(crate) fn first(&self) -> Result<Client, Error> {
        self.client(self.nodes[0].clone())
    }

    /// The nodes of the address that have a host and a port: a Unix socket has none.
    pub(crate) fn seeds(&self) -> impl Iterator<Item = Node> {
        self.nodes.iter().filter_map(|node| node_of(node.addr()))
    }

    /// A client for a node of the cluster, with the first node's user, password and protocol.
    pub(crate) fn at(&self, node: &Node) -> Result<Client, Error> {
        let first = self.nodes[0].clone();
        let address = at(first.addr(), node);
        self.client(first.set_addr(address))
    }

    fn client(&self, info: ConnectionInfo) -> Result<Client, Error> {
        let encrypted = is_tls(info.addr());
        let client = match &self.certificates {
            Some(certificates) if encrypted => Client::build_with_tls(info, certificates.clone()),
            _ => Client::open(info),
        };
        if encrypted {
            // Another part of the process may have installed one already, which is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        client.map_err(|error| Error::InvalidUrl(error.to_string()))
    }
}

/// Splits the nodes of an address, of which there is at least one. A password may contain commas.
fn nodes_of(url: &str) -> impl Iterator<Item = &str> {
    let password_end = url.find('@').unwrap_or_default();
    let first_end = url[password_end..].find(',').map_or(url.len(), |comma| password_end + comma);
    let (first, others) = url.split_at(first_end);
    let others = others.split(',').map(str::trim).filter(|node| !node.is_empty());
    std::iter::once(first).chain(others)
}

fn parse(url: &str) -> Result<ConnectionInfo, Error> {
    url.into_connection_info().map_err(|error| Error::InvalidUrl(error.to_string()))
}

fn no_address(text: &str) -> Error {
    // A node after the first has no password in it.
    Error::InvalidUrl(format!("{text:?} is not the address of a node"))
}

fn node_of(address: &ConnectionAddr) -> Option<Node> {
    match address {
        ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
            Some(Node { host: host.clone(), port: *port })
        }
        _ => None,
    }
}

/// The address of another node, reached in the same way.
fn at(like: &ConnectionAddr, node: &Node) -> ConnectionAddr {
    let Node { host, port } = node.clone();
    match like {
        ConnectionAddr::TcpTls { insecure, tls_params, .. } => ConnectionAddr::TcpTls {
            host,
            port,
            insecure: *insecure,
            tls_params: tls_params.clone(),
        },
        _ => ConnectionAddr::Tcp(host, port),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn seeds(url: &str) -> Vec<String> {
        let clients = Clients::parse(url, None).unwrap();
        clients.seeds().map(|Node { host, port }| format!("{host}:{port}")).collect()
    }

    #[test]
    fn the_nodes_of_a_cluster_are_separated_by_commas() {
        assert_eq!(seeds("redis://a:7000"), ["a:7000"]);
        assert_eq!(seeds("redis://a:7000,b:7001,redis://c"), ["a:7000", "b:7001", "c:6379"]);
        assert_eq!(seeds("rediss://u:p,w@a:7000, [::1]:7001"), ["a:7000", "::1:7001"]);
        assert_eq!(seeds("redis://u:p@a:7000,redis://u:p@b:7001"), ["a:7000", "b:7001"]);
    }

    #[test]
    fn the_other_nodes_have_the_first_nodes_user_and_protocol() {
        let clients = Clients::parse("rediss://user:word@a:7000,b:7001", None).unwrap();
        let second = &clients.nodes[1];
        assert_eq!(second.redis_settings().username(), Some("user"));
        assert_eq!(second.redis_settings().password(), Some("word"));
        assert!(is_tls(second.addr()));
    }

    #[test]
    fn what_is_no_address_is_refused_without_the_password() {
        for url in ["redis://u:secret@a:70000", "redis://u:secret@a,b:x", "nonsense"] {
            let Err(error) = Clients::parse(url, None) else { panic!("{url}") };
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
