#![doc = include_str!("../README.md")]

mod origin;

pub use origin::{AllowedOrigins, PageOrigin};

use http::HeaderMap;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv6Addr};

/// The header to which each proxy appends the address of its peer.
const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// The header in which a proxy names the scheme of the original request.
const X_FORWARDED_PROTO: &str = "x-forwarded-proto";

/// The setting for trusted proxies.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ProxyArgs {
    /// Reverse proxies whose `X-Forwarded-For` is trusted, by address or network, separated by
    /// commas: `127.0.0.1,10.0.0.0/8`.
    #[arg(long, env = "TRUSTED_PROXIES", value_delimiter = ',', value_parser = parse)]
    pub trusted_proxies: Vec<Option<IpNet>>,
}

impl ProxyArgs {
    /// Returns the address of a client that is connected from `peer` and sent these headers: the
    /// last address in the chain that is not a trusted proxy's.
    pub fn client_address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let written = headers.get_all(X_FORWARDED_FOR).iter().rev();
        let hops = written.flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
        let mut address = peer.to_canonical();
        for hop in hops {
            if !self.is_trusted(address) {
                break;
            }
            // An unparsable hop ends the chain: no trusted proxy wrote it.
            let Ok(before) = hop.trim().parse::<IpAddr>() else { break };
            address = before.to_canonical();
        }
        address
    }

    /// Returns the scheme of the client's request, if `peer` is a trusted proxy and names it.
    pub fn client_scheme<'a>(&self, peer: IpAddr, headers: &'a HeaderMap) -> Option<&'a str> {
        let said = headers.get(X_FORWARDED_PROTO).filter(|_| self.is_trusted(peer))?;
        said.to_str().ok()?.split(',').next().map(str::trim)
    }

    /// Returns whether this is the address of a trusted proxy.
    pub fn is_trusted(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted_proxies.iter().flatten().any(|network| network.contains(&address))
    }
}

/// Returns the address by which a client is limited: for IPv6 its /64 network, since a client with
/// one IPv6 address usually has all 2^64 of them.
pub fn limited_address(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let network = v6.to_bits() >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
    }
}

/// Parses an address or network. Compose files pass an unset variable as an empty one.
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
    use http::HeaderValue;
    use proptest::prelude::*;
    use testkit::hostile::{cases, damaged};

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
            // A peer that is not trusted counts by its own address, whatever the headers say.
            prop_assert!(trusts || address == peer);
            prop_assert_eq!(address, address.to_canonical());
            prop_assert_eq!(limited_address(limited_address(address)), limited_address(address));
        }
    }
}
