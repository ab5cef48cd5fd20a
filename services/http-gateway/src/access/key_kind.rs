//! The kinds of API keys, how they sign, and the addresses from which a key may be used.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::Arc;

/// The kind of an API key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum KeyKind {
    /// One text, which is sent with each request to the own API.
    #[default]
    Bearer,
    /// A key whose requests to the API in the shape of Binance Futures are signed.
    Exchange,
}

/// The algorithm with which a key signs requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Algorithm {
    /// With a secret that the gateways can derive.
    HmacSha256,
    /// With a private key that only its owner has.
    Ed25519,
}

impl Algorithm {
    /// Returns the name under which the algorithm is sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HmacSha256 => "HMAC_SHA256",
            Self::Ed25519 => "ED25519",
        }
    }
}

impl KeyKind {
    /// Returns the name under which the kind is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "BEARER",
            Self::Exchange => "EXCHANGE",
        }
    }

    /// Returns the kind with this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Bearer, Self::Exchange].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// The addresses and networks from which a key may be used; any if there are none. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedAddresses(Arc<[IpNet]>);

impl AllowedAddresses {
    /// Reads what is stored; `None` if that is damaged: such a key must not be used from everywhere.
    pub fn stored(texts: Option<&[String]>) -> Option<Self> {
        let networks = texts.unwrap_or_default().iter().map(|text| Self::network(text));
        networks.collect::<Option<_>>().map(Self)
    }

    /// Parses an address or a network.
    pub fn network(text: &str) -> Option<IpNet> {
        text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
    }

    /// Returns whether a key may be used from this address.
    pub fn admit(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.is_empty() || self.0.iter().any(|network| network.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_for_any_address_or_for_those_that_are_listed() {
        let listed = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
            AllowedAddresses::stored(Some(&texts))
        };
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(AllowedAddresses::default().admit(address("9.9.9.9")));
        let allowed = listed(&["10.0.0.0/8", "2001:db8::1"]).unwrap();
        for (from, is_allowed) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("11.0.0.1", false),
            ("2001:db8::1", true),
            ("2001:db8::2", false),
        ] {
            assert_eq!(allowed.admit(address(from)), is_allowed, "{from}");
        }
        assert_eq!(listed(&["10.0.0.0/8", "nonsense"]), None);
    }
}
