//! Which addresses a page may come from: public ones only. The check happens where names are resolved, so the address that
//! was checked is the one that is connected to, and a name that resolves differently the second time gains nothing.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, LazyLock};

use futures::future::BoxFuture;
use ipnet::{Ipv4Net, Ipv6Net};
use luna_model::{Error, Result};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Resolves a name; the system's resolver outside tests.
type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Not public, from the IANA registries of special-purpose IPv4 addresses and of multicast.
const V4_SPECIAL: [&str; 16] = [
    "0.0.0.0/8",        // this network
    "10.0.0.0/8",       // private
    "100.64.0.0/10",    // carrier-grade NAT; some clouds' metadata
    "127.0.0.0/8",      // loopback
    "169.254.0.0/16",   // link-local; most clouds' metadata
    "172.16.0.0/12",    // private
    "192.0.0.0/24",     // protocol assignments; a cloud's metadata
    "192.0.2.0/24",     // documentation
    "192.88.99.0/24",   // 6to4 relays
    "192.168.0.0/16",   // private
    "198.18.0.0/15",    // benchmarks
    "198.51.100.0/24",  // documentation
    "203.0.113.0/24",   // documentation
    "168.63.129.16/32", // a cloud's host agent, on an otherwise public address
    "224.0.0.0/4",      // multicast
    "240.0.0.0/4",      // reserved, broadcast
];

/// The part of IPv6 that is routed publicly, and what is not public inside of it.
const V6_GLOBAL: &str = "2000::/3";
const V6_SPECIAL: [&str; 4] = [
    "2001::/23",     // protocol assignments, Teredo among them
    "2001:db8::/32", // documentation
    "2002::/16",     // 6to4: an IPv4 address in disguise, and no longer in use
    "3fff::/20",     // documentation
];

/// IPv4 behind a NAT64 of the network: as public as the IPv4 address in its last 32 bits.
const NAT64: &str = "64:ff9b::/96";

struct Nets {
    v4: Vec<Ipv4Net>,
    v6: Vec<Ipv6Net>,
    v6_global: Option<Ipv6Net>,
    nat64: Option<Ipv6Net>,
}

static NETS: LazyLock<Nets> = LazyLock::new(|| Nets {
    v4: V4_SPECIAL.iter().filter_map(|net| net.parse().ok()).collect(),
    v6: V6_SPECIAL.iter().filter_map(|net| net.parse().ok()).collect(),
    v6_global: V6_GLOBAL.parse().ok(),
    nat64: NAT64.parse().ok(),
});

/// Whether an address is on the public internet.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    !NETS.v4.iter().any(|net| net.contains(&ip))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(ip) = ip.to_ipv4_mapped() {
        return is_public_v4(ip);
    }
    if NETS.nat64.is_some_and(|net| net.contains(&ip)) {
        let [.., a, b, c, d] = ip.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    NETS.v6_global.is_some_and(|net| net.contains(&ip)) && !NETS.v6.iter().any(|net| net.contains(&ip))
}

/// What may be read: everything public, and what a test added.
#[derive(Clone)]
pub(super) struct Allowed {
    exceptions: Arc<[SocketAddr]>,
    lookup: Lookup,
}

impl Default for Allowed {
    fn default() -> Self {
        Self::new([])
    }
}

impl Allowed {
    pub(super) fn new(exceptions: impl IntoIterator<Item = SocketAddr>) -> Self {
        Self {
            exceptions: exceptions.into_iter().collect(),
            lookup: Arc::new(|name| {
                Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
            }),
        }
    }

    /// The same with names resolved by a test.
    #[cfg(test)]
    pub(super) fn resolving(
        mut self,
        lookup: impl Fn(&str) -> Vec<SocketAddr> + Send + Sync + 'static,
    ) -> Self {
        let lookup = Arc::new(lookup);
        self.lookup = Arc::new(move |name| {
            let lookup = Arc::clone(&lookup);
            Box::pin(async move { Ok(lookup(&name)) })
        });
        self
    }

    /// Checks an address that is written in the URL itself, which no resolver sees.
    pub(super) fn check(&self, url: &Url) -> Result<()> {
        let ip = match url.host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
            _ => return Ok(()),
        };
        let exception = url
            .port_or_known_default()
            .is_some_and(|port| self.exceptions.contains(&SocketAddr::new(ip, port)));
        if exception || is_public(ip) { Ok(()) } else { Err(refused(&ip.to_string())) }
    }

    /// The resolver that hands out allowed addresses only.
    pub(super) fn resolver(&self) -> Arc<Guarded> {
        Arc::new(Guarded(self.clone()))
    }

    async fn resolve(
        self,
        name: String,
    ) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let found = (self.lookup)(name.clone()).await?;
        let some = !found.is_empty();
        let open: Vec<_> = found
            .into_iter()
            .filter(|at| {
                is_public(at.ip()) || self.exceptions.iter().any(|exception| exception.ip() == at.ip())
            })
            .collect();
        if open.is_empty() && some { Err(Box::new(NotPublic(name))) } else { Ok(open) }
    }
}

/// What is said of an address that is not public.
pub(super) fn refused(host: &str) -> Error {
    Error::forbidden(format!(
        "{host} is an address of this machine or its own network, which pages are not read from. Only public addresses are."
    ))
}

/// A resolver for the HTTP client.
pub(super) struct Guarded(Allowed);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.0.clone();
        let name = name.as_str().to_owned();
        Box::pin(async move { Ok(Box::new(allowed.resolve(name).await?.into_iter()) as Addrs) })
    }
}

/// A name that leads to addresses that are not public, as it travels through the HTTP client's errors.
#[derive(Debug)]
pub(super) struct NotPublic(pub(super) String);

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} does not lead to a public address", self.0)
    }
}

impl std::error::Error for NotPublic {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_read() {
        assert_eq!((NETS.v4.len(), NETS.v6.len()), (V4_SPECIAL.len(), V6_SPECIAL.len()));
        assert!(NETS.v6_global.is_some() && NETS.nat64.is_some());
    }

    #[test]
    fn what_is_not_public_is_known_in_every_disguise() {
        for ip in [
            "127.0.0.1",
            "127.9.9.9",
            "10.1.2.3",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.169.254",
            "100.100.100.200",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "240.0.0.1",
            "198.18.0.1",
            "192.0.0.192",
            "168.63.129.16",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001:0:1::1",
            "2001:db8::1",
            "::127.0.0.1",
            "100::1",
            "5f00::1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in [
            "1.1.1.1",
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "64:ff9b::808:808",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn numbers_that_mean_an_address_are_seen() {
        for url in [
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://[::ffff:7f00:1]/",
            "http://127.1:8899/",
            "http://①②⑦.0.0.1/",
        ] {
            assert!(Allowed::default().check(&Url::parse(url).unwrap()).is_err(), "{url}");
        }
    }
}
