//! Which addresses are called: those of the public internet that are not this machine's or its neighbours', and the networks
//! that the operator named.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use if_addrs::{IfAddr, get_if_addrs};
use ipnet::IpNet;

/// What answers there is a cloud's own machinery, though the address is a public one (Azure).
const OF_CLOUD: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);

/// A network that is said to be larger than this is no neighbourhood.
const LARGEST_NEIGHBOURHOOD: u8 = 8;

/// Whether this very address may be called.
pub(super) fn is_permitted(address: IpAddr, allowed: &[IpNet], here: &[IpNet]) -> bool {
    allowed.iter().any(|network| network.contains(&address.to_canonical()))
        || (is_public(address) && !here.iter().any(|network| network.contains(&meant(address))))
}

/// The networks that this machine is in, its own addresses among them. They are looked up anew for each call: they change, and
/// it costs microseconds.
pub(super) fn here() -> Vec<IpNet> {
    let found = get_if_addrs().unwrap_or_else(|error| {
        tracing::warn!(%error, "the machine's own addresses are not known; webhooks may call them if they are public");
        Vec::new()
    });
    let networks = found.into_iter().flat_map(|one| {
        let (address, prefix) = match one.addr {
            IfAddr::V4(one) => (IpAddr::V4(one.ip), one.prefixlen),
            IfAddr::V6(one) => (IpAddr::V6(one.ip), one.prefixlen),
        };
        let neighbours =
            (prefix >= LARGEST_NEIGHBOURHOOD).then(|| IpNet::new(address, prefix).ok()).flatten();
        [Some(IpNet::from(address)), neighbours]
    });
    networks.flatten().collect()
}

/// The IPv4 address that a machine without IPv4 reaches through this one (RFC 6052), else the address itself.
fn meant(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => translated(v6).map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

fn translated(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = address.segments() else { return None };
    Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
}

/// Whether the address is one of the public internet, by IANA's registries of special addresses.
fn is_public(address: IpAddr) -> bool {
    match meant(address) {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_of_protocols = (a, b, c) == (192, 0, 0) || (a, b, c) == (192, 88, 99);
    let is_for_measuring = a == 198 && (b == 18 || b == 19);
    // From 224 on there are groups, what is reserved, and everybody.
    let is_special = a == 0 || a >= 224 || is_shared || is_of_protocols || is_for_measuring;
    !(is_special
        || address == OF_CLOUD
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation())
}

/// What is not said to be public is not: everything outside `2000::/3`, so loopback, link-local and local addresses, groups,
/// and IPv4 addresses in their mapped and compatible forms.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let is_global = parts[0] & 0xe000 == 0x2000;
    // Of protocols, tunnels with an IPv4 address inside (Teredo) among them.
    let is_of_protocols = parts[0] == 0x2001 && parts[1] < 0x0200;
    // 6to4: the same.
    let is_tunnel = parts[0] == 0x2002;
    let is_documentation = (parts[0] == 0x2001 && parts[1] == 0x0db8) || parts[0] & 0xfff0 == 0x3ff0;
    is_global && !is_of_protocols && !is_tunnel && !is_documentation
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permitted(address: &str, allowed: &[&str]) -> bool {
        let allowed: Vec<IpNet> = allowed.iter().map(|network| network.parse().expect("a network")).collect();
        is_permitted(address.parse().expect("an address"), &allowed, &[])
    }

    #[test]
    fn only_public_addresses_are_called() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::127.0.0.1",
            "64:ff9b::168.63.129.16",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:808:808::1",
            "3fff::1",
            "3ffe::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "ff0e::1",
        ] {
            assert!(!permitted(address, &[]), "{address}");
        }
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.1.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00:1450::1",
            "64:ff9b::8.8.8.8",
        ] {
            assert!(permitted(address, &[]), "{address}");
        }
    }

    #[test]
    fn networks_that_are_named_are_called_too() {
        for (address, allowed, expected) in [
            ("127.0.0.1", "127.0.0.0/8", true),
            ("::ffff:127.0.0.1", "127.0.0.0/8", true),
            ("::ffff:127.0.0.1", "10.0.0.0/8", false),
            ("::1", "127.0.0.0/8", false),
            ("::1", "::1/128", true),
            ("10.1.2.3", "10.1.2.0/24", true),
            ("10.1.3.3", "10.1.2.0/24", false),
            ("fd00::1", "fd00::/8", true),
        ] {
            assert_eq!(permitted(address, &[allowed]), expected, "{address} in {allowed}");
        }
    }

    #[test]
    fn this_machine_and_its_neighbours_are_not_called_unless_they_are_named() {
        let here: Vec<IpNet> =
            ["9.9.9.9/32", "9.8.7.0/24", "2a00:1::/64"].map(|one| one.parse().expect("one")).into();
        for (address, expected) in [
            ("9.9.9.9", false),
            ("9.9.9.10", true),
            ("9.8.7.1", false),
            ("64:ff9b::9.8.7.1", false),
            ("9.8.8.1", true),
            ("2a00:1::5", false),
            ("2a00:1:0:1::5", true),
        ] {
            let parsed = address.parse().expect("an address");
            assert_eq!(is_permitted(parsed, &[], &here), expected, "{address}");
        }
        let named = ["9.8.7.0/30".parse().expect("a network")];
        assert!(is_permitted("9.8.7.1".parse().expect("an address"), &named, &here));
        assert!(!is_permitted("9.8.7.9".parse().expect("an address"), &named, &here));
    }

    #[test]
    fn the_machine_knows_where_it_is() {
        let loopback: IpAddr = "127.0.0.1".parse().expect("an address");
        assert!(here().iter().any(|network| network.contains(&loopback)));
    }
}
