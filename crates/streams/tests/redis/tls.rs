//! Tests of TLS with a certificate that no public authority has signed.

use crate::desk::Desk;
use devstack::servers::free_port;
use std::fs;
use std::path::{Path, PathBuf};
use streams::{Address, Error, Redis};
use tempfile::TempDir;

/// Makes the server listen with TLS; returns the port and the file of the certificate.
fn with_tls(desk: &Desk) -> (u16, PathBuf, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (dir.path().join("server.crt"), dir.path().join("server.key"));
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let port = free_port();
    let (certificate_name, key_name) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    let settings = ["CONFIG", "SET", "tls-auth-clients", "no", "tls-cert-file", certificate_name];
    let port_name = port.to_string();
    let settings = [&settings[..], &["tls-key-file", key_name, "tls-port", &port_name]].concat();
    desk.command(&settings);
    (port, certificate, dir)
}

fn trusting(url: &str, ca_file: &Path) -> Result<Redis, Error> {
    Redis::open(Address {
        url,
        ca_file: Some(ca_file),
        is_cluster: false,
        shards: 1,
        replication: None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_reached_by_tls_where_its_authority_is_trusted() {
    let desk = Desk::open();
    let (port, certificate, _dir) = with_tls(&desk);
    let url = format!("rediss://127.0.0.1:{port}");
    let redis = trusting(&url, &certificate).unwrap();
    redis.ping().await.unwrap();
    redis.set_expiring("k", "v", std::time::Duration::from_mins(1)).await.unwrap();
    assert_eq!(desk.redis.get("k").await.unwrap().as_deref(), Some("v"));

    let stranger = Redis::new(&url).unwrap().ping().await.unwrap_err();
    assert!(matches!(stranger, Error::Unavailable(_)), "{stranger}");
    // A server without TLS needs no authority, and a leftover setting does no harm.
    trusting(&desk.server.url(), &certificate).unwrap().ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_an_authority_is_said_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    for text in [None, Some(""), Some("nothing of the kind")] {
        if let Some(text) = text {
            fs::write(&file, text).unwrap();
        }
        let error = trusting("rediss://127.0.0.1:1", &file).err().unwrap();
        let said = error.to_string();
        assert!(matches!(error, Error::InvalidUrl(_)) && said.contains("ca.pem"), "{said}");
    }
}
