//! Which addresses are called: those of the public internet, and the networks that the operator named.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Whether this very address may be called.
pub(super) fn is_permitted(address: IpAddr, allowed: &[IpNet]) -> bool {
    is_public(address) || allowed.iter().any(|network| network.contains(&address.to_canonical()))
}

/// Whether the address is one of the public internet, by IANA's registries of special addresses.
fn is_public(address: IpAddr) -> bool {
    match address {
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
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation())
}

/// What is not said to be public is not: everything outside `2000::/3`, so loopback, link-local and local addresses, groups,
/// and IPv4 addresses in their mapped and compatible forms.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    if let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = parts {
        // What a machine without IPv4 is given for an IPv4 address (RFC 6052).
        let [a, b, c, d] = [high.to_be_bytes(), low.to_be_bytes()].concat()[..] else { return false };
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
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
        is_permitted(address.parse().expect("an address"), &allowed)
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
}
