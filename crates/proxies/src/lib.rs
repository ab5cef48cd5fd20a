#![doc = include_str!("../README.md")]

mod origin;

pub use origin::{AllowedOrigins, PageOrigin};

use http::HeaderMap;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv6Addr};

/// The header in which each proxy appends the address that it was called from.
const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// The header in which a proxy says by which scheme it was called.
const X_FORWARDED_PROTO: &str = "x-forwarded-proto";

/// Which proxies are believed.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ProxyArgs {
    /// Reverse proxies whose `X-Forwarded-For` is believed, by address or network, separated by
    /// commas: `127.0.0.1,10.0.0.0/8`.
    #[arg(long, env = "TRUSTED_PROXIES", value_delimiter = ',', value_parser = parse)]
    pub trusted_proxies: Vec<Option<IpNet>>,
}

impl ProxyArgs {
    /// The address of a client that is connected from `peer` and sent these headers: the last one
    /// in the chain that no trusted proxy has.
    pub fn client_address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let written = headers.get_all(X_FORWARDED_FOR).iter().rev();
        let hops = written.flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
        let mut address = peer.to_canonical();
        for hop in hops {
            if !self.is_trusted(address) {
                break;
            }
            // What can't be read ends the chain: it was not written by a proxy of ours.
            let Ok(before) = hop.trim().parse::<IpAddr>() else { break };
            address = before.to_canonical();
        }
        address
    }

    /// The scheme by which a client called a trusted proxy, if `peer` is one and says so.
    pub fn client_scheme<'a>(&self, peer: IpAddr, headers: &'a HeaderMap) -> Option<&'a str> {
        let said = headers.get(X_FORWARDED_PROTO).filter(|_| self.is_trusted(peer))?;
        said.to_str().ok()?.split(',').next().map(str::trim)
    }

    /// Whether this is the address of a trusted proxy.
    pub fn is_trusted(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted_proxies.iter().flatten().any(|network| network.contains(&address))
    }
}

/// The address by which a client is limited: one who has an IPv6 address has 2^64 of them.
pub fn limited_address(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let network = v6.to_bits() >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
    }
}

/// Compose files pass an unset variable on as an empty one.
fn parse(text: &str) -> Result<Option<IpNet>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    network.map(Some).map_err(|_| format!("{text:?} is neither an address nor a network"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hostile::{cases, damaged};
    use http::HeaderValue;
    use proptest::prelude::*;

    fn address_of(trusted: &str, peer: &str, forwarded: &[&str]) -> String {
        let trusted_proxies =
            trusted.split(',').map(|text| parse(text).expect("networks")).collect();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(X_FORWARDED_FOR, HeaderValue::from_str(value).expect("ASCII"));
        }
        let peer = peer.parse().expect("an address");
        ProxyArgs { trusted_proxies }.client_address(peer, &headers).to_string()
    }

    #[test]
    fn only_what_trusted_proxies_wrote_counts() {
        let rows: [(&str, &str, &[&str], &str); 9] = [
            ("", "9.9.9.9", &["1.1.1.1"], "9.9.9.9"),
            ("10.0.0.0/8", "9.9.9.9", &["1.1.1.1"], "9.9.9.9"),
            ("10.0.0.0/8", "10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.0/8", "10.0.0.1", &["1.1.1.1"], "1.1.1.1"),
            ("10.0.0.0/8", "10.0.0.1", &["6.6.6.6, 1.1.1.1, 10.0.0.2"], "1.1.1.1"),
            ("10.0.0.0/8", "10.0.0.1", &["6.6.6.6", "1.1.1.1,10.0.0.2"], "1.1.1.1"),
            ("10.0.0.0/8", "10.0.0.1", &["1.1.1.1, nonsense"], "10.0.0.1"),
            ("10.0.0.1", "::ffff:10.0.0.1", &["2001:db8::1"], "2001:db8::1"),
            ("10.0.0.1", "10.0.0.1", &["10.0.0.1, 10.0.0.1"], "10.0.0.1"),
        ];
        for (trusted, peer, forwarded, expected) in rows {
            assert_eq!(address_of(trusted, peer, forwarded), expected, "{peer} {forwarded:?}");
        }
        assert!(parse("10.0.0.0/33").is_err() && parse("localhost").is_err());
    }

    #[test]
    fn an_ipv6_client_is_limited_by_its_network() {
        for (address, limited) in [
            ("1.2.3.4", "1.2.3.4"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2::", "2001:db8:1:2::"),
        ] {
            let address = address.parse().expect("an address");
            assert_eq!(limited_address(address).to_string(), limited);
        }
    }

    proptest! {
        #![proptest_config(cases(3_000))]

        #[test]
        fn hostile_chains(
            values in prop::collection::vec(
                damaged(vec![
                    b"6.6.6.6, 1.1.1.1, 10.0.0.2".to_vec(),
                    b"::ffff:10.0.0.1,2001:db8::1".to_vec(),
                    b"10.0.0.1, 10.0.0.1".to_vec(),
                ]),
                0..4,
            ),
            trusts in any::<bool>(),
        ) {
            let mut headers = HeaderMap::new();
            for value in values.iter().filter_map(|bytes| HeaderValue::from_bytes(bytes).ok()) {
                headers.append(X_FORWARDED_FOR, value);
            }
            let trusted_proxies = vec![trusts.then(|| "10.0.0.0/8".parse().expect("a network"))];
            let peer: IpAddr = "10.0.0.1".parse().expect("an address");
            let address = ProxyArgs { trusted_proxies }.client_address(peer, &headers);
            // Who is not trusted counts as who is connected, whatever the headers say.
            prop_assert!(trusts || address == peer);
            prop_assert_eq!(address, address.to_canonical());
            prop_assert_eq!(limited_address(limited_address(address)), limited_address(address));
        }
    }
}
