//! Hosts, as they stand in addresses.

use std::net::IpAddr;

/// Whether a host is this very machine, for whoever reads it there.
pub fn is_this_machine(host: &str) -> bool {
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback(),
        Err(_) => host == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_this_machine() {
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "::1"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["localhost.example", "127.example.org", "10.0.0.1", "[::2]", ""] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
