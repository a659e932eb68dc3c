//! Who really calls when a reverse proxy stands between. What a proxy says is believed only of those that were named;
//! anybody can write `X-Forwarded-For`.

use std::net::IpAddr;

use axum::http::HeaderMap;
use ipnet::IpNet;

const FORWARDED: &str = "x-forwarded-for";

/// The caller: the peer itself, or, where that is a named proxy, the last one in the chain that is none.
pub(crate) fn client(proxies: &[IpNet], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let is_proxy = |ip: IpAddr| proxies.iter().any(|net| net.contains(&ip.to_canonical()));
    let mut client = peer;
    let chain: Vec<&str> = headers.get_all(FORWARDED).iter().filter_map(|v| v.to_str().ok()).collect();
    // Each proxy adds whom it saw at the end, so the chain is believed backwards, as far as it was written by named ones.
    for hop in chain.iter().flat_map(|line| line.split(',')).rev() {
        if !is_proxy(client) {
            break;
        }
        let Ok(ip) = hop.trim().parse() else { break };
        client = ip;
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(proxies: &[&str], peer: &str, chain: &[&str]) -> String {
        let proxies: Vec<IpNet> = proxies.iter().map(|net| net.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for line in chain {
            headers.append(FORWARDED, line.parse().unwrap());
        }
        client(&proxies, peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_named_proxies_are_believed() {
        assert_eq!(seen(&[], "203.0.113.9", &["10.0.0.1"]), "203.0.113.9");
        assert_eq!(seen(&["127.0.0.1/32"], "203.0.113.9", &["10.0.0.1"]), "203.0.113.9");
        assert_eq!(seen(&["127.0.0.1/32"], "127.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(seen(&["127.0.0.1/32"], "::ffff:127.0.0.1", &["198.51.100.7"]), "198.51.100.7");
    }

    #[test]
    fn what_a_caller_wrote_before_the_proxy_is_not_believed() {
        let proxies = ["127.0.0.1/32", "10.0.0.0/8"];
        assert_eq!(seen(&proxies, "127.0.0.1", &["1.1.1.1, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(seen(&proxies, "127.0.0.1", &["1.1.1.1", "198.51.100.7, 10.1.2.3"]), "198.51.100.7");
        assert_eq!(seen(&proxies, "127.0.0.1", &["nonsense"]), "127.0.0.1");
        assert_eq!(seen(&proxies, "127.0.0.1", &[]), "127.0.0.1");
    }
}
