//! Addresses: whose request this is, and what the world calls this server. Forwarded headers count only from trusted
//! proxies.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{HOST, HeaderMap};
use actix_web::http::uri::Authority;

use crate::config::{BaseUrl, ClientIpHeader, ServerConfig};

/// What is needed to judge addresses.
#[derive(Debug, Clone)]
pub struct Addresses {
    base_url: Option<BaseUrl>,
    trusted_proxies: Vec<ipnet::IpNet>,
    header: ClientIpHeader,
    tls: bool,
}

impl Addresses {
    pub fn new(config: &ServerConfig, tls: bool) -> Self {
        Self {
            base_url: config.base_url.clone(),
            trusted_proxies: config.trusted_proxies.clone(),
            header: config.client_ip_header,
            tls,
        }
    }

    /// The path under which everything is served; empty for the root.
    pub fn base_path(&self) -> &str {
        self.base_url.as_ref().map_or("", BaseUrl::path)
    }

    pub fn base_url(&self) -> Option<&BaseUrl> {
        self.base_url.as_ref()
    }

    /// The client's address: the peer, or the right-most untrusted address that trusted proxies name.
    pub fn client(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = request.peer_addr().map(|address| address.ip().to_canonical());
        if !self.is_trusted(peer) {
            return peer;
        }
        let named = forwarded_addresses(request.headers(), self.header);
        named.into_iter().rev().find(|address| !self.is_trusted(Some(*address))).or(peer)
    }

    /// Scheme, host and base path, without a trailing slash: what links and channel addresses begin with.
    pub fn public_url(&self, request: &HttpRequest) -> String {
        if let Some(base_url) = &self.base_url {
            return base_url.to_string();
        }
        let headers = request.headers();
        let trusted = self.is_trusted(request.peer_addr().map(|address| address.ip().to_canonical()));
        let forwarded = |name: &str| {
            let value = headers.get(name).filter(|_| trusted)?.to_str().ok()?;
            value.split(',').next_back().map(str::trim)
        };
        let own_scheme = if self.tls { "https" } else { "http" };
        // Both go into addresses that are handed on, so neither is taken for what it is not.
        let scheme = forwarded("x-forwarded-proto").filter(|scheme| matches!(*scheme, "http" | "https"));
        let scheme = scheme.unwrap_or(own_scheme);
        let is_host = |text: &&str| Authority::try_from(*text).is_ok();
        let host = forwarded("x-forwarded-host")
            .filter(is_host)
            .or_else(|| headers.get(HOST)?.to_str().ok().filter(is_host))
            .or_else(|| request.uri().authority().map(Authority::as_str))
            .unwrap_or("localhost");
        format!("{scheme}://{host}")
    }

    fn is_trusted(&self, address: Option<IpAddr>) -> bool {
        address.is_some_and(|address| {
            self.trusted_proxies.iter().any(|network| network.contains(&address.to_canonical()))
        })
    }
}

fn forwarded_addresses(headers: &HeaderMap, header: ClientIpHeader) -> Vec<IpAddr> {
    let values = headers.get_all(header.as_str()).filter_map(|value| value.to_str().ok());
    let elements = values.flat_map(|value| value.split(','));
    match header {
        ClientIpHeader::Forwarded => elements.filter_map(forwarded_for).collect(),
        ClientIpHeader::XForwardedFor | ClientIpHeader::XRealIp | ClientIpHeader::CfConnectingIp => {
            elements.filter_map(address).collect()
        }
    }
}

/// The `for` of one element of a Forwarded header (RFC 7239).
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let parameter = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"').to_owned())
    };
    address(&element.split(';').find_map(parameter)?)
}

/// An address, perhaps in brackets, perhaps with a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    if let Ok(address) = text.parse::<std::net::SocketAddr>() {
        return Some(address.ip().to_canonical());
    }
    text.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_forms_that_proxies_write() {
        for (text, expected) in [
            ("192.0.2.1", Some("192.0.2.1")),
            (" 192.0.2.1:8080", Some("192.0.2.1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:80", Some("2001:db8::1")),
            ("unknown", None),
        ] {
            assert_eq!(address(text).map(|address| address.to_string()).as_deref(), expected, "{text}");
        }
        assert_eq!(
            forwarded_for("proto=https; For=\"[2001:db8::1]:4711\"").map(|address| address.to_string()),
            Some("2001:db8::1".to_owned())
        );
    }
}
