//! Addresses of this machine and its own network, for what may go there without encryption. As with public addresses, the check is
//! where names are resolved, so that the address that was checked is the one that is connected to.

use std::fmt;
use std::net::IpAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Whether an address is of this machine or its own network (a private one, or one that Tailscale makes).
fn near(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            ip.is_loopback() || ip.is_private() || a == 100 && (64..128).contains(&b)
        }
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => near(IpAddr::V4(ip)),
            None => ip.is_loopback() || ip.is_unique_local(),
        },
    }
}

/// Whether an address may be near: by number it is, or a name will show when it is resolved.
pub(crate) fn is_near(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => near(ip.into()),
        Some(Host::Ipv6(ip)) => near(ip.into()),
        Some(Host::Domain(_)) => true,
        None => false,
    }
}

/// A resolver that only knows what is near.
pub(crate) struct NearBy;

impl Resolve for NearBy {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name, 0)).await?.collect();
            if found.is_empty() || found.iter().any(|at| !near(at.ip())) {
                return Err(Box::new(NotNear) as Box<dyn std::error::Error + Send + Sync>);
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// A name that leads further than the own network, as it travels through the HTTP client's errors.
#[derive(Debug)]
struct NotNear;

impl fmt::Display for NotNear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name does not lead to the own network")
    }
}

impl std::error::Error for NotNear {}

/// Whether it failed because a name leads further than the own network.
pub(crate) fn not_near(error: &reqwest::Error) -> bool {
    let mut why: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = why {
        if error.is::<NotNear>() {
            return true;
        }
        why = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_is_this_machine_and_its_network() {
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.4",
            "172.20.0.1",
            "100.100.1.1",
            "::1",
            "fd00::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(near(ip.parse().unwrap()), "{ip}");
        }
        for ip in [
            "8.8.8.8",
            "169.254.169.254",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "fe80::1",
            "0.0.0.0",
        ] {
            assert!(!near(ip.parse().unwrap()), "{ip}");
        }
    }
}
