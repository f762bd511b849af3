//! Where a request comes from: the address of its connection, or what proxies
//! that are trusted say of it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

/// The header by which proxies tell where a request comes from. Only one is
/// believed: of the other a proxy passes on what anybody wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, which most proxies write.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl FromStr for ForwardedHeader {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "x-forwarded-for" => Ok(Self::XForwardedFor),
            "forwarded" => Ok(Self::Forwarded),
            _ => Err("use x-forwarded-for or forwarded".to_owned()),
        }
    }
}

impl ForwardedHeader {
    fn name(self) -> HeaderName {
        match self {
            Self::XForwardedFor => HeaderName::from_static("x-forwarded-for"),
            Self::Forwarded => header::FORWARDED,
        }
    }

    /// The address that one entry of the header names.
    fn address(self, entry: &str) -> Option<IpAddr> {
        let node = match self {
            Self::XForwardedFor => entry,
            Self::Forwarded => entry.split(';').find_map(|pair| {
                let (name, value) = pair.trim().split_once('=')?;
                name.eq_ignore_ascii_case("for").then_some(value)
            })?,
        };
        read_node(node.trim().trim_matches('"'))
    }
}

/// An address, with a port or without.
fn read_node(node: &str) -> Option<IpAddr> {
    let with_port = || node.parse::<SocketAddr>().ok().map(|read| read.ip());
    let in_brackets = || {
        let inner = node.strip_prefix('[')?.strip_suffix(']')?;
        inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
    };
    let address = node.parse().ok().or_else(with_port).or_else(in_brackets);
    address.map(|address: IpAddr| address.to_canonical())
}

/// Proxies whose word is taken for where requests come from.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    /// Networks that they are in.
    pub trusted: Vec<IpNet>,
    /// The header that they write.
    pub header: ForwardedHeader,
}

impl Proxies {
    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted
            .iter()
            .any(|network| network.contains(&address))
    }

    /// Where a request comes from that arrived from `peer`. Entries are read
    /// from the last on, because each proxy adds one at the end, and as far as
    /// the proxies are trusted that wrote them; where one cannot be read, it
    /// is the proxy's own request.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if !self.trusts(client) {
            return client;
        }
        let values = headers.get_all(self.header.name());
        let entries: Vec<&str> = values
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .collect();
        for entry in entries.into_iter().rev() {
            let Some(address) = self.header.address(entry) else {
                break;
            };
            client = address;
            if !self.trusts(client) {
                break;
            }
        }
        client
    }
}

/// The network that one reader has: an IPv4 address, or the /64 of an IPv6
/// address, in which every reader may make up addresses (RFC 4291).
pub(crate) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => {
            let prefix = six.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(prefix))
        }
        four => four,
    }
}

/// Whether an address is of no use on the Internet: then it is that of a
/// machine nearby, or of a proxy that nobody told us of.
pub(crate) fn is_local(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(four) => {
            // Shared addresses (RFC 6598) are between carriers and customers.
            let shared = four.octets()[0] == 100 && four.octets()[1] & 0xc0 == 64;
            four.is_loopback() || four.is_private() || four.is_link_local() || shared
        }
        IpAddr::V6(six) => {
            six.is_loopback() || six.is_unique_local() || six.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(header: ForwardedHeader, trusted: &str, peer: &str, said: &[&str]) -> String {
        let proxies = Proxies {
            trusted: vec![trusted.parse().unwrap()],
            header,
        };
        let mut headers = HeaderMap::new();
        for value in said {
            headers.append(header.name(), value.parse().unwrap());
        }
        proxies.client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed_and_no_further_than_they_go() {
        let of =
            |peer, said: &[&str]| client(ForwardedHeader::XForwardedFor, "10.0.0.0/8", peer, said);
        assert_eq!(of("198.51.100.7", &["203.0.113.9"]), "198.51.100.7");
        assert_eq!(of("10.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        // What comes before the last untrusted address, anybody wrote.
        assert_eq!(
            of("10.0.0.1", &["192.0.2.1, 203.0.113.9, 10.0.0.2"]),
            "203.0.113.9"
        );
        assert_eq!(
            of("10.0.0.1", &["192.0.2.1", "203.0.113.9:4711"]),
            "203.0.113.9"
        );
        assert_eq!(of("10.0.0.1", &["[2001:db8::1]:80"]), "2001:db8::1");
        assert_eq!(of("10.0.0.1", &["203.0.113.9, unknown"]), "10.0.0.1");
        assert_eq!(of("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(of("::ffff:10.0.0.1", &["203.0.113.9"]), "203.0.113.9");
    }

    #[test]
    fn the_other_header_is_believed_where_it_was_said_and_nowhere_else() {
        let of = |said| client(ForwardedHeader::Forwarded, "::1/128", "::1", &[said]);
        assert_eq!(
            of("for=192.0.2.60;proto=http;by=203.0.113.43"),
            "192.0.2.60"
        );
        assert_eq!(of("For=\"[2001:db8:cafe::17]:4711\""), "2001:db8:cafe::17");
        assert_eq!(of("for=192.0.2.43, for=198.51.100.17"), "198.51.100.17");
        assert_eq!(of("for=_hidden"), "::1");
        let proxies = Proxies {
            trusted: vec!["::1/128".parse().unwrap()],
            header: ForwardedHeader::Forwarded,
        };
        let other = (
            HeaderName::from_static("x-forwarded-for"),
            "192.0.2.1".parse().unwrap(),
        );
        let client = proxies.client("::1".parse().unwrap(), &HeaderMap::from_iter([other]));
        assert_eq!(client.to_string(), "::1");
    }

    #[test]
    fn a_network_of_ipv6_is_one_reader() {
        let network = |text: &str| network_of(text.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("203.0.113.9"), "203.0.113.9");
        assert_eq!(network("::ffff:203.0.113.9"), "203.0.113.9");
    }

    #[test]
    fn what_is_nearby_is_told_from_what_is_on_the_internet() {
        for local in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "::1",
            "fd00::1",
        ] {
            assert!(is_local(local.parse().unwrap()), "{local}");
        }
        for public in ["203.0.113.9", "100.128.0.1", "140.82.112.3", "2001:db8::1"] {
            assert!(!is_local(public.parse().unwrap()), "{public}");
        }
    }
}
