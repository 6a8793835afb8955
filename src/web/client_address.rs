//! Who is on the other end: the peer, or, behind a proxy that the operator trusts, whom the proxy says (`T91`).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use ipnet::IpNet;

/// The address that limits count by. Headers are believed from trusted proxies only, and only as far as the chain of
/// trusted proxies reaches: the right-most address that is not one of them.
pub(super) fn client_address(request: &HttpRequest, trusted: &[IpNet]) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip().to_canonical());
    behind(peer, request.headers(), trusted)
}

fn behind(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(&peer) {
        return peer;
    }
    let nearest_stranger = |hops: Vec<String>| {
        let mut last = peer;
        for hop in hops.iter().rev() {
            // A hop that cannot be read ends the chain: what is left of it may be anybody's invention.
            let Some(address) = address_of(hop) else { return last };
            last = address;
            if !is_trusted(&address) {
                return address;
            }
        }
        last
    };
    let standard = values(headers, "forwarded");
    let standard =
        standard.iter().map(|element| forwarded_for(element).unwrap_or_default()).collect::<Vec<_>>();
    let usual = values(headers, "x-forwarded-for");
    if standard.is_empty() {
        return nearest_stranger(usual);
    }
    let said = nearest_stranger(standard);
    // A proxy writes one of the two and lets the other through: where they disagree, the client wrote one of them.
    if usual.is_empty() || nearest_stranger(usual) == said { said } else { peer }
}

/// The elements of a header, from left (farthest) to right (nearest).
fn values(headers: &HeaderMap, name: &str) -> Vec<String> {
    let lines = headers.get_all(name).filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(|hop| hop.trim().to_owned()).collect()
}

/// The address of an element of `Forwarded` (RFC 7239).
fn forwarded_for(element: &str) -> Option<String> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.eq_ignore_ascii_case("for").then(|| value.trim_matches('"').to_owned())
    })
}

/// An address, with or without a port, with or without brackets.
fn address_of(hop: &str) -> Option<IpAddr> {
    let plain = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    let with_port = || hop.parse::<SocketAddr>().map(|address| address.ip());
    plain.parse::<IpAddr>().or_else(|_| with_port()).ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn seen(peer: &str, values: &[(&str, &str)]) -> String {
        let mut headers = HeaderMap::new();
        for (header, value) in values {
            headers.append(
                HeaderName::from_bytes(header.as_bytes()).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "127.0.0.1/32".parse().unwrap()];
        behind(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn t91_only_trusted_proxies_are_believed_and_only_the_nearest_stranger_counts() {
        for (peer, header, value, expected) in [
            ("192.0.2.9", "x-forwarded-for", "198.51.100.1", "192.0.2.9"),
            ("127.0.0.1", "x-forwarded-for", "198.51.100.1", "198.51.100.1"),
            ("127.0.0.1", "x-forwarded-for", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
            ("127.0.0.1", "x-forwarded-for", "198.51.100.1:1234", "198.51.100.1"),
            ("127.0.0.1", "x-forwarded-for", "1.1.1.1, nonsense, 10.0.0.2", "10.0.0.2"),
            ("127.0.0.1", "forwarded", "for=1.1.1.1, for=\"[2001:db8::1]:80\";proto=https", "2001:db8::1"),
            ("127.0.0.1", "forwarded", "for=_hidden", "127.0.0.1"),
            ("127.0.0.1", "x-forwarded-for", "10.0.0.1, 10.0.0.2", "10.0.0.1"),
        ] {
            assert_eq!(seen(peer, &[(header, value)]), expected, "{value}");
        }
    }

    #[test]
    fn t91_a_client_that_adds_the_header_which_its_proxy_lets_through_chooses_no_address() {
        let (real, made_up) = ("198.51.100.1", "for=192.0.2.7");
        let proxy = "127.0.0.1";
        assert_eq!(seen(proxy, &[("x-forwarded-for", real), ("forwarded", made_up)]), proxy);
        assert_eq!(
            seen(proxy, &[("forwarded", "for=198.51.100.1"), ("x-forwarded-for", "192.0.2.7")]),
            proxy
        );
        assert_eq!(seen(proxy, &[("x-forwarded-for", real), ("forwarded", "nonsense")]), proxy);
        assert_eq!(seen(proxy, &[("x-forwarded-for", real), ("forwarded", "for=198.51.100.1")]), real);
        // What the client sent in the same header stands further left.
        assert_eq!(seen(proxy, &[("x-forwarded-for", "192.0.2.7"), ("x-forwarded-for", real)]), real);
    }
}
